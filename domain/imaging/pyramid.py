"""Deep-zoom tiles: an image at halving sizes, cut into small pictures.

Level n is the image with its longer side at most 2 ** n pixels; level 0 is one pixel, the last level the image.
"""

from __future__ import annotations

import cv2

from domain.arrays import PixelArray
from domain.imaging.preprocess import to_eight_bit
from domain.imaging.thumbnail import encode_jpeg, encode_png

TILE_PX = 256
OVERLAP_PX = 1
QUALITY = 90


def last_level(width_px: int, height_px: int) -> int:
    """The level that shows the image in full size."""
    return (max(width_px, height_px, 1) - 1).bit_length()


def level_size(width_px: int, height_px: int, *, level: int) -> tuple[int, int]:
    """Width and height of the image at a level.

    Raises:
        ValueError: no such level.
    """
    last = last_level(width_px, height_px)
    if not 0 <= level <= last:
        raise ValueError(f"level {level} is not between 0 and {last}")
    step = 1 << (last - level)
    return -(-width_px // step), -(-height_px // step)


def grid_size(width_px: int, height_px: int, *, level: int, tile_px: int = TILE_PX) -> tuple[int, int]:
    """Columns and rows of tiles at a level."""
    width, height = level_size(width_px, height_px, level=level)
    return -(-width // tile_px), -(-height // tile_px)


def tile_box(
    width_px: int,
    height_px: int,
    *,
    level: int,
    col: int,
    row: int,
    tile_px: int = TILE_PX,
    overlap_px: int = OVERLAP_PX,
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a tile in pixels of its level, its overlap with neighbours included.

    Raises:
        ValueError: no such tile.
    """
    columns, rows = grid_size(width_px, height_px, level=level, tile_px=tile_px)
    if not (0 <= col < columns and 0 <= row < rows):
        raise ValueError(f"tile {col}, {row} is not on the {columns} x {rows} grid of level {level}")
    width, height = level_size(width_px, height_px, level=level)
    return (
        max(0, col * tile_px - overlap_px),
        max(0, row * tile_px - overlap_px),
        min(width, (col + 1) * tile_px + overlap_px),
        min(height, (row + 1) * tile_px + overlap_px),
    )


def level_image(pixels: PixelArray, *, level: int) -> PixelArray:
    """The image at the size of a level."""
    height, width = pixels.shape[:2]
    size = level_size(width, height, level=level)
    if size == (width, height):
        return pixels
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def cut_tile(
    shown: PixelArray,
    *,
    width_px: int,
    height_px: int,
    level: int,
    col: int,
    row: int,
    tile_px: int = TILE_PX,
    overlap_px: int = OVERLAP_PX,
) -> PixelArray:
    """One tile out of the image at the size of its level.

    Args:
        shown: the image as `level_image` makes it.
        width_px: of the whole image in full size.
        height_px: of the whole image in full size.
        level: 0 to last_level.
        col: column of the tile.
        row: row of the tile.
        tile_px: side of a tile without overlap.
        overlap_px: shared with each neighbour.

    Raises:
        ValueError: no such tile.
    """
    left, top, right, bottom = tile_box(
        width_px, height_px, level=level, col=col, row=row, tile_px=tile_px, overlap_px=overlap_px
    )
    return shown[top:bottom, left:right]


def tile_jpeg(
    pixels: PixelArray, *, level: int, col: int, row: int, tile_px: int = TILE_PX, overlap_px: int = OVERLAP_PX
) -> bytes:
    """One tile of an image as JPEG; 16 bits are shown over the range the whole image uses."""
    return encode_jpeg(_tile(pixels, level=level, col=col, row=row, tile_px=tile_px, overlap_px=overlap_px), QUALITY)


def tile_png(
    pixels: PixelArray, *, level: int, col: int, row: int, tile_px: int = TILE_PX, overlap_px: int = OVERLAP_PX
) -> bytes:
    """One tile of an image as PNG, lossless; see `tile_jpeg`."""
    return encode_png(_tile(pixels, level=level, col=col, row=row, tile_px=tile_px, overlap_px=overlap_px))


def dzi_xml(
    width_px: int, height_px: int, *, tile_px: int = TILE_PX, overlap_px: int = OVERLAP_PX, suffix: str = "jpg"
) -> str:
    """The description a deep-zoom viewer asks for first."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" TileSize="{tile_px}" Overlap="{overlap_px}"'
        f' Format="{suffix}"><Size Width="{width_px}" Height="{height_px}"/></Image>\n'
    )


def _tile(pixels: PixelArray, *, level: int, col: int, row: int, tile_px: int, overlap_px: int) -> PixelArray:
    height, width = pixels.shape[:2]
    return cut_tile(
        level_image(to_eight_bit(pixels, stretch=True), level=level),
        width_px=width,
        height_px=height,
        level=level,
        col=col,
        row=row,
        tile_px=tile_px,
        overlap_px=overlap_px,
    )
