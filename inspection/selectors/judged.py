"""Which model and recipe judged a wafer, at any time: every run that did, with the tenure it judged in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from core.actors import Actor
from inspection.choices import RunState
from inspection.models import InspectionRun
from inspection.selectors.access import runs_visible_to
from models_admin.choices import RouteSlot
from models_admin.models import Tenure
from models_admin.places import Place

UNSHOWN_OF_RUNS = ("summary", "timings_ms", "provenance")
# A run that began before its place was given away ends after it.
ENDS_LATE = timedelta(minutes=1)
# Of each image the run that had the word at a time. Ids of runs sort by time.
_HAD_THE_WORD = """
SELECT DISTINCT (array_agg(r.id ORDER BY r.id DESC))[1]
FROM inspection_run r JOIN run_image c ON c.run_id = r.id
WHERE r.wafer_id = %(wafer)s AND r.state = 'done' AND r.counts AND r.finished_at <= %(at)s
GROUP BY c.image_id, r.layer_id
"""


def runs_that_judged(wafer_id: UUID, *, actor: Actor, at: datetime | None) -> QuerySet[InspectionRun]:
    """Runs that ended by judging a wafer, newest first.

    Args:
        at: only those that had the word about an image of it then; None takes all, re-runs for comparison as well.
    """
    runs = runs_visible_to(actor).filter(wafer_id=wafer_id, state=RunState.DONE).defer(*UNSHOWN_OF_RUNS)
    return runs.filter(pk__in=had_the_word(wafer_id, at=at)) if at is not None else runs


def had_the_word(wafer_id: UUID, *, at: datetime) -> set[UUID]:
    """The runs that made a wafer's standing at a time, by then. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HAD_THE_WORD, {"wafer": wafer_id, "at": at})
        return {row[0] for row in cursor.fetchall()}


def described_judged(runs: Sequence[InspectionRun], *, at: datetime) -> list[dict[str, Any]]:
    """Runs of one wafer as judgements, with what its cards show loaded. Two queries.

    Args:
        at: the time of which `stands` speaks.
    """
    standing = had_the_word(runs[0].wafer_id, at=at) if runs else set()
    tenures = _tenures_of({run.deployment_id for run in runs if run.deployment_id})
    return [_judged(run, stands=run.pk in standing, tenures=tenures[run.deployment_id]) for run in runs]


def _tenures_of(deployments: Iterable[int]) -> dict[int | None, list[Tenure]]:
    found: dict[int | None, list[Tenure]] = defaultdict(list)
    rows = Tenure.objects.filter(deployment__in=list(deployments)).select_related("place")
    for row in rows.order_by("since", "id"):
        found[row.deployment_id].append(row)
    return found


def _judged(run: InspectionRun, *, stands: bool, tenures: list[Tenure]) -> dict[str, Any]:
    version, recipe = run.model_version, run.recipe_version
    tenure = _tenure_of(run, tenures)
    return {
        "run": str(run.pk),
        "layer": run.layer.code,
        "tool": run.tool.code if run.tool else None,
        "model": version.model.name if version else None,
        "version": version.version if version else None,
        "recipe": {"code": recipe.recipe.code, "version": recipe.number, "id": recipe.pk},
        "deployment": run.deployment_id,
        "tenure": None if tenure is None else _described(tenure),
        "by_name": run.requested_version_id is not None,
        "degraded": run.is_degraded,
        "judged_at": run.finished_at.isoformat() if run.finished_at else None,
        "band": run.band or None,
        "detection_count": run.detection_count,
        "counts": run.counts,
        "rerun_of": str(run.rerun_of_id) if run.rerun_of_id else None,
        "stands": stands,
    }


def _tenure_of(run: InspectionRun, tenures: list[Tenure]) -> Tenure | None:
    """The tenure a run judged in; None where its version was asked for by name, or the time is not on record."""
    if run.requested_version_id is not None or run.finished_at is None:
        return None
    slot, ended = RouteSlot.FALLBACK if run.is_degraded else RouteSlot.CHAMPION, run.finished_at
    held = [
        one
        for one in tenures
        if one.place.slot == slot and one.since <= ended and (one.until is None or ended < one.until + ENDS_LATE)
    ]
    tool, product = run.tool.code if run.tool else "", run.wafer.lot.product.code
    for place in Place(run.recipe_version.recipe.code, tool, product).wider():
        there = [one for one in held if one.place.place == place]
        if there:
            return there[-1]
    return None


def _described(tenure: Tenure) -> dict[str, Any]:
    return {
        **tenure.place.place.shown(),
        "slot": tenure.place.slot,
        "since": tenure.since.isoformat(),
        "since_known": tenure.is_since_known,
        "until": tenure.until.isoformat() if tenure.until else None,
    }
