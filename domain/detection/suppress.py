"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray
from domain.detection.boxes import areas, corners, intersection
from domain.detection.types import Detections


def suppress(detections: Detections, *, iou: float, across_classes_iou: float | None = None) -> Detections:
    """Keep the most confident of detections that cover each other.

    Args:
        detections: any number, any order.
        iou: two of one class that overlap by more are one thing.
        across_classes_iou: two of different classes that overlap by more are one thing too; None keeps both.

    Returns:
        What is left, most confident first.
    """
    ordered = detections.sorted_by_confidence()
    if len(ordered) < 2:
        return ordered
    limit = 1.0 if across_classes_iou is None else across_classes_iou
    return ordered.take(_kept(corners(ordered.boxes_px), ordered.class_index, same=iou, other=limit))


def _kept(corner: FloatArray, class_index: NDArray[np.int16], *, same: float, other: float) -> NDArray[np.intp]:
    """Positions kept of boxes ordered by falling confidence."""
    area = areas(corner)
    waiting = np.arange(len(corner))
    kept: list[int] = []
    while len(waiting):
        best, rest = waiting[0], waiting[1:]
        kept.append(int(best))
        shared = intersection(corner[best], corner[rest])
        joined = area[best] + area[rest] - shared
        overlap = np.divide(shared, joined, out=np.zeros_like(shared), where=joined > 0)
        limit = np.where(class_index[rest] == class_index[best], same, other)
        waiting = rest[overlap <= limit]
    return np.asarray(kept, np.intp)
