import django.db.models.deletion
from django.db import migrations, models

SLOTS = [("champion", "Champion"), ("fallback", "Fallback")]


def carry_over(apps, schema_editor):
    """Places that are taken keep the decision of who has them; what is on its way keeps what it was asked for."""
    for route in apps.get_model("models_admin", "TrafficRoute").objects.select_related("champion", "fallback"):
        route.champion_decision = route.champion.decision
        route.fallback_decision = route.fallback.decision if route.fallback else 0
        route.save(update_fields=["champion_decision", "fallback_decision"])
    PlaceRequest = apps.get_model("models_admin", "PlaceRequest")
    on_the_way = apps.get_model("models_admin", "Deployment").objects.filter(
        state__in=["publishing", "loading", "warming"]
    )
    PlaceRequest.objects.bulk_create(
        PlaceRequest(deployment=row, recipe_code=row.recipe_code, slot=row.slot, decision=row.decision)
        for row in on_the_way
    )


class Migration(migrations.Migration):

    dependencies = [
        ("models_admin", "0002_deployment_decisions"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlaceRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipe_code", models.CharField(blank=True, max_length=64)),
                ("slot", models.CharField(choices=SLOTS, max_length=16)),
                ("decision", models.PositiveIntegerField()),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="models_admin.deployment",
                    ),
                ),
            ],
            options={"db_table": "place_request", "ordering": ["decision"]},
        ),
        migrations.AddConstraint(
            model_name="placerequest",
            constraint=models.UniqueConstraint(
                fields=("deployment", "recipe_code", "slot"), name="place_request_once"
            ),
        ),
        migrations.AddField(
            model_name="trafficroute", name="champion_decision", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="trafficroute", name="fallback_decision", field=models.PositiveIntegerField(default=0)
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
