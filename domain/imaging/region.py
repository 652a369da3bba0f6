"""The region that a scribble or a tap means: what of a picture belongs to the place that was touched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.arrays import PixelArray
from domain.shapes.kinds import Mask, Place, Polygon, Shape, Upright
from domain.shapes.outline import rings_of, simplified
from domain.shapes.runs import mask_of
from domain.shapes.said import MOST_MASK_PX, MOST_POINTS, ShapeFault, read, write

MOST_SIDE_PX = 512
"""Of a picture that is looked at; larger ones are to be made smaller first. It bounds the time."""
LEAST_PX = 4
_RIM_PX = 16
_NEAR_PX = 24.0
"""What is farther from a scribble than this, and than the scribble is long, has to look like it to be taken."""
_SCRIBBLE_PX = 3
_SMOOTH_PX = 0.75
_MOST_CORNERS = MOST_POINTS // 4
_MOST_EDGES_PX = 20_000
_BLURS_PX = (1, 3, 5, 9, 17, 33)
Bits = NDArray[np.bool_]


def tapped(pixels: PixelArray, places: Sequence[Place], *, tolerance: int) -> Bits:
    """(H, W) pixels that are connected to a place and as bright as it, give or take.

    Args:
        pixels: (H, W) uint8.
        places: x, y in the picture; the first counts.
        tolerance: in grey levels.
    """
    height, width = pixels.shape
    found = np.zeros((height + 2, width + 2), np.uint8)
    smooth = cv2.medianBlur(np.ascontiguousarray(pixels), 3)
    x, y = (min(int(side), most - 1) for side, most in zip(places[0], (width, height), strict=True))
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    cv2.floodFill(smooth, found, (x, y), 0, tolerance, tolerance, flags)
    return _tidy(found[1:-1, 1:-1] > 0, np.array([[y, x]]))


def scribbled(pixels: PixelArray, places: Sequence[Place], *, tolerance: int) -> Bits:
    """(H, W) pixels that belong to what was scribbled over, found by GrabCut.

    What is as bright as under the scribble is taken for it first, what is far from it in place is not; both are then
    told apart by what they look like and where edges run.

    Args: as `tapped`; places along the scribble.

    Returns:
        Nothing where no place is in the picture.
    """
    height, width = pixels.shape
    line = np.zeros((height, width), np.uint8)
    corners = np.round(np.asarray(places, np.float64) - 0.5).astype(np.int32)
    if len(corners) == 1:
        # Of one place no line is drawn.
        corners = np.repeat(corners, 2, axis=0)
    cv2.polylines(line, [corners.reshape(-1, 1, 2)], False, 1, _SCRIBBLE_PX)
    touched = line > 0
    if not touched.any():
        return touched
    smooth = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), 0.8).astype(np.int16)
    low, middle, high = np.percentile(smooth[touched], (25, 50, 75))
    is_alike = np.abs(smooth - middle) <= tolerance + (high - low) / 2
    window = _window_of(is_alike | touched, touched)
    found = np.zeros((height, width), bool)
    far_px = max(_NEAR_PX, float(np.ptp(np.asarray(places), axis=0).max()))
    is_near = cv2.distanceTransform((~touched).astype(np.uint8), cv2.DIST_L2, 3) <= far_px
    found[window] = _cut_out(
        smooth[window].astype(np.uint8), (is_alike & is_near)[window], is_alike[window], touched[window]
    )
    return _tidy(found, np.argwhere(touched))


def _window_of(alike: Bits, touched: Bits) -> tuple[slice, slice]:
    """Where what is alike hangs together with what was touched, and a rim around it: nothing else is worth a look."""
    _, parts, figures, _ = cv2.connectedComponentsWithStats(alike.astype(np.uint8), connectivity=8)
    boxes = figures[np.unique(parts[touched])]
    left, top = boxes[:, cv2.CC_STAT_LEFT].min(), boxes[:, cv2.CC_STAT_TOP].min()
    right = (boxes[:, cv2.CC_STAT_LEFT] + boxes[:, cv2.CC_STAT_WIDTH]).max()
    bottom = (boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT]).max()
    return slice(max(0, top - _RIM_PX), bottom + _RIM_PX), slice(max(0, left - _RIM_PX), right + _RIM_PX)


def _cut_out(smooth: PixelArray, is_meant: Bits, is_alike: Bits, touched: Bits) -> Bits:
    around = cv2.dilate(is_alike.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    labels = np.where(around, cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    labels[is_meant] = cv2.GC_PR_FGD
    labels[touched] = cv2.GC_FGD
    is_background = (labels == cv2.GC_BGD) | (labels == cv2.GC_PR_BGD)
    if is_background.any():
        colours = np.dstack([smooth, smooth, cv2.Laplacian(smooth, cv2.CV_8U)])
        # The same question has the same answer.
        cv2.setRNGSeed(1)
        cv2.grabCut(colours, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 1, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


@dataclass(frozen=True)
class Frame:
    """Where a picture lies in its image.

    Attributes:
        left, top: of the picture, in pixels of the image.
        scale: pixels of the image per pixel of the picture.
        width_px, height_px: of the image.
    """

    left: float
    top: float
    scale: float
    width_px: int
    height_px: int

    def place(self, x: float, y: float) -> Place:
        """A place of the picture, in the image; what rounding puts beyond its rim lies on it."""
        return (
            round(min(max(self.left + x * self.scale, 0.0), self.width_px), 3),
            round(min(max(self.top + y * self.scale, 0.0), self.height_px), 3),
        )


def shape_of(bits: Bits, frame: Frame) -> Polygon | Mask | Upright | None:
    """What was found as a shape that can be said of the image (`domain.shapes.said.read`).

    An outline where it is one part without large holes, else its pixels. What has too many corners, too many runs or is
    too large to be painted is made simpler until it fits: an outline without its holes, at last the box around all.

    Returns:
        None where hardly anything was found.
    """
    if np.count_nonzero(bits) < LEAST_PX:
        return None
    bits = _calmed(bits)
    rings = rings_of(bits)
    if not rings:
        return None
    outline = _outline(rings[0], frame) if len(rings) == 1 else None
    found = outline or _pixels(bits, frame) or _outline(rings[0], frame)
    if found is not None:
        return found
    rows, columns = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    left, top = frame.place(columns[0], rows[0])
    right, bottom = frame.place(columns[-1] + 1, rows[-1] + 1)
    return Upright((left, top, right - left, bottom - top))


def _calmed(bits: Bits) -> Bits:
    """Smoothed until its edges are short enough to be followed."""
    calm: NDArray[Any] = bits.astype(np.uint8)
    for blur_px in _BLURS_PX:
        calm = cv2.medianBlur(calm, blur_px)
        if np.count_nonzero(np.diff(calm, axis=0)) + np.count_nonzero(np.diff(calm, axis=1)) <= _MOST_EDGES_PX:
            break
    return np.asarray(calm > 0)


def _outline(ring: Sequence[Place], frame: Frame) -> Polygon | None:
    """The outline with as many corners as say something; None where it cannot be had without its sides crossing."""
    within_px = _SMOOTH_PX
    while within_px < MOST_SIDE_PX:
        points = simplified(ring, within_px=within_px)
        within_px *= 2
        if len(points) <= _MOST_CORNERS:
            outline = _sayable(Polygon(tuple(frame.place(x, y) for x, y in points)))
            if isinstance(outline, Polygon):
                return outline
    return None


def _pixels(bits: Bits, frame: Frame) -> Mask | None:
    """The pixels, smoothed until their runs can be said; None where there are too many of them."""
    smooth: NDArray[Any] = bits.astype(np.uint8)
    for blur_px in _BLURS_PX:
        smooth = cv2.medianBlur(smooth, blur_px)
        rows, columns = np.flatnonzero(smooth.any(axis=1)), np.flatnonzero(smooth.any(axis=0))
        if not rows.size:
            return None
        left, top = (math.floor(side) for side in frame.place(columns[0], rows[0]))
        right, bottom = (math.floor(side) for side in frame.place(columns[-1] + 1, rows[-1] + 1))
        if right <= left or bottom <= top or (right - left) * (bottom - top) > MOST_MASK_PX:
            return None
        inner = smooth[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scaled = cv2.resize(inner, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST) > 0
        mask = mask_of(scaled, left=left, top=top)
        if mask is not None and isinstance(said := _sayable(mask), Mask):
            return said
    return None


def _sayable(shape: Polygon | Mask) -> Shape | None:
    try:
        return read(write(shape))
    except ShapeFault:
        return None


def _tidy(found: Bits, touched: NDArray[np.int64]) -> Bits:
    """Of what was found the parts that were touched, without pinholes and hairs."""
    closed = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, parts = cv2.connectedComponents(closed, connectivity=4)
    rows, columns = touched.T
    meant = np.isin(parts, np.setdiff1d(np.unique(parts[rows, columns]), [0]))
    # Small holes are noise; large ones are holes.
    count, holes, figures, _ = cv2.connectedComponentsWithStats((~meant).astype(np.uint8), connectivity=4)
    most = max(LEAST_PX, int(0.02 * np.count_nonzero(meant)))
    small = [at for at in range(1, count) if figures[at, cv2.CC_STAT_AREA] <= most]
    return np.asarray(meant | np.isin(holes, small))
