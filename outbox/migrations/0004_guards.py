from django.db import migrations

from core import guards, partitions


class Migration(migrations.Migration):
    """What refuses to change rows that are written once; partitions get it as well."""

    dependencies = [
        ("outbox", "0003_unfinished_transactions"),
    ]

    operations = [
        migrations.RunSQL([guards.CREATE_FUNCTIONS], [guards.DROP_FUNCTIONS]),
        migrations.RunSQL([partitions.CREATE_FUNCTION], migrations.RunSQL.noop),
    ]
