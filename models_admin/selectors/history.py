"""Who judged when: the tenures of places."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from models_admin.choices import RouteSlot
from models_admin.models import Deployment, Tenure
from models_admin.places import PARTS, Place

_JUDGING = ("deployment__version__model", "place__model")


def who_judged(
    *,
    model_name: str,
    recipe_code: str = "",
    tool_code: str = "",
    product_code: str = "",
    at: datetime,
    slot: RouteSlot = RouteSlot.CHAMPION,
) -> Tenure | None:
    """Who was to judge the images of a recipe, tool and product at a time, or None where nobody was. One query.

    Where they had no route of their own at that time, who held the next wider one judged (`Place.wider`). What judged
    an image in the end may be the fallback, or a version that was asked for by name: its run says so.
    """
    wider = Place(recipe_code, tool_code, product_code).wider()
    codes = {f"place__{part}__in": {getattr(place, part) for place in wider} for part in PARTS}
    held = {
        tenure.place.place: tenure
        for tenure in tenures().filter(place__model__name=model_name, place__slot=slot, during__contains=at, **codes)
    }
    return next((held[place] for place in wider if place in held), None)


def tenures() -> QuerySet[Tenure]:
    """Every tenure with its place and version, newest first."""
    return Tenure.objects.select_related(*_JUDGING).order_by("-since", "-id")


def tenures_between(since: datetime | None, until: datetime | None) -> QuerySet[Tenure]:
    """Those that have some time in common with a window; None leaves that side open."""
    return _between(tenures(), since, until)


def deployments_between(
    rows: QuerySet[Deployment], since: datetime | None, until: datetime | None
) -> QuerySet[Deployment]:
    """Those of the deployments that held some place within a window, or were asked for in it."""
    if since is None and until is None:
        return rows
    asked = Q()
    if since is not None:
        asked &= Q(requested_at__gte=since)
    if until is not None:
        asked &= Q(requested_at__lt=until)
    return rows.filter(asked | Exists(_between(Tenure.objects.filter(deployment=OuterRef("pk")), since, until)))


def _between(found: QuerySet[Tenure], since: datetime | None, until: datetime | None) -> QuerySet[Tenure]:
    if until is not None:
        found = found.filter(since__lt=until)
    if since is not None:
        found = found.filter(Q(until__isnull=True) | Q(until__gt=since))
    return found
