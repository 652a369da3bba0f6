"""Run-length packed BMP rows. Unpacked strictly: libraries draw whatever a damaged file leads them to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.imaging.formats import refusals

MAX_PACKED_BYTES = 8 << 20
"""Runs are unpacked one by one; more than this would take too long."""
_END_OF_ROW, _END_OF_IMAGE, _MOVE = 0, 1, 2


def unpack(packed: bytes, *, width: int, height: int, bits: int) -> NDArray[np.uint8]:
    """Palette indices of a packed picture.

    Args:
        packed: the runs, from where the picture begins.
        width: of the picture in pixels.
        height: of the picture in rows.
        bits: per pixel, 4 or 8.

    Returns:
        (H, W) uint8, the first stored row first; 0 where the file stores nothing.

    Raises:
        ImageRefused: runs lead outside the picture, or end before it does.
    """
    rows = np.zeros((height, width), np.uint8)
    at = x = y = 0
    end = len(packed) - 1
    while at < end:
        count, value = packed[at], packed[at + 1]
        at += 2
        if count:
            if y >= height or x + count > width:
                raise _outside()
            _draw_run(rows[y], x, count, value, bits)
            x += count
        elif value == _END_OF_ROW:
            x, y = 0, y + 1
        elif value == _END_OF_IMAGE:
            return rows
        elif value == _MOVE:
            if at + 2 > len(packed):
                break
            x, y = x + packed[at], y + packed[at + 1]
            at += 2
        else:
            used = (value * bits + 7) // 8
            if y >= height or x + value > width:
                raise _outside()
            if at + used > len(packed):
                break
            rows[y, x : x + value] = _pixels(packed[at : at + used], value, bits)
            x += value
            at += used + used % 2
    if y < height - 1 or (y == height - 1 and x < width):
        raise refusals.truncated("BMP")
    return rows


def _draw_run(row: NDArray[np.uint8], x: int, count: int, value: int, bits: int) -> None:
    if bits == 8:
        row[x : x + count] = value
    else:
        # Two pixels take turns.
        row[x : x + count : 2] = value >> 4
        row[x + 1 : x + count : 2] = value & 15


def _pixels(stored: bytes, count: int, bits: int) -> NDArray[np.uint8]:
    values = np.frombuffer(stored, np.uint8)
    if bits == 8:
        return values
    return np.stack([values >> 4, values & 15], axis=1).ravel()[:count].astype(np.uint8)


def _outside() -> Exception:
    return refusals.corrupt("BMP", "its picture runs over its edge")
