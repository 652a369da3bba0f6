"""Find defects on a whole picture as the product does: tiles, seams, duplicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.detection.calibrate import PlattCalibration
from domain.detection.decode import decode_outputs
from domain.detection.filter import apply_thresholds
from domain.detection.merge import merge_across_seams
from domain.detection.suppress import suppress
from domain.detection.types import Detections
from domain.imaging.tiling import cut_tiles, plan_tiles
from training.evaluate import NMS_IOU, RAW_FLOOR, Predictor
from training.export import TILE_PX

OVERLAP_PX = 64


def find_on(
    pixels: NDArray[np.uint8],
    *,
    predict: Predictor,
    calibration: PlattCalibration,
    thresholds: NDArray[np.float64] | None = None,
) -> Detections:
    """Detections on a grey picture of any size; without thresholds all that the model says at all."""
    height, width = pixels.shape
    tiles = plan_tiles(width, height, tile_px=TILE_PX, overlap_px=OVERLAP_PX)
    answers = predict(cut_tiles(pixels, tiles, tile_px=TILE_PX))
    found = decode_outputs(*answers, tiles=tiles, calibration=calibration, floor=RAW_FLOOR)
    if thresholds is not None:
        found = apply_thresholds(found, thresholds=thresholds)
    found = merge_across_seams(found, tiles=tiles)
    return suppress(found, iou=NMS_IOU, across_classes_iou=NMS_IOU)
