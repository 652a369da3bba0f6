"""Joining what tiling cut in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.detection.boxes import areas, corners, intersection
from domain.detection.types import Detections

TOUCH_PX = 4.0
"""A box this close to its tile's border is taken to be cut there."""
INSIDE = 0.7
"""A cut box that lies this far inside another of its class is a piece of it."""


@dataclass(frozen=True, slots=True)
class _Seams:
    """Tile borders that lie inside the image: where tiles end (low side first) and where the next ones begin."""

    ends: NDArray[np.float64]
    starts: NDArray[np.float64]


def merge_across_seams(
    detections: Detections, *, tiles: IntArray, touch_px: float = TOUCH_PX, inside: float = INSIDE
) -> Detections:
    """Make one box of a defect that several tiles saw a piece of.

    Two boxes of one class are pieces of one thing when one ends at a border of its tile, the other begins at the
    facing border of the neighbouring tile, and they meet in the overlap; or when one is cut by a border and lies
    mostly inside the other. Chains of pieces become one box. Whole duplicates are left to suppression.

    Args:
        detections: of all tiles, in pixels of the tiled image.
        tiles: (T, 4) int x, y, w, h as planned for the image.
        touch_px: how close to a border counts as cut.
        inside: share of a cut box that lies in another for it to be a piece.

    Returns:
        Detections; a joined one has the box around all pieces and everything else of its most confident piece.
    """
    if len(detections) < 2 or len(tiles) < 2:
        return detections
    corner = corners(detections.boxes_px)
    columns, rows = _seams(tiles[:, 0], tiles[:, 2]), _seams(tiles[:, 1], tiles[:, 3])
    ends_x = _touching(corner[:, 2], columns.ends, touch_px)
    starts_x = _touching(corner[:, 0], columns.starts, touch_px)
    ends_y = _touching(corner[:, 3], rows.ends, touch_px)
    starts_y = _touching(corner[:, 1], rows.starts, touch_px)
    cut = ends_x | starts_x | ends_y | starts_y
    candidates = np.flatnonzero(cut)
    if len(candidates) == 0:
        return detections
    first, second = _pieces(
        corner,
        detections.class_index,
        candidates=candidates,
        touch_px=touch_px,
        inside=inside,
        ends=(ends_x, ends_y),
        starts=(starts_x, starts_y),
    )
    return _joined(detections, _groups(first, second, count=len(detections)))


def _seams(start: IntArray, length: IntArray) -> _Seams:
    ends, starts = np.unique(start + length), np.unique(start)
    return _Seams(ends=ends[ends < ends.max()].astype(float), starts=starts[starts > starts.min()].astype(float))


def _touching(edge: FloatArray, seams: FloatArray, touch_px: float) -> BoolArray:
    """(N,) bool: this edge of the box lies at one of the seams."""
    if len(seams) == 0:
        return np.zeros(len(edge), np.bool_)
    after = np.searchsorted(seams, edge).clip(0, len(seams) - 1)
    before = (after - 1).clip(0)
    return np.asarray(np.minimum(np.abs(seams[after] - edge), np.abs(seams[before] - edge)) <= touch_px)


def _pieces(
    corner: FloatArray,
    class_index: IntArray,
    *,
    candidates: IntArray,
    touch_px: float,
    inside: float,
    ends: tuple[BoolArray, BoolArray],
    starts: tuple[BoolArray, BoolArray],
) -> tuple[IntArray, IntArray]:
    """Pairs of positions that belong together; the first of each pair is cut by a seam."""
    area = areas(corner)
    firsts, seconds = [], []
    for one in candidates.tolist():
        same = class_index == class_index[one]
        same[one] = False
        others = np.flatnonzero(same)
        # A pixel of tolerance, so that pieces of tiles without overlap still meet.
        grown = corner[one] + np.array([-touch_px, -touch_px, touch_px, touch_px])
        meets = intersection(grown, corner[others]) > 0
        faces = (ends[0][one] & starts[0][others] & (corner[others, 2] > corner[one, 2])) | (
            ends[1][one] & starts[1][others] & (corner[others, 3] > corner[one, 3])
        )
        share = intersection(corner[one], corner[others]) / max(area[one], 1e-9)
        found = others[(meets & faces) | ((share >= inside) & (area[others] >= area[one]))]
        firsts.append(np.full(len(found), one))
        seconds.append(found)
    return np.concatenate(firsts), np.concatenate(seconds)


def _groups(first: IntArray, second: IntArray, *, count: int) -> NDArray[np.intp]:
    """(N,) lowest position of the group each position belongs to."""
    group = np.arange(count)
    while True:
        low = np.minimum(group[first], group[second])
        if (group[first] == low).all() and (group[second] == low).all():
            return group
        np.minimum.at(group, first, low)
        np.minimum.at(group, second, low)
        group = group[group]


def _joined(detections: Detections, group: NDArray[np.intp]) -> Detections:
    corner = corners(detections.boxes_px)
    low, high = corner[:, :2].copy(), corner[:, 2:].copy()
    np.minimum.at(low, group, corner[:, :2])
    np.maximum.at(high, group, corner[:, 2:])
    # Stable order by group, then falling confidence: the first of every group is its most confident piece.
    order = np.lexsort((-detections.confidence, group))
    lead = order[np.unique(group[order], return_index=True)[1]]
    kept = detections.take(lead)
    home = group[lead]
    kept.boxes_px[:] = np.concatenate([low[home], high[home] - low[home]], axis=1).astype(np.float32)
    return kept
