"""How large shapes are, where they lie, and how much two of them are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from domain.shapes.kinds import Box, Mask, Place, Point, Polygon, Rotated, Shape, Tag, Upright
from domain.shapes.raster import Window, raster

NEAR_PX = 8.0
"""Two points that are so near mean the same place; so does a point that is so near to something with a size."""
_MOST_PIXELS = 1 << 20
Sized = Upright | Rotated | Polygon | Mask | Point
"""What has a place in its image."""


def bbox_of(shape: Shape, *, width_px: int, height_px: int) -> Box:
    """The box around a shape within its image: of a point its pixel, of a tag the image."""
    if isinstance(shape, Tag):
        return 0.0, 0.0, float(width_px), float(height_px)
    left, top, width, height = extent_of(shape)
    if isinstance(shape, Point):
        return max(min(left, width_px - 1.0), 0.0), max(min(top, height_px - 1.0), 0.0), width, height
    right, bottom = min(left + width, float(width_px)), min(top + height, float(height_px))
    left, top = max(left, 0.0), max(top, 0.0)
    return left, top, right - left, bottom - top


def extent_of(shape: Sized) -> Box:
    """The box around a shape, wherever its image ends."""
    match shape:
        case Point(at_px=(x, y)):
            return float(math.floor(x)), float(math.floor(y)), 1.0, 1.0
        case Upright(bbox_px=box):
            return box
        case Mask(bbox_px=(left, top, width, height)):
            return float(left), float(top), float(width), float(height)
        case Rotated(corners_px=points) | Polygon(points_px=points):
            xs, ys = [x for x, _ in points], [y for _, y in points]
            return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def area_of(shape: Shape) -> float:
    """In pixels; nothing of points and tags."""
    match shape:
        case Point() | Tag():
            return 0.0
        case Upright(bbox_px=(_, _, width, height)) | Rotated(size_px=(width, height)):
            return width * height
        case Mask(counts=counts):
            return float(sum(counts[1::2]))
        case Polygon(points_px=points):
            return ring_area(points)


def ring_area(points: Sequence[Place]) -> float:
    """Of an outline whose sides do not cross."""
    x, y = np.asarray(points, np.float64).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def iou(one: Sized, other: Sized) -> float:
    """Shared pixels of two shapes over the pixels of both together. No tags.

    Where neither holds the middle of a pixel, the boxes around them are compared. Of very large shapes every so many
    pixels are looked at.
    """
    window = _window([extent_of(one), extent_of(other)])
    step = max(1, math.ceil(math.sqrt(window[2] * window[3] / _MOST_PIXELS)))
    first, second = raster(one, window, step=step), raster(other, window, step=step)
    joined = np.count_nonzero(first | second)
    if not joined:
        return _box_iou(extent_of(one), extent_of(other))
    return float(np.count_nonzero(first & second) / joined)


def sameness(one: Shape, other: Shape) -> float:
    """How much two shapes say the same of where something is, 0 to 1.

    A tag says nothing of where, so it contradicts nobody. A point says nothing of how large: it means the same as what
    it lies on, or is near to. All else is compared pixel by pixel.
    """
    if isinstance(one, Tag) or isinstance(other, Tag):
        return 1.0
    if isinstance(one, Point) or isinstance(other, Point):
        return 1.0 if _gap(extent_of(one), extent_of(other)) <= NEAR_PX else 0.0
    return iou(one, other)


def _window(boxes: Sequence[Box]) -> Window:
    left, top = math.floor(min(box[0] for box in boxes)), math.floor(min(box[1] for box in boxes))
    right = math.ceil(max(box[0] + box[2] for box in boxes))
    bottom = math.ceil(max(box[1] + box[3] for box in boxes))
    return left, top, right - left, bottom - top


def _box_iou(one: Box, other: Box) -> float:
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    shared = max(right - max(one[0], other[0]), 0.0) * max(bottom - max(one[1], other[1]), 0.0)
    joined = one[2] * one[3] + other[2] * other[3] - shared
    return shared / joined if joined else float(one == other)


def _gap(one: Box, other: Box) -> float:
    """How far two boxes lie apart; a point's own pixel is no part of the way."""
    right = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    down = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return math.hypot(max(right, 0.0), max(down, 0.0))
