import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

INDEXES = (
    models.Index(fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="run_by_original"),
    models.Index(fields=["deployment", "-id"], condition=Q(deployment__isnull=False), name="run_by_deployment"),
    models.Index(fields=["recipe_version", "-id"], name="run_by_recipe_version"),
    models.Index(fields=["tool", "-id"], name="run_by_tool"),
)


class Migration(migrations.Migration):
    """What was touched is found by who judged it. Nobody waits while the indexes are made."""

    atomic = False

    dependencies = [
        ("inspection", "0010_judged_by"),
    ]

    operations = [
        # It waits for transactions that are under way, and must not be broken off: half an index would stay behind.
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        *(AddIndexConcurrently(model_name="inspectionrun", index=index) for index in INDEXES),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
        # The new ones begin with the same key.
        migrations.AlterField(
            model_name="inspectionrun",
            name="recipe_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inspection.recipeversion",
            ),
        ),
        migrations.AlterField(
            model_name="inspectionrun",
            name="tool",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inspection.tool",
            ),
        ),
    ]
