from importlib import import_module

from django.db import migrations

from core.guards import guard, unguard

REFUSE = import_module("audit.migrations.0001_initial").REFUSE


class Migration(migrations.Migration):
    """The trail is guarded as everything is that is written once, and each of its partitions against TRUNCATE."""

    dependencies = [
        ("audit", "0001_initial"),
        ("outbox", "0004_guards"),
    ]

    operations = [
        migrations.RunSQL(["DROP FUNCTION audit_refuse CASCADE"], [REFUSE]),
        migrations.RunSQL([guard("audit_event")], [unguard("audit_event")]),
    ]
