"""How rows leave: plain functions that only read what is loaded. Lists of hundreds pass through here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.addresses import address_of
from inspection.choices import can_retry
from inspection.models import (
    DefectClass,
    Detection,
    InspectionImage,
    InspectionRun,
    Layer,
    Lot,
    Product,
    Recipe,
    RecipeVersion,
    Tool,
    Wafer,
)
from inspection.selectors import (
    Current,
    detection_of,
    flaws_of_image,
    hold_of,
    holds_of,
    image_of,
    listed_detection_of,
)


def run_of(run: InspectionRun, *, images: Iterable[tuple[int, InspectionImage]] = ()) -> dict[str, Any]:
    """A run; its card's relations must be loaded.

    Args:
        images: ordinal and image of each it covers.
    """
    (model, version), summary = judge_of(run), run.summary
    return {
        "id": str(run.pk),
        "wafer": {"id": str(run.wafer_id), "code": run.wafer.code, "slot": run.wafer.slot},
        "lot": {"id": run.wafer.lot_id, "code": run.wafer.lot.code},
        "product": run.wafer.lot.product.code,
        "layer": run.layer.code,
        "tool": run.tool.code if run.tool else None,
        "recipe": {"code": run.recipe_version.recipe.code, "version": run.recipe_version.number},
        "model": model,
        "version": version,
        "job": str(run.job_id) if run.job_id else None,
        "state": run.state,
        "waiting_for": run.waiting_for,
        "attempt": run.attempt,
        "band": run.band or None,
        "counts_by_class": summary.get("counts_by_class", {}),
        "counts_by_severity": summary.get("counts_by_severity", {}),
        "detection_count": run.detection_count,
        "images": [
            {"ordinal": ordinal, "flaws": flaws_of_image(summary, image.pk), **image_of(image)}
            for ordinal, image in images
        ],
        "timings_ms": run.timings_ms,
        "provenance": run.provenance,
        "queued_at": _time(run.queued_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "requested_by": run.requested_by,
        "revision": run.revision,
        "cached": run.is_cached,
        "degraded": run.is_degraded,
        "error": {"code": run.error_code, "detail": run.error_detail} if run.error_code else None,
        "can_retry": can_retry(run.state, run.error_code),
        "deployment": run.deployment_id,
        "counts": run.counts,
        "rerun_of": str(run.rerun_of_id) if run.rerun_of_id else None,
    }


def result_of(
    run: InspectionRun,
    *,
    images: Iterable[tuple[int, InspectionImage]],
    detections: Iterable[Detection],
    classes: Mapping[int, DefectClass],
) -> dict[str, Any]:
    """A run with everything it found."""
    judged_by = judge_of(run)
    found = [detection_of(detection, judged_by=judged_by, classes=classes) for detection in detections]
    return {**run_of(run, images=images), "detections": found}


def judge_of(run: InspectionRun) -> tuple[str | None, str | None]:
    """Name and version of the model that judged a run; its model version must be loaded."""
    version = run.model_version
    return (version.model.name, version.version) if version else (None, None)


def image_row_of(image: InspectionImage) -> dict[str, Any]:
    """An image of a list, with what it belongs to; `wafer__lot`, `layer` and `tool` must be loaded."""
    return {
        **image_of(image),
        "wafer": {"id": str(image.wafer_id), "code": image.wafer.code, "slot": image.wafer.slot},
        "lot": {"id": image.wafer.lot_id, "code": image.wafer.lot.code},
        "layer": image.layer.code,
        "tool": image.tool.code if image.tool else None,
    }


def lot_of(lot: Lot) -> dict[str, Any]:
    return {"id": lot.pk, "code": lot.code, "product": lot.product.code, "created_at": _time(lot.created_at)}


def wafer_of(wafer: Wafer) -> dict[str, Any]:
    return {
        "id": str(wafer.pk),
        "code": wafer.code,
        "slot": wafer.slot,
        "lot": {"id": wafer.lot_id, "code": wafer.lot.code},
        "product": product_of(wafer.lot.product),
        "created_at": _time(wafer.created_at),
        "hold": hold_of(wafer),
        "url": address_of("inspection:wafer", wafer.pk),
    }


def wafer_detail_of(wafer: Wafer, *, newest_run: UUID | None) -> dict[str, Any]:
    return {**wafer_of(wafer), "newest_run": str(newest_run) if newest_run else None, "holds": holds_of(wafer)}


def standing_of(run: InspectionRun, current: Current, *, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    """The standing of a run's wafer at its layer, with its images, what is found on them, and who said so."""
    summaries: dict[UUID | None, dict[str, Any]] = {judging.pk: judging.summary for judging in current.runs}
    return {
        **current.standing,
        "wafer": {"id": str(run.wafer_id), "code": run.wafer.code, "slot": run.wafer.slot},
        "layer": run.layer.code,
        "images": [
            {
                "ordinal": ordinal,
                "run": str(known.judged_id or known.latest_id),
                "state": known.state,
                "flaws": flaws_of_image(summaries.get(known.judged_id, {}), image.pk),
                **image_of(image),
            }
            for ordinal, (known, image) in enumerate(current.images)
        ],
        "detections": [listed_detection_of(row, classes=classes) for row in current.detections],
        "runs": [run_of(judging) for judging in current.runs],
    }


def product_of(product: Product) -> dict[str, Any]:
    return {
        "id": product.pk,
        "code": product.code,
        "name": product.name,
        "wafer_diameter_um": product.wafer_diameter_um,
        "edge_exclusion_um": product.edge_exclusion_um,
        "die_pitch_um": [product.die_pitch_x_um, product.die_pitch_y_um],
        "grid_centre_um": [product.grid_centre_x_um, product.grid_centre_y_um],
    }


def tool_of(tool: Tool) -> dict[str, Any]:
    return {
        "id": tool.pk,
        "code": tool.code,
        "name": tool.name,
        "cadence_s": tool.cadence_s,
        "last_image_at": _time(tool.last_image_at),
    }


def layer_of(layer: Layer) -> dict[str, Any]:
    return {"id": layer.pk, "code": layer.code, "name": layer.name, "step": layer.step}


def recipe_of(recipe: Recipe) -> dict[str, Any]:
    """A recipe and what its version in force says; `in_force` must be loaded."""
    newest = recipe.in_force[0] if recipe.in_force else None
    return {
        "id": recipe.pk,
        "code": recipe.code,
        "name": recipe.name,
        "model": recipe.model_name,
        **_settings_of(newest),
    }


def recipe_version_of(version: RecipeVersion) -> dict[str, Any]:
    """One version of a recipe, with who made it and when."""
    return {**_settings_of(version), "created_at": _time(version.created_at), "created_by": version.created_by}


def _settings_of(version: RecipeVersion | None) -> dict[str, Any]:
    """What a version says; all unknown where a recipe has none yet."""
    return {
        "version": None if version is None else version.number,
        "preprocessing": None if version is None else version.preprocessing,
        "preprocessing_sha256": None if version is None else version.preprocessing_sha256,
        "tile_px": None if version is None else version.tile_px,
        "overlap_px": None if version is None else version.overlap_px,
        "thresholds": {} if version is None else version.thresholds,
        "review_from": None if version is None else version.review_from,
        "reject_from": None if version is None else version.reject_from,
        "nms_iou": None if version is None else version.nms_iou,
        "pixel_um": None if version is None else version.pixel_um,
    }


def defect_class_of(row: DefectClass) -> dict[str, Any]:
    return {
        "id": row.pk,
        "code": row.code,
        "name": row.name,
        "colour": row.colour,
        "severity": row.severity,
        "key": row.key,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
