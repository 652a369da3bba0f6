import django.db.models.deletion
from django.db import migrations, models

from core.guards import guard, unguard

RETIRED = ("retired_by_id", "retired_at", "reason")


class Migration(migrations.Migration):
    """A known answer is written once: another answer of the same task is another row."""

    dependencies = [
        ("annotations", "0011_orders_of_queues"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        "ALTER TABLE review_gold ADD COLUMN id uuid",
                        "UPDATE review_gold SET id = task_id",
                        "ALTER TABLE review_gold DROP CONSTRAINT review_gold_pkey",
                        "ALTER TABLE review_gold ADD PRIMARY KEY (id)",
                    ],
                    [
                        "ALTER TABLE review_gold DROP CONSTRAINT review_gold_pkey",
                        "ALTER TABLE review_gold ADD PRIMARY KEY (task_id)",
                        "ALTER TABLE review_gold DROP COLUMN id",
                    ],
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="golditem",
                    name="task",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="annotations.reviewtask",
                    ),
                ),
                migrations.AddField(
                    model_name="golditem",
                    name="id",
                    field=models.UUIDField(editable=False, primary_key=True, serialize=False),
                ),
            ],
        ),
        migrations.AddField(
            model_name="golditem",
            name="number",
            field=models.PositiveIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(name="golditem", options={"ordering": ["-id"]}),
        migrations.AddConstraint(
            model_name="golditem",
            constraint=models.UniqueConstraint(fields=("task", "number"), name="review_gold_version"),
        ),
        migrations.AddConstraint(
            model_name="golditem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at__isnull", True)), fields=("task",), name="review_gold_once"
            ),
        ),
        migrations.RunSQL([guard("review_gold", may_change=RETIRED)], [unguard("review_gold")]),
    ]
