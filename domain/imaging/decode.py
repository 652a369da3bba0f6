"""From untrusted bytes to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from domain.arrays import PixelArray
from domain.imaging.refusal import DecodeLimits, ImageRefused

__all__ = ["DecodeLimits", "DecodedImage", "ImageRefused", "decode"]

cv2.setNumThreads(1)


@dataclass(frozen=True, eq=False, slots=True)
class DecodedImage:
    """An upright image and what its file said about it.

    Attributes:
        pixels: (H, W) or (H, W, 3) RGB, uint8 or uint16.
        format: "png", "jpeg", "webp", "bmp" or "tiff".
        bit_depth: of a sample as stored in the file.
        width_px: upright.
        height_px: upright.
        orientation: EXIF orientation that was undone, 1 to 8.
        notes: what a person should know about how the file was read.
    """

    pixels: PixelArray
    format: str
    bit_depth: int
    width_px: int
    height_px: int
    orientation: int
    notes: tuple[str, ...]


def decode(data: bytes, *, limits: DecodeLimits) -> DecodedImage:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ImageRefused("corrupt", "This file cannot be read as an image.")
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2RGB)
    return DecodedImage(
        pixels,  # type: ignore[arg-type]
        "png",
        pixels.itemsize * 8,
        pixels.shape[1],
        pixels.shape[0],
        1,
        (),
    )
