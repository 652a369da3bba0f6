"""Arithmetic on boxes (x, y, w, h)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray


def corners(boxes_px: FloatArray) -> NDArray[np.float64]:
    """(N, 4) x, y, w, h to (N, 4) float64 left, top, right, bottom."""
    boxes = boxes_px.astype(np.float64)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def areas(corner: FloatArray) -> NDArray[np.float64]:
    """(N,) areas of (N, 4) corners."""
    sides = corner[..., 2:] - corner[..., :2]
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def intersection(one: FloatArray, others: FloatArray) -> NDArray[np.float64]:
    """Shared area of corners that broadcast against each other."""
    low = np.maximum(one[..., :2], others[..., :2])
    high = np.minimum(one[..., 2:], others[..., 2:])
    sides = np.clip(high - low, 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def pairwise_iou(first_px: FloatArray, second_px: FloatArray) -> NDArray[np.float64]:
    """Intersection over union of every box of one set with every box of another.

    Args:
        first_px: (N, 4) x, y, w, h.
        second_px: (M, 4) x, y, w, h.

    Returns:
        (N, M) float64, 0 where both boxes are empty.
    """
    first, second = corners(first_px), corners(second_px)
    shared = intersection(first[:, None], second[None])
    joined = areas(first)[:, None] + areas(second)[None] - shared
    return np.divide(shared, joined, out=np.zeros_like(shared), where=joined > 0)


def crossing_pairs(corner: FloatArray, *, at_once: int = 1 << 20) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs of boxes that share some of their x range, each pair once, in portions.

    A sweep from left to right: boxes of a wafer image are small, so nearly all pairs are never looked at.

    Args:
        corner: (N, 4) left, top, right, bottom.
        at_once: about so many pairs in a portion, for memory's sake.

    Yields:
        Two (P,) arrays of positions.
    """
    order = np.argsort(corner[:, 0], kind="stable")
    left, right = corner[order, 0], corner[order, 2]
    count = np.searchsorted(left, right) - np.arange(len(order)) - 1
    count = np.clip(count, 0, None)
    reached = np.cumsum(count)
    start = 0
    while start < len(order):
        before = reached[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(reached, before + at_once, side="right")))
        counts = count[start:stop]
        first = np.repeat(np.arange(start, stop), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[first], order[first + 1 + within]
        start = stop
