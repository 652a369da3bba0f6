"""Turning a stored image upright."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from domain.arrays import PixelArray


def upright(pixels: PixelArray, *, orientation: int) -> PixelArray:
    """Undo an EXIF orientation.

    Args:
        pixels: (H, W) or (H, W, 3) as stored.
        orientation: 1 to 8: 1 upright, 2 mirrored, 3 turned by 180°, 4 flipped, 5 transposed, 6 to be turned right,
            7 transposed over the other diagonal, 8 to be turned left.

    Returns:
        Contiguous pixels; 5 to 8 swap width and height.
    """
    if not 1 <= orientation <= 8:
        raise ValueError(f"orientation must be 1 to 8, got {orientation}")
    if orientation == 1:
        return np.ascontiguousarray(pixels)
    turned: dict[int, Callable[[], Any]] = {
        2: lambda: cv2.flip(pixels, 1),
        3: lambda: cv2.flip(pixels, -1),
        4: lambda: cv2.flip(pixels, 0),
        5: lambda: cv2.transpose(pixels),
        6: lambda: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
        7: lambda: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
        8: lambda: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }
    return np.asarray(turned[orientation]())
