"""Deployments and the time they judged for, as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, Min

from audit.models import AuditEvent
from models_admin.models import Deployment, RoutePlace, Tenure
from models_admin.selectors.history import tenures_between

MOST_TENURES = 500
MOST_STEPS = 200


def described_deployments(rows: Sequence[Deployment]) -> list[dict[str, Any]]:
    """Deployments as a list shows them; `version__model` must be loaded. Two queries."""
    keys = [row.pk for row in rows]
    of_rows = Tenure.objects.filter(deployment__in=keys)
    spans = of_rows.order_by().values("deployment").annotate(first=Min("since"), last=Max("until"))
    times = {span["deployment"]: (span["first"], span["last"]) for span in spans}
    held: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for tenure in of_rows.filter(until=None).select_related("place").order_by("place"):
        held[tenure.deployment_id].append(_held(tenure))
    return [_described(row, *times.get(row.pk, (None, None)), places=held[row.pk]) for row in rows]


def described_deployment(row: Deployment) -> dict[str, Any]:
    """One deployment with every place it held and every step it took, newest first. Four queries."""
    (shown,) = described_deployments([row])
    tenures = row.tenures.select_related("place").order_by("-since", "-id")[:MOST_TENURES]
    return {**shown, "tenures": [_held(tenure) for tenure in tenures], "steps": _steps(row)}


def described_timeline(*, model_name: str | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Who held each place when, within a window. Every place is there, whether anybody held it then or not.

    At most the newest `MOST_TENURES`; `has_more` says that there are older ones. Two queries.
    """
    found = tenures_between(since, until)
    places = RoutePlace.objects.select_related("model").order_by(
        "model__name", "recipe_code", "tool_code", "product_code", "slot"
    )
    if model_name:
        found, places = found.filter(place__model__name=model_name), places.filter(model__name=model_name)
    rows = list(found[: MOST_TENURES + 1])
    lanes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for tenure in reversed(rows[:MOST_TENURES]):
        lanes[tenure.place_id].append(described_holder(tenure))
    return {
        "lanes": [
            {"model": row.model.name, **row.place.shown(), "slot": row.slot, "tenures": lanes[row.pk]} for row in places
        ],
        "has_more": len(rows) > MOST_TENURES,
    }


def described_holder(tenure: Tenure) -> dict[str, Any]:
    """A tenure with who holds the place; `place` and `deployment__version` must be loaded."""
    return {**_held(tenure), **_holder(tenure.deployment)}


def _described(
    row: Deployment, since: datetime | None, until: datetime | None, *, places: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": row.pk,
        "model": row.version.model.name,
        "version": row.version.version,
        "triton_name": row.triton_name,
        "state": row.state,
        "error": row.error,
        "places": places,
        "since": _time(since),
        "until": None if places else _time(until),
        "requested_by": row.requested_by,
        "requested_at": _time(row.requested_at),
        "changed_at": _time(row.changed_at),
        "revision": row.revision,
    }


def _held(tenure: Tenure) -> dict[str, Any]:
    return {
        **tenure.place.place.shown(),
        "slot": tenure.place.slot,
        "since": _time(tenure.since),
        "since_known": tenure.is_since_known,
        "until": _time(tenure.until),
        "taken_by": tenure.taken_by,
    }


def _holder(deployment: Deployment) -> dict[str, Any]:
    return {"deployment": deployment.pk, "version": deployment.version.version, "state": deployment.state}


def _steps(row: Deployment) -> list[dict[str, Any]]:
    events = AuditEvent.objects.filter(
        object_type="deployment",
        object_id=str(row.pk),
        action__startswith="deployment.",
    )
    return [
        {
            "at": _time(event.ts),
            "by": event.actor["username"],
            "action": event.action,
            "state": (event.after or {}).get("state"),
            **{part: (event.after or {}).get(part) for part in ("recipe", "tool", "product", "slot")},
            "error": (event.after or {}).get("error", ""),
            "loaded_again": "loaded_again" in (event.after or {}),
            "reason": event.reason or "",
        }
        for event in events.order_by("-object_version", "-id")[:MOST_STEPS]
    ]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
