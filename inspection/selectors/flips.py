"""What another version says of what was judged before: of each run and its re-run the calls that flipped."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from core.briefly import Briefly
from domain.evaluation.flips import Calls, Flip, FlippedCall, flipped_calls
from inspection.choices import Band, RunState
from inspection.models import DefectClass, InspectionImage, InspectionJob, InspectionRun
from inspection.selectors.access import with_cards
from inspection.selectors.described import CONFIDENCE_DECIMALS, image_of

_BANDS: list[str] = [Band.ACCEPT, Band.REVIEW, Band.REJECT]
_CALLS = """
SELECT run_id, image_id, id, defect_class_id, confidence, severity, band, x_px, y_px, width_px, height_px
FROM detection WHERE run_id = ANY(%(runs)s) ORDER BY run_id, ordinal
"""
# Worked out anew when the job has changed.
_compared: Briefly[dict[str, Any]] = Briefly(ttl_s=300.0, limit=32)


class Said(NamedTuple):
    """A call of a run."""

    image_id: UUID
    pk: UUID
    defect_class_id: int
    confidence: float
    severity: str
    band: str
    x_px: float
    y_px: float
    width_px: float
    height_px: float


def flips_of_job(job: InspectionJob) -> dict[str, Any]:
    """All re-runs of a job against what they judged again, those that flipped most first. Eight queries, remembered.

    First come those whose band has changed, by how far; among them those with more flipped calls.
    """
    return _compared.get((job.pk, job.revision), lambda: _compare(job))


def flips_of_run(run: InspectionRun, *, classes: Mapping[int, DefectClass]) -> list[dict[str, Any]]:
    """Image by image every call of a re-run and of the run it judged again, flipped ones first. Three queries."""
    assert run.rerun_of_id is not None
    said = _said([run.rerun_of_id, run.pk])
    images = InspectionImage.objects.filter(run_images__run=run).order_by("run_images__ordinal")
    return [
        {
            "image": image_of(image),
            "calls": _described(
                _on_image(said[run.rerun_of_id], image.pk), _on_image(said[run.pk], image.pk), classes=classes
            ),
        }
        for image in images
    ]


def _compare(job: InspectionJob) -> dict[str, Any]:
    reruns = InspectionRun.objects.filter(job=job, rerun_of__isnull=False).order_by("id")
    ended = list(with_cards(reruns.filter(state=RunState.DONE).select_related("rerun_of").defer("provenance")))
    said = _said([key for run in ended for key in (run.rerun_of_id, run.pk) if key is not None])
    rows = [_row(run, said=said) for run in ended]
    rows.sort(key=lambda row: (-_band_step(row), -_flipped(row), row["run"]))
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update(row["flips"])
    return {
        "totals": {
            "runs": job.total,
            "compared": len(rows),
            "flipped": sum(_flipped(row) > 0 for row in rows),
            "bands_changed": sum(_band_step(row) > 0 for row in rows),
            **{flip.value: sums[flip] for flip in Flip},
        },
        "results": rows,
    }


def _row(run: InspectionRun, *, said: Mapping[UUID, list[Said]]) -> dict[str, Any]:
    original = run.rerun_of
    assert original is not None
    before, after = said[original.pk], said[run.pk]
    flips: Counter[str] = Counter()
    for image in {call.image_id for call in (*before, *after)}:
        flips.update(str(one.flip) for one in _flips(_on_image(before, image), _on_image(after, image)))
    return {
        "run": str(run.pk),
        "rerun_of": str(original.pk),
        "wafer": {"id": str(run.wafer_id), "code": run.wafer.code, "slot": run.wafer.slot},
        "lot": run.wafer.lot.code,
        "layer": run.layer.code,
        "recipe": f"{run.recipe_version.recipe.code} v{run.recipe_version.number}",
        "judged_at": original.finished_at.isoformat() if original.finished_at else None,
        "bands": [original.band, run.band],
        "flips": {flip.value: flips[flip] for flip in Flip},
    }


def _band_step(row: dict[str, Any]) -> int:
    before, after = row["bands"]
    return abs(_BANDS.index(before) - _BANDS.index(after))


def _flipped(row: dict[str, Any]) -> int:
    return sum(count for flip, count in row["flips"].items() if flip != Flip.SAME)


def _said(runs: Collection[UUID]) -> dict[UUID, list[Said]]:
    found: dict[UUID, list[Said]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, {"runs": list(runs)})
        for run_id, *values in cursor.fetchall():
            found[run_id].append(Said(*values))
    return found


def _on_image(said: list[Said], image_id: UUID) -> list[Said]:
    return [call for call in said if call.image_id == image_id]


def _flips(before: list[Said], after: list[Said]) -> list[FlippedCall]:
    return flipped_calls(_calls(before), _calls(after))


def _calls(said: list[Said]) -> Calls:
    return Calls(
        boxes_px=np.array([call[-4:] for call in said], np.float64).reshape(-1, 4),
        classes=np.array([call.defect_class_id for call in said], np.int64),
        bands=np.array([_BANDS.index(call.band) for call in said], np.int64),
    )


_ORDER = {Flip.GONE: 0, Flip.NEW: 1, Flip.CLASS: 2, Flip.BAND: 3, Flip.SAME: 4}


def _described(before: list[Said], after: list[Said], *, classes: Mapping[int, DefectClass]) -> list[dict[str, Any]]:
    found = sorted(_flips(before, after), key=lambda one: _ORDER[one.flip])
    return [
        {
            "flip": one.flip.value,
            "before": None if one.before is None else _call(before[one.before], classes=classes),
            "after": None if one.after is None else _call(after[one.after], classes=classes),
        }
        for one in found
    ]


def _call(said: Said, *, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    defect = classes[said.defect_class_id]
    return {
        "id": str(said.pk),
        "class_code": defect.code,
        "class_name": defect.name,
        "confidence": round(said.confidence, CONFIDENCE_DECIMALS),
        "severity": said.severity,
        "band": said.band,
        "bbox_px": [round(side_px, 2) for side_px in said[-4:]],
    }
