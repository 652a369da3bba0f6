import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Q, Value

from core.guards import guard, unguard

ENDS_ONCE = """
CREATE TRIGGER tenure_ends_once BEFORE UPDATE ON tenure
    FOR EACH ROW WHEN (OLD.until IS NOT NULL) EXECUTE FUNCTION refuse_change();
ALTER TABLE tenure ENABLE ALWAYS TRIGGER tenure_ends_once;
"""


class Migration(migrations.Migration):
    """Who held which place of a route when. No two at once, and nothing of it changes but that it ends, once."""

    dependencies = [
        ("models_admin", "0007_variants"),
        ("outbox", "0004_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoutePlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "recipe_code",
                    models.CharField(blank=True, help_text="Empty: every recipe without its own route.", max_length=64),
                ),
                ("slot", models.CharField(choices=[("champion", "Champion"), ("fallback", "Fallback")], max_length=16)),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="places", to="models_admin.model"
                    ),
                ),
            ],
            options={"db_table": "route_place", "ordering": ["model", "recipe_code", "slot"]},
        ),
        migrations.CreateModel(
            name="Tenure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "during",
                    models.GeneratedField(
                        db_persist=True,
                        expression=Func(F("since"), F("until"), function="tstzrange"),
                        output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                    ),
                ),
                ("decision", models.PositiveIntegerField(default=0, help_text="0: a stand-in nobody asked for.")),
                ("taken_by", models.CharField(blank=True, max_length=150)),
                ("is_since_known", models.BooleanField(default=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tenures", to="models_admin.deployment"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tenures",
                        to="models_admin.routeplace",
                    ),
                ),
            ],
            options={"db_table": "tenure", "ordering": ["-since", "-id"]},
        ),
        migrations.AddConstraint(
            model_name="routeplace",
            constraint=models.UniqueConstraint(fields=("model", "recipe_code", "slot"), name="route_place_once"),
        ),
        migrations.AddIndex(
            model_name="tenure",
            index=models.Index(fields=["place", "-since", "-id"], name="tenure_by_place"),
        ),
        migrations.AddConstraint(
            model_name="tenure",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (Func(F("place"), F("place"), Value("[]"), function="int8range"), "&&"),
                    ("during", "&&"),
                ],
                name="tenure_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="tenure",
            constraint=models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="tenure_ends_after"
            ),
        ),
        migrations.RunSQL([guard("route_place")], [unguard("route_place")]),
        # What is generated of it changes with it.
        migrations.RunSQL([guard("tenure", may_change=["until", "during"])], [unguard("tenure")]),
        migrations.RunSQL([ENDS_ONCE], ["DROP TRIGGER tenure_ends_once ON tenure"]),
    ]
