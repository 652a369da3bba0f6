from django.db import migrations

from core.guards import guard, unguard


class Migration(migrations.Migration):
    """Name and version never point at other bytes; what became of a version may still be said."""

    dependencies = [
        ("models_admin", "0004_deployments_have_no_place"),
        ("outbox", "0004_guards"),
    ]

    operations = [
        migrations.RunSQL([guard("model_version", may_change=["status"])], [unguard("model_version")]),
    ]
