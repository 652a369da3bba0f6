"""The live wall's card: what a wafer looks like at a glance."""

from typing import Any

from core.addresses import address_of
from inspection.models import InspectionRun

MOST_BOXES = 40


def card_of(run: InspectionRun) -> dict[str, Any]:
    """The card of a run, from the run alone: `wafer__lot__product`, `layer`, `tool`, `recipe_version__recipe` and
    `model_version__model` must be loaded."""
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
        "image": _image(run.summary.get("image")),
        "boxes": run.summary.get("boxes", []),
        "images": run.summary.get("images", 1),
        "queued_at": run.queued_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "revision": run.revision,
        "degraded": run.is_degraded,
        "cached": run.is_cached,
        "error": {"code": run.error_code, "detail": run.error_detail} if run.error_code else None,
        "url": address_of("inspection:wafer", wafer.pk),
    }


def _image(described: dict[str, Any] | None) -> dict[str, Any] | None:
    if described is None:
        return None
    return {"file_name": "", **described, "thumbnail": address_of("api:image_thumbnail", described["id"])}
