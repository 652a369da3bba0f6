from collections import defaultdict

from django.db import migrations


def carry_over(apps, schema_editor):
    """Tenures of the past, from the trail of flips; where it does not reach back, from the routes as they are."""
    for route in apps.get_model("models_admin", "TrafficRoute").objects.select_related("champion", "fallback"):
        flips = _flips_of(apps, route)
        for slot in ("champion", "fallback"):
            holder = getattr(route, slot)
            _write(apps, route, slot=slot, held=_ending_with(flips[slot], holder=holder, changed_at=route.changed_at))


def _flips_of(apps, route):
    """Of each slot `(since, deployment, is_known)` of everybody who took it, in order."""
    flips = defaultdict(list)
    events = apps.get_model("audit", "AuditEvent").objects.filter(
        object_type="traffic_route", object_id=str(route.pk), action="route.flip"
    )
    for event in events.order_by("id"):
        ((slot, name),) = event.after.items()
        deployment = _deployment_at(apps, name, at=event.ts)
        if deployment is None:
            continue
        if event.object_version == 1 and slot == "fallback":
            # It stood in for the champion, which nobody had asked for.
            flips["champion"].append((event.ts, deployment, True))
        flips[slot].append((event.ts, deployment, True))
    return flips


def _deployment_at(apps, triton_name, *, at):
    """Which of the deployments of a name it was: a version has one at a time, so the last that had been asked for."""
    found = None
    events = apps.get_model("audit", "AuditEvent").objects.filter(
        object_type="deployment", action="deployment.request"
    )
    for deployment in apps.get_model("models_admin", "Deployment").objects.filter(triton_name=triton_name).order_by("pk"):
        asked_at = events.filter(object_id=str(deployment.pk)).order_by("id").values_list("ts", flat=True).first()
        if found is None or (asked_at is not None and asked_at <= at):
            found = deployment
    return found


def _ending_with(flips, *, holder, changed_at):
    """The flips, and who holds the place now where they do not lead there: since when is known to have an end only."""
    if holder is not None and (not flips or flips[-1][1].pk != holder.pk):
        since = max(changed_at, flips[-1][0]) if flips else changed_at
        return [*flips, (since, holder, False)]
    return flips


def _write(apps, route, *, slot, held):
    if not held:
        return
    place = apps.get_model("models_admin", "RoutePlace").objects.create(
        model_id=route.model_id, recipe_code=route.recipe_code, slot=slot
    )
    changes = [one for index, one in enumerate(held) if index == 0 or held[index - 1][1].pk != one[1].pk]
    ends = [since for since, _, _ in changes[1:]] + [None]
    for (since, deployment, is_known), until in zip(changes, ends, strict=True):
        is_present = until is None
        apps.get_model("models_admin", "Tenure").objects.create(
            place=place,
            deployment=deployment,
            since=since,
            until=max(until, since) if until is not None else None,
            decision=getattr(route, f"{slot}_decision") if is_present else 0,
            taken_by=deployment.requested_by,
            is_since_known=is_known,
        )


class Migration(migrations.Migration):
    """By itself: a table cannot be altered in the transaction that has just written rows which refer to it."""

    dependencies = [
        ("audit", "0002_guarded_like_all"),
        ("models_admin", "0008_tenures"),
    ]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
