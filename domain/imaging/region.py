"""The region that a scribble or a tap means: what of a picture belongs to the place that was touched."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.arrays import PixelArray
from domain.shapes.kinds import Mask, Place, Polygon
from domain.shapes.outline import rings_of, simplified
from domain.shapes.runs import mask_of
from domain.shapes.said import MOST_POINTS, crosses

MOST_SIDE_PX = 512
"""Of a picture that is looked at; larger ones are to be made smaller first. It bounds the time."""
LEAST_PX = 4
_RIM_PX = 16
_NEAR_PX = 24.0
"""What is farther from a scribble than this, and than the scribble is long, has to look like it to be taken."""
_SCRIBBLE_PX = 3
_SMOOTH_PX = 0.75
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


def shape_of(bits: Bits, *, left: float, top: float, scale: float) -> Polygon | Mask | None:
    """What was found as a shape of the image: an outline where it is one part without large holes, else its pixels.

    Args:
        left, top: of the picture in the image.
        scale: pixels of the image per pixel of the picture.

    Returns:
        None where hardly anything was found.
    """
    if np.count_nonzero(bits) < LEAST_PX:
        return None
    rings = rings_of(bits)
    if len(rings) == 1:
        within = _SMOOTH_PX
        points = simplified(rings[0], within_px=within)
        while len(points) > MOST_POINTS // 4:
            within *= 2
            points = simplified(rings[0], within_px=within)
        places = tuple((round(left + x * scale, 3), round(top + y * scale, 3)) for x, y in points)
        if not crosses(places):
            return Polygon(places)
    if scale > 1:
        side = [round(length * scale) for length in bits.shape[::-1]]
        bits = cv2.resize(bits.astype(np.uint8), side, interpolation=cv2.INTER_NEAREST) > 0
    return mask_of(bits, left=round(left), top=round(top))


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
