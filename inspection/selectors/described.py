"""Images and detections as they leave over the API: plain functions that only read what is loaded."""

from collections.abc import Mapping
from typing import Any

from core.addresses import address_of
from inspection.models import DefectClass, Detection, InspectionImage, Product

CONFIDENCE_DECIMALS = 4
_GRID = ("die_pitch_x_um", "die_pitch_y_um", "grid_centre_x_um", "grid_centre_y_um")


def listed_detection_of(detection: Any, *, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    """One finding of a list, as `selectors.detections_visible_to` reads it."""
    return detection_of(detection, judged_by=(detection.model_name, detection.model_version), classes=classes)


def detection_of(
    detection: Detection, *, judged_by: tuple[str | None, str | None], classes: Mapping[int, DefectClass]
) -> dict[str, Any]:
    """One finding.

    Args:
        judged_by: name and version of the model.
    """
    defect = classes[detection.defect_class_id]
    model, version = judged_by
    die = None if detection.die_col is None else [detection.die_col, detection.die_row]
    return {
        "id": str(detection.pk),
        "run": str(detection.run_id),
        "image": str(detection.image_id),
        "wafer": str(detection.wafer_id),
        "ordinal": detection.ordinal,
        "model": model,
        "version": version,
        "class_id": defect.pk,
        "class_code": defect.code,
        "class_name": defect.name,
        "confidence": round(detection.confidence, CONFIDENCE_DECIMALS),
        "raw_score": detection.raw_score,
        "top3": [
            _alternative(classes[class_id], confidence)
            for class_id, confidence in zip(detection.top3_class_ids, detection.top3_confidences, strict=True)
        ],
        "severity": detection.severity,
        "band": detection.band,
        "nuisance": detection.is_nuisance,
        "bbox_px": [
            round(side_px, 2) for side_px in (detection.x_px, detection.y_px, detection.width_px, detection.height_px)
        ],
        "die": die,
        "wafer_x_um": detection.wafer_x_um,
        "wafer_y_um": detection.wafer_y_um,
        "size_um": detection.size_um,
    }


def image_of(image: InspectionImage) -> dict[str, Any]:
    """An image and where its pictures are."""
    address = address_of("api:image", image.pk)
    origin = None if image.origin_x_um is None else [image.origin_x_um, image.origin_y_um]
    return {
        "id": str(image.pk),
        "file_name": image.file_name,
        "format": image.format,
        "bytes": image.bytes,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "bit_depth": image.bit_depth,
        "channels": image.channels,
        "thumbnail": f"{address}thumbnail/",
        "view": f"{address}view/",
        "tiles": f"{address}tiles.dzi",
        "file": f"{address}file/",
        "origin_um": origin,
        "pixel_um": image.pixel_um,
        "quality": image.quality,
        "notes": image.notes,
        "sha256": image.sha256,
        "external_id": image.external_id,
        "received_at": image.received_at.isoformat(),
        "received_from": image.received_from,
    }


def geometry_of(product: Product) -> dict[str, Any]:
    """The die grid as `wafer_geometry.js` reads it."""
    return {
        "diameterUm": product.wafer_diameter_um,
        "edgeExclusionUm": product.edge_exclusion_um,
        "pitchUm": [product.die_pitch_x_um, product.die_pitch_y_um],
        "centreUm": [product.grid_centre_x_um, product.grid_centre_y_um],
    }


def die_pitch_px(image: InspectionImage, product: Product) -> list[float] | None:
    """From one die to the next, across and down, in pixels of an image; None where nobody has said what they are.

    A product that an upload was the first to name has the grid that every new one has.
    """
    grid = (product.die_pitch_x_um, product.die_pitch_y_um, product.grid_centre_x_um, product.grid_centre_y_um)
    new = Product()
    if grid == tuple(getattr(new, name) for name in _GRID):
        return None
    return [round(product.die_pitch_x_um / image.pixel_um, 3), round(product.die_pitch_y_um / image.pixel_um, 3)]


def _alternative(defect: DefectClass, confidence: float) -> dict[str, Any]:
    return {
        "class_id": defect.pk,
        "class_code": defect.code,
        "class_name": defect.name,
        "confidence": round(confidence, CONFIDENCE_DECIMALS),
    }
