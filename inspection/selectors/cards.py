"""The live wall's card: what a wafer looks like at a glance."""

from collections.abc import Sequence
from typing import Any

from core.addresses import address_of
from inspection.choices import can_retry
from inspection.models import InspectionRun
from inspection.selectors.holds import hold_of
from inspection.selectors.standing import shown_image, standings_of

MOST_BOXES = 40


def cards_of(runs: Sequence[InspectionRun], *, with_pictures: bool = True) -> list[dict[str, Any]]:
    """The cards of some runs, each with its wafer's standing, as `standings_of`. Four queries at most."""
    standings = standings_of(runs, with_pictures=with_pictures)
    return [card_of(run, standing=standings[run.pk]) for run in runs]


def card_of(run: InspectionRun, *, standing: dict[str, Any] | None) -> dict[str, Any]:
    """The card of a run: `wafer__lot__product`, `layer`, `tool`, `recipe_version__recipe` and `model_version__model`
    must be loaded.

    Args:
        standing: of the run's wafer at its layer; None where the card stands for the run alone.
    """
    wafer, version = run.wafer, run.model_version
    return {
        "run": str(run.pk),
        "wafer": {"id": str(wafer.pk), "code": wafer.code, "slot": wafer.slot},
        "lot": wafer.lot.code,
        "product": wafer.lot.product.code,
        "layer": run.layer.code,
        "tool": run.tool.code if run.tool else None,
        "recipe": run.recipe_version.recipe.code,
        "state": run.state,
        "waiting_for": run.waiting_for,
        "band": run.band or None,
        "counts_by_class": run.summary.get("counts_by_class", {}),
        "counts_by_severity": run.summary.get("counts_by_severity", {}),
        "detection_count": run.detection_count,
        "model": version.model.name if version else None,
        "version": version.version if version else None,
        "deployment": run.deployment_id,
        "image": shown_image(run.summary.get("image")),
        "boxes": run.summary.get("boxes", []),
        "images": run.summary.get("images", 1),
        "queued_at": run.queued_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "revision": run.revision,
        "degraded": run.is_degraded,
        "cached": run.is_cached,
        "hold": hold_of(wafer),
        "error": {"code": run.error_code, "detail": run.error_detail} if run.error_code else None,
        "can_retry": can_retry(run.state, run.error_code),
        "url": address_of("inspection:wafer", wafer.pk),
        "standing": standing,
    }
