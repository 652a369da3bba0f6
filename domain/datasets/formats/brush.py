"""Painted regions as Label Studio packs them: the bytes of an RGBA picture as runs, bit by bit.

A head of 32 bits with the number of bytes, 5 with the bits of a byte less one, and four times 4 with the bits of a
length less one. Then for each run a 1, two bits that choose among the four, the length less one, and the byte; a 0 in
the place of the 1 says that every byte of the run stands for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.shapes.kinds import Mask
from domain.shapes.runs import bits_of, encode, mask_of, whole_counts

_CHANNELS = 4
_LENGTHS = (4, 8, 12, 16)
_MOST_PX = 1 << 24


def packed(mask: Mask, *, width_px: int, height_px: int) -> list[int]:
    """The bytes of a mask of an image of this size."""
    left, top, width, height = mask.bbox_px
    # Its rows are the columns of the picture that is turned over.
    turned = Mask((top, left, height, width), encode(bits_of(mask).T))
    counts = whole_counts(turned, width_px=height_px, height_px=width_px)
    bits = [_bits(width_px * height_px * _CHANNELS, 32), _bits(7, 5), *(_bits(length - 1, 4) for length in _LENGTHS)]
    for at, count in enumerate(counts):
        left_over = count * _CHANNELS
        while left_over:
            run = min(left_over, 1 << _LENGTHS[-1])
            choice = next(at for at, length in enumerate(_LENGTHS) if run <= 1 << length)
            bits += ["1", _bits(choice, 2), _bits(run - 1, _LENGTHS[choice]), _bits(255 if at % 2 else 0, 8)]
            left_over -= run
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8))


def unpacked(values: Sequence[int], *, width_px: int, height_px: int) -> Mask | None:
    """The mask of such bytes: where the picture is not transparent. None where nothing is painted.

    Raises:
        ValueError: they are of another picture, or of none.
    """
    if width_px * height_px > _MOST_PX:
        raise ValueError("the image is too large for a painted region")
    bits = _Bits(values)
    count, word = bits.take(32), bits.take(5) + 1
    if count != width_px * height_px * _CHANNELS or word != 8:
        raise ValueError("it is of another picture")
    lengths = [bits.take(4) + 1 for _ in range(4)]
    picture = np.zeros(count, np.uint8)
    at = 0
    while at < count:
        is_run = bits.take(1)
        end = at + 1 + bits.take(lengths[bits.take(2)])
        if end > count:
            raise ValueError("it is longer than the picture")
        picture[at:end] = bits.take(word) if is_run else [bits.take(word) for _ in range(end - at)]
        at = end
    return mask_of(picture.reshape(height_px, width_px, _CHANNELS)[..., -1] > 0)


class _Bits:
    def __init__(self, values: Sequence[int]) -> None:
        if any(type(value) is not int or not 0 <= value < 256 for value in values):
            raise ValueError("bytes are wanted")
        self._data = bytes(values)
        self._at = 0

    def take(self, count: int) -> int:
        end = self._at + count
        if end > 8 * len(self._data):
            raise ValueError("it ends too early")
        first, last = self._at // 8, -(-end // 8)
        value = int.from_bytes(self._data[first:last]) >> (8 * last - end)
        self._at = end
        return value & ((1 << count) - 1)


def _bits(value: int, count: int) -> str:
    return f"{value:0{count}b}"
