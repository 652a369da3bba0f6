"""A run with all it covered and found, as the API and the stream answer with it."""

from datetime import datetime
from typing import Any

from inspection import selectors
from inspection.models import InspectionJob, InspectionRun
from inspection.serializers import shown
from inspection.services import Fresh, PredictOutcome


def outcome_of(outcome: PredictOutcome) -> dict[str, Any]:
    """What an image was answered with, and whether that was known before."""
    return {**result_of(outcome.run, fresh=outcome.fresh), "repeated": outcome.repeated}


def result_of(run: InspectionRun, *, fresh: Fresh | None = None) -> dict[str, Any]:
    """A run with its images and findings; its card's relations must be loaded.

    Args:
        fresh: image and findings, where they are at hand; else they are read in two queries.
    """
    return shown.result_of(
        run,
        images=[(0, fresh.image)] if fresh else selectors.images_of(run),
        detections=fresh.detections if fresh else selectors.detections_of(run),
        classes=selectors.classes_by_id(),
    )


def job_of(job: InspectionJob, *, now: datetime) -> dict[str, Any]:
    """A job with the state of each of its items."""
    items = job.items.select_related("run__wafer__lot").order_by("ordinal")
    return {**selectors.job_of(job, now=now), "items": [selectors.item_of(item) for item in items]}
