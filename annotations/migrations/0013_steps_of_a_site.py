import django.db.models.deletion
from django.db import migrations, models

from core.guards import guard, unguard


class Migration(migrations.Migration):
    """Steps know their site: what is newly accepted at one is read without those of others."""

    dependencies = [
        ("accounts", "0003_idempotency_claims"),
        ("annotations", "0012_versions_of_known_answers"),
    ]

    operations = [
        migrations.RunSQL([unguard("review_step")], [guard("review_step")]),
        migrations.AddField(
            model_name="reviewstep",
            name="site",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.site",
            ),
        ),
        migrations.RunSQL(
            [
                "UPDATE review_step step SET site_id = task.site_id FROM review_task task WHERE task.id = step.task_id",
                # What waits to be checked at the end of a transaction is in the way of changing the table.
                "SET CONSTRAINTS ALL IMMEDIATE",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="reviewstep",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewstep",
            index=models.Index(
                condition=models.Q(("state", "accepted")), fields=["site", "-id"], name="review_step_accepted"
            ),
        ),
        migrations.RunSQL([guard("review_step")], [unguard("review_step")]),
    ]
