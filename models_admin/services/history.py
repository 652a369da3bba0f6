"""Writing down who holds a place of a route from when on, in the transaction that gives it away."""

from datetime import datetime

from models_admin.choices import RouteSlot
from models_admin.models import Deployment, RoutePlace, Tenure, TrafficRoute


def hand_over(
    route: TrafficRoute, *, slot: RouteSlot | str, deployment: Deployment | None, taken_by: str, now: datetime
) -> None:
    """Close the tenure of whoever holds a place, and open the next one's in the same instant. The model row is locked.

    Args:
        route: as it is from now on.
        deployment: who holds the place from now on; None leaves it empty. Who holds it already goes on.
        taken_by: name of the person who asked for it.
    """
    place, _ = RoutePlace.objects.get_or_create(model_id=route.model_id, **route.place.as_dict(), slot=slot)
    held = Tenure.objects.filter(place=place, until=None).first()
    if held is not None:
        if deployment is not None and held.deployment_id == deployment.pk:
            return
        # Clocks of two machines may differ by a little; a tenure does not end before it began.
        now = max(now, held.since)
        Tenure.objects.filter(pk=held.pk).update(until=now)
    if deployment is not None:
        Tenure.objects.create(
            place=place,
            deployment=deployment,
            since=now,
            decision=getattr(route, f"{slot}_decision"),
            taken_by=taken_by,
        )
