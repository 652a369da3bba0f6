"""A part of an image put together from pictures of it that were drawn before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from domain.arrays import PixelArray


@dataclass(frozen=True)
class PartOfImage:
    """
    Attributes:
        pixels: (H, W) uint8.
        left_px, top_px: where it begins, in pixels of the image.
        scale: pixels of the image per pixel of it.
    """

    pixels: PixelArray
    left_px: int
    top_px: int
    scale: float


def cut_part(
    pictures: Sequence[tuple[int, int, bytes]],
    size: tuple[int, int],
    *,
    left_px: int,
    top_px: int,
    side_px: int,
    step: int,
    most_px: int,
) -> PartOfImage:
    """A square of an image, cut at its edges.

    Args:
        pictures: left, top and JPEG of pictures of our own that cover it, in pixels of the size they have.
        size: width and height of the whole image in that size.
        left_px, top_px, side_px: in pixels of the image.
        step: pixels of the image per pixel of the pictures.
        most_px: a side of the answer; what is larger is made smaller.

    Raises:
        ValueError: one of them is no picture.
    """
    left, top = left_px // step, top_px // step
    right, bottom = min(size[0], -(-(left_px + side_px) // step)), min(size[1], -(-(top_px + side_px) // step))
    shown = np.zeros((bottom - top, right - left), np.uint8)
    for x, y, data in pictures:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ValueError("a picture of ours cannot be read")
        height, width = picture.shape
        x1, y1, x2, y2 = max(left, x), max(top, y), min(right, x + width), min(bottom, y + height)
        if x1 < x2 and y1 < y2:
            shown[y1 - top : y2 - top, x1 - left : x2 - left] = picture[y1 - y : y2 - y, x1 - x : x2 - x]
    longer = max(shown.shape)
    scale = float(step)
    if longer > most_px:
        scale *= longer / most_px
        sides = [max(1, round(side * most_px / longer)) for side in shown.shape[::-1]]
        shown = cv2.resize(shown, sides, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return PartOfImage(shown, left * step, top * step, scale)
