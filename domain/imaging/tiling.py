"""Cutting an image into the detector's fixed-size tiles."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.arrays import GreyArray, IntArray


def plan_tiles(width_px: int, height_px: int, *, tile_px: int, overlap_px: int) -> NDArray[np.int32]:
    """Tiles that cover an image, row by row from the top left.

    Neighbours share at least `overlap_px`; the tiles are spread evenly, so that no sliver is left at the end.

    Args:
        width_px: image width, at least 1.
        height_px: image height, at least 1.
        tile_px: side of a tile.
        overlap_px: least overlap of neighbours, below tile_px.

    Returns:
        (T, 4) int32 x, y, w, h inside the image; w, h are below tile_px only where the image is smaller.
    """
    if width_px < 1 or height_px < 1:
        raise ValueError(f"want an image of at least 1 x 1 pixels, got {width_px} x {height_px}")
    if not 0 <= overlap_px < tile_px:
        raise ValueError(f"want 0 <= overlap < tile, got {overlap_px} and {tile_px}")
    columns = _starts(width_px, tile_px, overlap_px)
    rows = _starts(height_px, tile_px, overlap_px)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    w = np.full(x.size, min(tile_px, width_px))
    h = np.full(x.size, min(tile_px, height_px))
    return np.stack([x.ravel(), y.ravel(), w, h], axis=1).astype(np.int32)


def cut_tiles(image: GreyArray, tiles: IntArray, *, tile_px: int) -> GreyArray:
    """Copy tiles out of an image; tiles smaller than tile_px are continued by mirroring.

    Args:
        image: (H, W) uint8.
        tiles: (T, 4) int x, y, w, h inside the image.
        tile_px: side of the result.

    Returns:
        (T, 1, tile_px, tile_px) uint8, each tile at the top left of its square.
    """
    cut = np.empty((len(tiles), 1, tile_px, tile_px), np.uint8)
    for index, (x, y, w, h) in enumerate(tiles.tolist()):
        piece = image[y : y + h, x : x + w]
        if piece.shape != (h, w) or w > tile_px or h > tile_px:
            raise ValueError(f"tile {(x, y, w, h)} does not fit image {image.shape} or side {tile_px}")
        cut[index, 0] = piece if (w, h) == (tile_px, tile_px) else _padded(piece, tile_px)
    return cut


def _starts(length_px: int, tile_px: int, overlap_px: int) -> NDArray[np.int64]:
    if length_px <= tile_px:
        return np.zeros(1, np.int64)
    count = -(-(length_px - overlap_px) // (tile_px - overlap_px))
    return np.linspace(0, length_px - tile_px, count).round().astype(np.int64)


def _padded(piece: GreyArray, side_px: int) -> NDArray[np.uint8]:
    h, w = piece.shape
    # BORDER_REFLECT repeats as often as needed, also for a piece of one pixel.
    padded = cv2.copyMakeBorder(piece, 0, side_px - h, 0, side_px - w, cv2.BORDER_REFLECT)
    return np.asarray(padded, np.uint8)
