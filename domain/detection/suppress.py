"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray
from domain.detection.boxes import areas, corners, crossing_pairs, intersection
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
    better, worse = _rivals(corner, class_index, same=same, other=other)
    kept = np.ones(len(corner), np.bool_)
    order = np.argsort(better, kind="stable")
    better, worse = better[order], worse[order]
    leaders, starts = np.unique(better, return_index=True)
    stops = np.append(starts, len(better))[1:]
    for leader, start, stop in zip(leaders, starts, stops, strict=True):
        if kept[leader]:
            kept[worse[start:stop]] = False
    return np.flatnonzero(kept)


def _rivals(
    corner: FloatArray, class_index: NDArray[np.int16], *, same: float, other: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs that overlap by more than they may: the more confident, the less confident."""
    area = areas(corner)
    better, worse = [], []
    for first, second in crossing_pairs(corner):
        shared = intersection(corner[first], corner[second])
        joined = area[first] + area[second] - shared
        limit = np.where(class_index[first] == class_index[second], same, other)
        rivals = shared > limit * joined
        better.append(np.minimum(first, second)[rivals])
        worse.append(np.maximum(first, second)[rivals])
    return np.concatenate(better), np.concatenate(worse)
