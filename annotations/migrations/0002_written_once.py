from django.db import migrations

from core.guards import guard, unguard


class Migration(migrations.Migration):
    """What people said, and every edit as it arrived, cannot be changed or deleted by anybody."""

    dependencies = [
        ("annotations", "0001_initial"),
        ("outbox", "0004_guards"),
    ]

    operations = [
        migrations.RunSQL([guard(table)], [unguard(table)]) for table in ("annotation", "review_edit")
    ]
