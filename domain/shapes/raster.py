"""Shapes as pixels: a pixel is in a shape when its middle is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.shapes.kinds import Box, Mask, Place, Point, Polygon, Rotated, Shape, Tag, Upright
from domain.shapes.runs import Bits, bits_of

Window = tuple[int, int, int, int]
"""Left, top, width, height in whole pixels."""


def raster(shape: Shape, window: Window, *, step: int = 1) -> Bits:
    """(height, width) pixels of a window that are in the shape.

    Args:
        step: look at every so many pixels only; then the answer has as many fewer rows and columns.
    """
    left, top, width, height = window
    xs = left + np.arange(0, width, step) + 0.5
    ys = top + np.arange(0, height, step) + 0.5
    match shape:
        case Tag():
            return np.ones((ys.size, xs.size), bool)
        case Point(at_px=(x, y)):
            return _upright((np.floor(x), np.floor(y), 1, 1), xs, ys)
        case Upright(bbox_px=box):
            return _upright(box, xs, ys)
        case Rotated():
            return _inside(shape.corners_px, xs, ys)
        case Polygon(points_px=points):
            return _inside(points, xs, ys)
        case Mask():
            return _painted(shape, xs, ys)


def filled(rings: Sequence[Sequence[Place]], window: Window) -> Bits:
    """(height, width) pixels of a window inside any of several outlines."""
    left, top, width, height = window
    xs, ys = left + np.arange(width) + 0.5, top + np.arange(height) + 0.5
    bits = np.zeros((height, width), bool)
    for ring in rings:
        bits |= _inside(ring, xs, ys)
    return bits


def _upright(box: Box, xs: np.ndarray, ys: np.ndarray) -> Bits:
    left, top, width, height = box
    columns, rows = (xs > left) & (xs < left + width), (ys > top) & (ys < top + height)
    return rows[:, None] & columns[None]


def _inside(points: Sequence[Place], xs: np.ndarray, ys: np.ndarray) -> Bits:
    """Even-odd: every side that a row crosses turns over what is to the right of it."""
    first = np.asarray(points, np.float64)
    second = np.roll(first, -1, axis=0)
    (x1, y1), (x2, y2) = first.T, second.T
    turns = np.zeros((ys.size, xs.size + 1), np.int32)
    crosses = (y1[None] <= ys[:, None]) != (y2[None] <= ys[:, None])
    row, side = np.nonzero(crosses)
    at = x1[side] + (ys[row] - y1[side]) * (x2[side] - x1[side]) / (y2[side] - y1[side])
    np.add.at(turns, (row, np.searchsorted(xs, at)), 1)
    return np.asarray(np.cumsum(turns, axis=1)[:, :-1] % 2 == 1)


def _painted(mask: Mask, xs: np.ndarray, ys: np.ndarray) -> Bits:
    left, top, width, height = mask.bbox_px
    columns, rows = np.floor(xs - left).astype(int), np.floor(ys - top).astype(int)
    is_column, is_row = (columns >= 0) & (columns < width), (rows >= 0) & (rows < height)
    bits = np.zeros((ys.size, xs.size), bool)
    bits[np.ix_(is_row, is_column)] = bits_of(mask)[np.ix_(rows[is_row], columns[is_column])]
    return bits
