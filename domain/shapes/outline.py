"""Outlines of painted pixels, and outlines with fewer points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from domain.shapes.kinds import Mask, Place, Polygon, Rotated, Shape, Upright
from domain.shapes.measure import ring_area
from domain.shapes.runs import Bits, bits_of

_Corner = tuple[int, int]


def rings_of(bits: Bits) -> list[list[_Corner]]:
    """Every outline of the pixels along their edges, holes too, the one that holds most first.

    Filled by the even-odd rule they give the same pixels again. Pixels that meet at a corner only are apart.
    """
    ways = _ways(bits)
    rings = []
    while ways:
        start = next(iter(ways))
        at, ring = start, [start]
        back = (0, 0)
        while True:
            to = _turn(ways, at, back)
            back = (at[0] - to[0], at[1] - to[1])
            at = to
            if at == start:
                break
            ring.append(at)
        rings.append(_straightened(ring))
    return sorted(rings, key=ring_area, reverse=True)


def edge_px(mask: Mask) -> int:
    """How long all outlines of a mask are together: what following them costs."""
    padded = np.pad(bits_of(mask), 1)
    return int(np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1]))


def outline_of(mask: Mask) -> tuple[list[Place], bool]:
    """The largest outline of a mask in pixels of the image, and whether it is all that the mask is."""
    left, top, _, _ = mask.bbox_px
    rings = rings_of(bits_of(mask))
    return [(float(x + left), float(y + top)) for x, y in rings[0]], len(rings) == 1


def simplified(points: Sequence[Place], *, within_px: float) -> list[Place]:
    """An outline with fewer points, none of the others farther from it (Douglas and Peucker).

    Args:
        points: three or more; so many remain at least.
    """
    ring = np.asarray(points, np.float64)
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    halves = [np.arange(0, far + 1), np.concatenate([np.arange(far, len(ring)), [0]])]
    kept = sorted({at for half in halves for at in _kept(ring, half, within_px)})
    if len(kept) < 3:
        return [(float(x), float(y)) for x, y in ring]
    return [(float(x), float(y)) for x, y in ring[kept]]


def recognised(shape: Shape, *, within_px: float = 0.02) -> Shape:
    """The box, upright or turned, that an outline of four corners is; any other shape as it is."""
    if not isinstance(shape, Polygon) or len(shape.points_px) != 4:
        return shape
    first, second, third, fourth = corners = np.asarray(shape.points_px, np.float64)
    if np.abs(first + third - second - fourth).max() > 2 * within_px:
        return shape
    along, down = second - first, fourth - first
    width, height = float(np.hypot(*along)), float(np.hypot(*down))
    if abs(along @ down) > within_px * max(width, height):
        return shape
    low, high = corners.min(axis=0), corners.max(axis=0)
    is_upright = min(np.abs(along).min(), np.abs(along[::-1]).min()) <= within_px
    if is_upright:
        left, top, right, bottom = (float(side) for side in (*low, *high))
        return Upright((left, top, right - left, bottom - top))
    if along[0] * down[1] - along[1] * down[0] < 0:
        # Drawn the other way round.
        along, width, height = down, height, width
    x, y = (float(side) for side in corners.mean(axis=0))
    angle = math.degrees(math.atan2(along[1], along[0]))
    return Rotated((x, y), (width, height), angle)


def _ways(bits: Bits) -> dict[_Corner, list[_Corner]]:
    """From each corner of a pixel's edge to the next one, so that the pixel is to the right."""
    padded = np.pad(bits, 1)
    ways: dict[_Corner, list[_Corner]] = defaultdict(list)
    down, across = np.diff(padded.astype(np.int8), axis=0), np.diff(padded.astype(np.int8), axis=1)
    for y, x in np.argwhere(down[:, 1:-1]).tolist():
        one, other = (x, y), (x + 1, y)
        start, end = (one, other) if down[y, x + 1] > 0 else (other, one)
        ways[start].append(end)
    for y, x in np.argwhere(across[1:-1]).tolist():
        one, other = (x, y), (x, y + 1)
        start, end = (other, one) if across[y + 1, x] > 0 else (one, other)
        ways[start].append(end)
    return ways


def _turn(ways: dict[_Corner, list[_Corner]], at: _Corner, back: _Corner) -> _Corner:
    """Goes on from a corner, to the right where there are two ways: that keeps what meets at a corner apart."""
    found = ways[at]
    if len(found) > 1:
        right = (at[0] + back[1], at[1] - back[0])
        to = right if right in found else found[0]
    else:
        to = found[0]
    found.remove(to)
    if not found:
        del ways[at]
    return to


def _straightened(ring: list[_Corner]) -> list[_Corner]:
    """Only the corners at which it turns."""
    places = np.asarray(ring)
    before, after = places - np.roll(places, 1, axis=0), np.roll(places, -1, axis=0) - places
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] != 0
    return [(int(x), int(y)) for x, y in places[turns]]


def _kept(ring: np.ndarray, part: np.ndarray, within_px: float) -> list[int]:
    """Positions of the points of one part that stay, its ends among them."""
    waiting, kept = [(0, len(part) - 1)], {0, len(part) - 1}
    while waiting:
        low, high = waiting.pop()
        if high - low < 2:
            continue
        start, way = ring[part[low]], ring[part[high]] - ring[part[low]]
        to = ring[part[low + 1 : high]] - start
        length = float(np.hypot(*way))
        apart = np.abs(way[0] * to[:, 1] - way[1] * to[:, 0]) / length if length else np.hypot(to[:, 0], to[:, 1])
        far = int(np.argmax(apart))
        if apart[far] > within_px:
            middle = low + 1 + far
            kept.add(middle)
            waiting += [(low, middle), (middle, high)]
    return [int(part[at]) for at in kept]
