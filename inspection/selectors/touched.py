"""What a deployment, a recipe version, a tool or a time has touched: the blast radius. Re-runs touch nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from core.actors import Actor
from core.addresses import address_of
from core.ids import uuid7_floor
from inspection.choices import Band, RunState
from inspection.models import InspectionRun, Wafer
from inspection.selectors.access import BY_HAND, of_sites, tools_visible_to, with_cards
from inspection.selectors.holds import hold_of
from inspection.selectors.standing import images_known

MOST_COUNTED = 5000
"""Runs that totals are counted over at most."""
_BANDS: list[str] = [Band.REJECT, Band.REVIEW, Band.ACCEPT]
COLUMNS = (
    "wafer", "lot", "product", "layer", "tool", "recipe", "recipe_version", "model", "version", "deployment",
    "judged_at", "degraded", "band", "detections", *(f"detections_{band}" for band in _BANDS), "classes", "on_hold",
    "run", "wafer_id",
)  # fmt: skip
"""Of a table of runs."""
_CALLS = """
SELECT d.run_id, k.code, d.band, count(*)
FROM detection d JOIN defect_class k ON k.id = d.defect_class_id
WHERE d.run_id = ANY(%(runs)s) GROUP BY d.run_id, k.code, d.band
"""


@dataclass(frozen=True)
class Selection:
    """What is asked about; all that is given has to be true of a run.

    Attributes:
        tool: its code; `BY_HAND` is none.
        since, until: when the images came to be judged.
    """

    deployment: int | None = None
    recipe_version: int | None = None
    tool: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing narrows it: then it is everything that ever was."""
        return self == Selection()

    def told(self) -> dict[str, Any]:
        """As the trail and jobs keep it: what is given, by name."""
        named = {
            "deployment": self.deployment,
            "recipe_version": self.recipe_version,
            "tool": self.tool or None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
        return {name: value for name, value in named.items() if value is not None}


def runs_touched(selection: Selection, *, actor: Actor) -> QuerySet[InspectionRun]:
    """The runs that judged, newest first, each by an index of what narrows them."""
    runs = of_sites(InspectionRun.objects.filter(state=RunState.DONE, counts=True), actor)
    if selection.deployment is not None:
        runs = runs.filter(deployment_id=selection.deployment)
    if selection.recipe_version is not None:
        runs = runs.filter(recipe_version_id=selection.recipe_version)
    if selection.tool == BY_HAND:
        runs = runs.filter(tool=None)
    elif selection.tool:
        # By its key, or a tool that has been silent for long is looked for among everything newer.
        keys = list(tools_visible_to(actor).filter(code=selection.tool).values_list("pk", flat=True))
        runs = runs.filter(tool_id=keys[0]) if len(keys) == 1 else runs.filter(tool_id__in=keys)
    # Ids start with the time.
    if selection.since is not None:
        runs = runs.filter(pk__gte=uuid7_floor(at=selection.since))
    if selection.until is not None:
        runs = runs.filter(pk__lt=uuid7_floor(at=selection.until))
    return runs.order_by("-id")


def wafers_touched(selection: Selection, *, actor: Actor) -> QuerySet[InspectionRun]:
    """Of each wafer that was touched the newest run that did, newest first: a page of these is a page of wafers."""
    # Asked of one row after the other, for as many as a page has: as a join it would be worked out for all first.
    newest = runs_touched(selection, actor=actor).filter(wafer=OuterRef("wafer")).values("pk")[:1]
    return runs_touched(selection, actor=actor).alias(newest=Subquery(newest)).filter(newest=F("pk"))


def described_wafers(newest: Sequence[InspectionRun], *, selection: Selection, actor: Actor) -> list[dict[str, Any]]:
    """Wafers with everything that was said of them, from the newest run of each. Ten queries, whatever their number."""
    touching = runs_touched(selection, actor=actor).filter(wafer__in=[run.wafer_id for run in newest])
    by_wafer: dict[UUID, list[InspectionRun]] = defaultdict(list)
    for run in with_cards(touching.defer("provenance", "timings_ms", "summary")):
        by_wafer[run.wafer_id].append(run)
    calls = _calls_of([run.pk for runs in by_wafer.values() for run in runs])
    known = images_known({(run.wafer_id, run.layer_id) for runs in by_wafer.values() for run in runs})
    standing: dict[UUID, list[UUID | None]] = defaultdict(list)
    for (wafer_id, _), images in known.items():
        standing[wafer_id] += [one.judged_id for one in images]
    # A page may be older than what it is filled with: a wafer whose runs have gone on counting only.
    return [
        _wafer(by_wafer[run.wafer_id], calls=calls, judged=standing[run.wafer_id])
        for run in newest
        if by_wafer[run.wafer_id]
    ]


def totals_touched(selection: Selection, *, actor: Actor) -> dict[str, Any]:
    """How much was touched, over the newest `MOST_COUNTED` runs; `is_all` says whether those are all. Four queries."""
    rows = list(
        runs_touched(selection, actor=actor).values_list("pk", "wafer_id", "band", "is_degraded", "wafer__lot_id")[
            : MOST_COUNTED + 1
        ]
    )
    is_all, rows = len(rows) <= MOST_COUNTED, rows[:MOST_COUNTED]
    by_class, by_band = _counted(call for found in _calls_of([row[0] for row in rows]).values() for call in found)
    wafers = {row[1] for row in rows}
    return {
        "runs": len(rows),
        "wafers": len(wafers),
        "lots": len({row[4] for row in rows}),
        "on_hold": Wafer.objects.filter(pk__in=wafers, held_at__isnull=False).count(),
        "degraded": sum(row[3] for row in rows),
        "detections": by_class.total(),
        "by_class": dict(by_class.most_common()),
        "by_band": {band: by_band[band] for band in _BANDS},
        "runs_by_band": {band: sum(row[2] == band for row in rows) for band in _BANDS},
        "is_all": is_all,
    }


def rows_touched(selection: Selection, *, actor: Actor, at_most: int, at_once: int = 500) -> Iterator[dict[str, Any]]:
    """Every run that touched something, newest first, flat as lines of a table. A few queries for `at_once` of them."""
    runs = with_cards(runs_touched(selection, actor=actor)).defer("provenance", "timings_ms", "summary")
    before: UUID | None = None
    given = 0
    while given < at_most:
        page = list((runs if before is None else runs.filter(pk__lt=before))[: min(at_once, at_most - given)])
        calls = _calls_of([run.pk for run in page])
        yield from (_line(run, calls=calls.get(run.pk, [])) for run in page)
        if len(page) < at_once:
            return
        given, before = given + len(page), page[-1].pk


Call = tuple[str, str, int]
"""Class, band, and how many of these a run found."""


def _calls_of(runs: list[UUID]) -> dict[UUID, list[Call]]:
    if not runs:
        return {}
    found: dict[UUID, list[Call]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, {"runs": runs})
        for run_id, code, band, count in cursor.fetchall():
            found[run_id].append((code, band, count))
    return found


def _counted(calls: Iterable[Call]) -> tuple[Counter[str], Counter[str]]:
    """How many there are of each class and of each band."""
    by_class: Counter[str] = Counter()
    by_band: Counter[str] = Counter()
    for code, band, count in calls:
        by_class[code] += count
        by_band[band] += count
    return by_class, by_band


def _wafer(runs: list[InspectionRun], *, calls: dict[UUID, list[Call]], judged: list[UUID | None]) -> dict[str, Any]:
    wafer, touching = runs[0].wafer, {run.pk for run in runs}
    by_class, by_band = _counted(call for run in runs for call in calls.get(run.pk, []))
    return {
        "wafer": {"id": str(wafer.pk), "code": wafer.code, "slot": wafer.slot},
        "lot": wafer.lot.code,
        "product": wafer.lot.product.code,
        "hold": hold_of(wafer),
        "url": address_of("inspection:wafer", wafer.pk),
        "newest_run": str(runs[0].pk),
        "judged_at": _time(runs[0].finished_at),
        "runs": len(runs),
        "layers": sorted({run.layer.code for run in runs}),
        "tools": sorted({run.tool.code if run.tool else BY_HAND for run in runs}),
        "recipes": sorted({f"{run.recipe_version.recipe.code} v{run.recipe_version.number}" for run in runs}),
        "versions": sorted({str(run.model_version) for run in runs if run.model_version}),
        "band": min((run.band for run in runs), key=_BANDS.index),
        "degraded": sum(run.is_degraded for run in runs),
        "detections": by_class.total(),
        "by_class": dict(by_class.most_common()),
        "by_band": {band: by_band[band] for band in _BANDS},
        "images": len(judged),
        "images_standing": sum(one in touching for one in judged),
    }


def _line(run: InspectionRun, *, calls: list[Call]) -> dict[str, Any]:
    version, hold = run.model_version, hold_of(run.wafer)
    by_class, by_band = _counted(calls)
    return {
        "wafer": run.wafer.code,
        "lot": run.wafer.lot.code,
        "product": run.wafer.lot.product.code,
        "layer": run.layer.code,
        "tool": run.tool.code if run.tool else BY_HAND,
        "recipe": run.recipe_version.recipe.code,
        "recipe_version": run.recipe_version.number,
        "model": version.model.name if version else "",
        "version": version.version if version else "",
        "deployment": run.deployment_id or "",
        "judged_at": _time(run.finished_at),
        "degraded": "yes" if run.is_degraded else "no",
        "band": run.band,
        "detections": run.detection_count,
        **{f"detections_{band}": by_band[band] for band in _BANDS},
        "classes": " ".join(f"{code}:{by_class[code]}" for code in sorted(by_class)),
        "on_hold": hold["reason"] if hold else "",
        "run": str(run.pk),
        "wafer_id": str(run.wafer_id),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
