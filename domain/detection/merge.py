"""Joining what tiling cut in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.detection.boxes import areas, corners, crossing_pairs, intersection
from domain.detection.types import Detections

TOUCH_PX = 4.0
"""A box this close to its tile's border is taken to be cut there."""
SHARED = 0.6
"""Two boxes of one kind that share this much of the smaller are views of one thing.

On 120 drawn scenes of 768 x 768 in four tiles it left 9 of 58 second boxes on cracks and scratches and took mAP50 from
0.85 to 0.87: a tile that sees half of a crack guesses where it ends.
"""

WHOLE_BELOW = 0.05
"""A box of less than this of the other's area that no tile's border cuts is a thing of its own, such as a small crack
within the wide box of a long one."""


@dataclass(frozen=True, slots=True)
class _Seams:
    """Tile borders that lie inside the image: where tiles end (low side first) and where the next ones begin."""

    ends: NDArray[np.float64]
    starts: NDArray[np.float64]


def merge_across_seams(
    detections: Detections, *, tiles: IntArray, touch_px: float = TOUCH_PX, shared: float = SHARED
) -> Detections:
    """Make one box of a defect that several tiles saw, each its part.

    Two boxes of one kind are parts of one thing when one ends at a border of its tile, the other begins at the facing
    border of the neighbouring tile, and they meet in the overlap; or when they share most of the smaller one. Of one
    kind are two of one class, and two classes each of which is the other's next guess: half a crack looks like a
    scratch. Chains of parts become one box.

    Args:
        detections: of all tiles, in pixels of the tiled image.
        tiles: (T, 4) int x, y, w, h as planned for the image.
        touch_px: how close to a border counts as cut.
        shared: share of the smaller box from which two are one thing.

    Returns:
        Detections; a joined one has the box around all parts and everything else of its most confident part. Those of
        a single tile are left as they are.
    """
    if len(detections) < 2 or len(tiles) < 2:
        return detections
    first, second = _parts(detections, tiles=tiles, touch_px=touch_px, shared=shared)
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


def _parts(
    detections: Detections, *, tiles: IntArray, touch_px: float, shared: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of positions that belong together."""
    corner = corners(detections.boxes_px)
    area = areas(corner)
    columns, rows = _seams(tiles[:, 0], tiles[:, 2]), _seams(tiles[:, 1], tiles[:, 3])
    ends = [_touching(corner[:, 2 + axis], seams.ends, touch_px) for axis, seams in enumerate((columns, rows))]
    starts = [_touching(corner[:, axis], seams.starts, touch_px) for axis, seams in enumerate((columns, rows))]
    # Some tolerance, so that parts of tiles without overlap still meet.
    grown = corner + np.array([-touch_px, -touch_px, touch_px, touch_px]) / 2

    def faces(one: IntArray, other: IntArray) -> BoolArray:
        """(P,) bool: the other goes on across a seam where the one ends."""
        goes_on = [
            ends[axis][one] & starts[axis][other] & (corner[other, 2 + axis] > corner[one, 2 + axis]) for axis in (0, 1)
        ]
        return np.asarray(goes_on[0] | goes_on[1])

    is_cut = ends[0] | ends[1] | starts[0] | starts[1]
    found = []
    for one, other in crossing_pairs(grown):
        meets = intersection(grown[one], grown[other]) > 0
        smaller, larger = np.sort([area[one], area[other]], axis=0)
        may_be_part = (smaller >= WHOLE_BELOW * larger) | np.where(area[one] <= area[other], is_cut[one], is_cut[other])
        mostly_shared = may_be_part & (intersection(corner[one], corner[other]) >= shared * np.maximum(smaller, 1e-9))
        together = _kindred(detections, one, other) & (
            mostly_shared | (meets & (faces(one, other) | faces(other, one)))
        )
        found.append((one[together], other[together]))
    first, second = zip(*found, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _kindred(detections: Detections, one: IntArray, other: IntArray) -> BoolArray:
    """(P,) bool: of one class, or each of the class that the other would be next."""
    class_index, next_class = detections.class_index, detections.top3_class[:, 1]
    taken_for = (next_class[one] == class_index[other]) & (next_class[other] == class_index[one])
    return np.asarray((class_index[one] == class_index[other]) | taken_for)


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
