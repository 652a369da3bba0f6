from django.db import migrations

from core import partitions


class Migration(migrations.Migration):
    """Rows that wait in a default partition move into their month's own."""

    dependencies = [
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL([partitions.CREATE_FUNCTION], migrations.RunSQL.noop),
    ]
