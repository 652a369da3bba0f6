from django.db import migrations

KEPT = 10


def carry_over(apps, schema_editor):
    """What a rollback leads to, from who held each place: going back to a version takes away what came after it."""
    for route in apps.get_model("models_admin", "TrafficRoute").objects.all():
        route.earlier = {slot: _earlier(apps, route, slot)[-KEPT:] for slot in ("champion", "fallback")}
        route.save(update_fields=["earlier"])


def _earlier(apps, route, slot):
    tenures = apps.get_model("models_admin", "Tenure").objects.filter(
        place__model=route.model_id, place__recipe_code=route.recipe_code, place__slot=slot
    )
    line = []
    for version in tenures.order_by("since", "id").values_list("deployment__version_id", flat=True):
        if version in line:
            del line[line.index(version) :]
        line.append(version)
    return line[:-1]


class Migration(migrations.Migration):
    dependencies = [("models_admin", "0010_serving_by_place")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
