"""From the pixels the detector saw back to the pixels that were uploaded, and to micrometres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domain.detection.types import Detections


def to_original_px(detections: Detections, *, scale: float, width_px: int, height_px: int) -> Detections:
    """Undo the resize of preprocessing.

    Args:
        detections: in pixels of the preprocessed image.
        scale: preprocessed size over original size, above 0.
        width_px: width of the original image.
        height_px: height of the original image.

    Returns:
        The same detections in original pixels, kept inside the original image.
    """
    if not scale > 0:
        raise ValueError(f"scale must be above 0, got {scale}")
    boxes = detections.boxes_px.astype(np.float64) / scale
    sides = np.array([width_px, height_px], np.float64)
    corner = np.clip(boxes[:, :2], 0, sides)
    far = np.clip(boxes[:, :2] + boxes[:, 2:], 0, sides)
    return replace(detections, boxes_px=np.concatenate([corner, far - corner], axis=1).astype(np.float32))


def sizes_um(detections: Detections, *, pixel_um: float) -> NDArray[np.float32]:
    """(N,) float32 longest side of each box in micrometres."""
    return (detections.boxes_px[:, 2:].max(axis=1, initial=0) * np.float32(pixel_um)).astype(np.float32)


def centres_px(detections: Detections) -> NDArray[np.float64]:
    """(N, 2) float64 x, y of the box centres."""
    boxes = detections.boxes_px.astype(np.float64)
    return np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float64)
