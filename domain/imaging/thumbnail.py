"""Small pictures for people."""

from __future__ import annotations

import cv2
import numpy as np

from domain.arrays import PixelArray
from domain.imaging.preprocess import to_eight_bit

_QUALITY = 85


def shrunk(pixels: PixelArray, *, max_side_px: int) -> PixelArray:
    """The image with its longer side at most max_side_px; itself when it is small enough."""
    if max_side_px < 1:
        raise ValueError(f"want a side of at least 1 pixel, got {max_side_px}")
    # Halving is by far the fastest way to average; what is left to do is less than a halving.
    while max(pixels.shape[:2]) >= 2 * max_side_px:
        height, width = pixels.shape[:2]
        half = max(1, width // 2), max(1, height // 2)
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    height, width = pixels.shape[:2]
    factor = max_side_px / max(height, width)
    if factor >= 1:
        return pixels
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def thumbnail_jpeg(pixels: PixelArray, *, max_side_px: int) -> bytes:
    """A small JPEG of an image, without any metadata.

    Args:
        pixels: (H, W) or (H, W, 3) RGB, uint8 or uint16 (shown over its used range).
        max_side_px: longest side of the result; smaller images keep their size.
    """
    return encode_jpeg(to_eight_bit(shrunk(pixels, max_side_px=max_side_px), stretch=True))


def encode_jpeg(pixels: PixelArray, quality: int = _QUALITY) -> bytes:
    """JPEG of (H, W) or (H, W, 3) RGB uint8."""
    return _encoded(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(pixels: PixelArray) -> bytes:
    """PNG of (H, W) or (H, W, 3) RGB uint8; lossless, packed for speed."""
    return _encoded(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _encoded(suffix: str, pixels: PixelArray, settings: list[int]) -> bytes:
    shown = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(suffix, np.ascontiguousarray(shown), settings)
    if not done:
        raise ValueError(f"could not write {suffix} of {pixels.shape} {pixels.dtype}")
    return encoded.tobytes()
