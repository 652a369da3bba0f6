from importlib import import_module

from django.db import migrations

from core.guards import guard, unguard

REFUSE = import_module("inspection.migrations.0001_initial").REFUSE


class Migration(migrations.Migration):
    """What was found, in which images and by which recipe cannot be changed or deleted by anybody."""

    dependencies = [
        ("inspection", "0004_found_by_standing"),
        ("outbox", "0004_guards"),
    ]

    operations = [
        migrations.RunSQL(["DROP FUNCTION detection_refuse CASCADE"], [REFUSE]),
        *(
            migrations.RunSQL([guard(table)], [unguard(table)])
            for table in ("detection", "inspection_image", "run_image", "recipe_version")
        ),
    ]
