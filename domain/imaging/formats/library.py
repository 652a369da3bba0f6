"""The only place a file reaches OpenCV's decoders."""

from __future__ import annotations

import cv2
import numpy as np

from domain.arrays import PixelArray
from domain.imaging.formats import refusals

_FLAGS = cv2.IMREAD_UNCHANGED
_NAMES = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "bmp": "BMP", "tiff": "TIFF"}


def read(payload: bytes, *, format_name: str, width_px: int, height_px: int, bit_depth: int) -> PixelArray:
    """Pixels of a file whose header was checked.

    Args:
        payload: the file, or what was left of it.
        format_name: for the words of a refusal.
        width_px: as the header says.
        height_px: as the header says.
        bit_depth: of the samples wanted, 8 or 16.

    Returns:
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGB and alpha.

    Raises:
        ImageRefused: it cannot be decoded, or not to what its header says.
    """
    name = _NAMES[format_name]
    try:
        pixels = cv2.imdecode(np.frombuffer(payload, np.uint8), _FLAGS)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from error
        raise refusals.corrupt(name, "its image data cannot be decoded") from error
    if pixels is None:
        raise refusals.corrupt(name, "its image data cannot be decoded")
    wanted = np.uint16 if bit_depth > 8 else np.uint8
    if pixels.shape[:2] != (height_px, width_px) or pixels.dtype != wanted:
        raise refusals.corrupt(name, "the image is not what its header says")
    if pixels.ndim == 2:
        return pixels  # type: ignore[return-value]
    if pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)  # type: ignore[return-value]
    if pixels.shape[2] == 4:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA, dst=pixels)  # type: ignore[return-value]
    raise refusals.corrupt(name, f"it has {pixels.shape[2]} channels")


def grey_over_black(pixels: PixelArray) -> PixelArray:
    """(H, W) of (H, W, 3 or 4) pixels whose colours are all grey; alpha is laid over black."""
    grey = np.ascontiguousarray(pixels[..., 0])
    if pixels.shape[2] == 3:
        return grey
    full = np.iinfo(pixels.dtype).max
    return cv2.multiply(grey, np.ascontiguousarray(pixels[..., 3]), scale=1 / full)  # type: ignore[return-value]
