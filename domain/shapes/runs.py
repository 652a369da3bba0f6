"""Pixels as run lengths in the order of COCO: down the columns, left to right, beginning with those that are out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.shapes.kinds import Mask

Bits = NDArray[np.bool_]
"""(height, width)."""


def encode(bits: Bits) -> tuple[int, ...]:
    """Run lengths of (height, width) pixels. Nothing of nothing."""
    flat = bits.ravel(order="F")
    if not flat.size:
        return ()
    ends = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]]))
    first = [0] if flat[0] else []
    return (*first, *lengths.tolist())


def decode(counts: Sequence[int], *, width: int, height: int) -> Bits:
    """(height, width) pixels.

    Raises:
        ValueError: the runs are not as long as the box.
    """
    if sum(counts) != width * height:
        raise ValueError(f"{width} x {height} pixels, and runs of {sum(counts)}")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape((height, width), order="F")


def bits_of(mask: Mask) -> Bits:
    """The pixels of a mask within its box."""
    return decode(mask.counts, width=mask.bbox_px[2], height=mask.bbox_px[3])


def mask_of(bits: Bits, *, left: int = 0, top: int = 0) -> Mask | None:
    """The mask of pixels whose first is at `left`, `top`; None where none is in."""
    rows, columns = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    if not rows.size:
        return None
    inner = bits[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = (left + int(columns[0]), top + int(rows[0]), inner.shape[1], inner.shape[0])
    return Mask(box, encode(inner))


def whole_counts(mask: Mask, *, width_px: int, height_px: int) -> tuple[int, ...]:
    """The same pixels as run lengths over the whole image."""
    left, top, width, height = mask.bbox_px
    bits = np.zeros((height_px, width), bool)
    bits[top : top + height] = bits_of(mask)
    inner = list(encode(bits))
    before, after = left * height_px, (width_px - left - width) * height_px
    inner[0] += before
    # An odd number of runs ends with pixels that are out.
    if not after:
        return tuple(inner)
    if len(inner) % 2:
        inner[-1] += after
        return tuple(inner)
    return (*inner, after)
