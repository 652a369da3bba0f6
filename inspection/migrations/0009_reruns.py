import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Runs say which deployment judged, and may judge again what others have judged, without counting for anything."""

    dependencies = [
        ("inspection", "0008_images_by_name"),
        ("models_admin", "0006_quarantine"),
    ]

    operations = [
        migrations.AddField(
            model_name="inspectionjob",
            name="rerun_of",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="inspectionjob",
            name="rerun_version",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="models_admin.modelversion",
            ),
        ),
        migrations.AddField(
            model_name="inspectionrun",
            name="counts",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="inspectionrun",
            name="deployment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="models_admin.deployment",
            ),
        ),
        migrations.AddField(
            model_name="inspectionrun",
            name="rerun_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reruns",
                to="inspection.inspectionrun",
            ),
        ),
    ]
