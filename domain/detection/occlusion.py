"""Why a detector sees a defect: parts of the picture are blurred, and what that costs the finding is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, GreyArray, IntArray
from domain.detection.boxes import pairwise_iou

CELLS = 12
"""Rows and columns of the answer."""
WINDOW_CELLS = 3
"""What is covered at once, so many cells a side: a step of one cell between two makes the answer smooth."""
AROUND = 3.0
"""Context counts: so many times the box is looked at, in each direction."""
LEAST_SIDE_PX = 72


@dataclass(frozen=True)
class Scene:
    """A tile around a finding, and the part of it that is covered bit by bit.

    Attributes:
        tile_px: (4,) x, y, w, h of the tile in the image.
        region_px: (4,) x, y, w, h of the part, in the tile.
        box_px: (4,) x, y, w, h of the finding, in the tile.
    """

    tile_px: tuple[int, int, int, int]
    region_px: tuple[int, int, int, int]
    box_px: tuple[float, float, float, float]


def scene_of(box_px: tuple[float, float, float, float], *, width_px: int, height_px: int, tile_px: int) -> Scene:
    """The tile whose middle is nearest to a box's, and the part of it around the box.

    Args:
        box_px: x, y, w, h in the image.
        width_px, height_px: of the image.
        tile_px: side of the detector's tile.
    """
    x, y, w, h = box_px
    left, tile_w = _around(x + w / 2, tile_px, length=width_px)
    top, tile_h = _around(y + h / 2, tile_px, length=height_px)
    inside = (x - left, y - top, w, h)
    side = max(LEAST_SIDE_PX, AROUND * max(w, h))
    region_x, region_w = _around(inside[0] + w / 2, round(side), length=tile_w)
    region_y, region_h = _around(inside[1] + h / 2, round(side), length=tile_h)
    return Scene((left, top, tile_w, tile_h), (region_x, region_y, region_w, region_h), inside)


def windows_of(scene: Scene) -> IntArray:
    """What is covered, one after the other: (N, 4) int64 x, y, w, h in the tile, row by row."""
    x, y, w, h = scene.region_px
    columns, rows = np.linspace(x, x + w, CELLS + 1), np.linspace(y, y + h, CELLS + 1)
    reach = WINDOW_CELLS // 2
    spans = [(max(0, at - reach), min(CELLS, at + reach + 1)) for at in range(CELLS)]
    return np.array(
        [
            [columns[a], rows[c], columns[b] - columns[a], rows[d] - rows[c]]
            for c, d in spans
            for a, b in spans
        ]
    ).round().astype(np.int64)  # fmt: skip


def covered(tile: GreyArray, windows: IntArray) -> NDArray[np.uint8]:
    """Copies of a tile with one window each blurred until nothing of that size is left in it.

    Blurred, not painted: an edge of paint would itself look like a defect.

    Args:
        tile: (S, S) uint8.
        windows: (N, 4) x, y, w, h.

    Returns:
        (N, 1, S, S) uint8.
    """
    copies = np.repeat(tile[None, None], len(windows), axis=0)
    for copy, (x, y, w, h) in zip(copies[:, 0], windows.tolist(), strict=True):
        sigma = max(2.0, 0.75 * max(w, h))
        blurred = cv2.GaussianBlur(tile, (0, 0), sigma).astype(np.float32)
        mask = np.zeros(tile.shape, np.float32)
        mask[y : y + h, x : x + w] = 1.0
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.15 * max(w, h))), np.float32)
        copy[:] = np.rint(tile + mask * (blurred - tile)).astype(np.uint8)
    return copies


def strengths(boxes_px: FloatArray, chances: FloatArray, *, box_px: FloatArray, class_index: int) -> FloatArray:
    """How much of a finding each answer still holds: the best overlap times score among its rows.

    Args:
        boxes_px: (T, K, 4) x, y, w, h in the tile.
        chances: (T, K, C) score per class.
        box_px: (4,) of the finding.

    Returns:
        (T,) float64, 0 to 1.

    Source:
        Petsiuk et al., Black-box Explanation of Object Detectors via Saliency Maps (2021): similarity of detections.
    """
    overlaps = [pairwise_iou(rows, np.asarray(box_px)[None])[:, 0] for rows in boxes_px]
    return np.array([float((iou * one[:, class_index]).max()) for iou, one in zip(overlaps, chances, strict=True)])


def heat_of(whole: float, left: FloatArray) -> NDArray[np.float64]:
    """What each place is worth to a finding.

    Args:
        whole: strength of the finding in the tile as it is.
        left: (CELLS * CELLS,) strengths with each window covered, as `windows_of` has them.

    Returns:
        (CELLS, CELLS) float64: the share of the finding that is lost when the place is covered; below 0 where covering
        makes it surer.
    """
    if whole <= 0:
        return np.zeros((CELLS, CELLS))
    return np.asarray((whole - left) / whole).reshape(CELLS, CELLS)


def _around(middle: float, side: int, *, length: int) -> tuple[int, int]:
    """Start and length of a stretch of `side` around a middle, moved until it lies within 0..length."""
    side = min(side, length)
    return int(np.clip(round(middle - side / 2), 0, length - side)), side
