"""Line-like product textures, which know where a bridge or an open can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from demo.synthetic.fields import log_uniform, smooth_noise
from demo.synthetic.types import FloatArray

SITES_PER_SHEET = 40
SiteRow = tuple[float, float, float, float, float, float]
"""x, y, ux, uy, line width, space width, in sheet pixels."""


@dataclass(slots=True)
class Drawn:
    """One axis-aligned sheet of a texture with its sites; see `types.Pattern`."""

    mask: FloatArray
    under: FloatArray | None = None
    line_sites: list[tuple[float, ...]] = field(default_factory=list)
    space_sites: list[tuple[float, ...]] = field(default_factory=list)


def _widths(rng: np.random.Generator) -> tuple[float, float]:
    """Line and space width; neither so fine that a bridge or an open would be smaller than can be seen."""
    pitch = log_uniform(rng, 13, 52)
    line = float(np.clip(pitch * rng.uniform(0.35, 0.65), 6, pitch - 6))
    return line, pitch - line


def lines(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Horizontal lines and spaces with line-edge roughness."""
    line, space = _widths(rng)
    pitch = line + space
    start = float(rng.uniform(0, pitch))
    y = np.arange(height_px, dtype=np.float32)[:, None] + np.float32(start)
    roughness = smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=log_uniform(rng, 3, 30))
    y = y + roughness * np.float32(rng.choice([0.0, rng.uniform(0.1, 0.7)]))
    phase = y - np.floor(y / pitch) * pitch
    mask = np.clip(line / 2 - np.abs(phase - pitch / 2) + 0.5, 0, 1).astype(np.float32)
    rows_middle = np.arange(pitch / 2 - start, height_px, pitch)
    xs = rng.uniform(0, width_px, SITES_PER_SHEET)
    picks = rng.choice(rows_middle, SITES_PER_SHEET)
    return Drawn(
        mask=mask,
        line_sites=[(x, y0, 1, 0, line, space) for x, y0 in zip(xs, picks, strict=True)],
        space_sites=[(x, y0 + pitch / 2, 1, 0, line, space) for x, y0 in zip(xs, picks, strict=True)],
    )


def gratings(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Fields of lines of different pitch and direction side by side, bare street between them."""
    mask = np.zeros((height_px, width_px), np.float32)
    line_sites: list[tuple[float, ...]] = []
    space_sites: list[tuple[float, ...]] = []
    block = int(log_uniform(rng, 90, 220))
    gap = int(rng.uniform(8, 24))
    oy, ox = int(rng.integers(block)), int(rng.integers(block))
    for top in range(-oy, height_px, block + gap):
        for left in range(-ox, width_px, block + gap):
            line, space = _widths(rng)
            pitch = line + space
            count = int((block - line) // pitch)
            along_x = rng.random() < 0.5
            for index in range(count):
                start = index * pitch + 2
                if along_x:
                    _fill(mask, left, top + start, block, line)
                else:
                    _fill(mask, left + start, top, line, block)
                for sites, shift in ((line_sites, line / 2), (space_sites, line + space / 2)):
                    if sites is space_sites and index == count - 1:
                        continue
                    along = rng.uniform(0.12, 0.88) * block
                    x, y = (left + along, top + start + shift) if along_x else (left + start + shift, top + along)
                    sites.append((x, y, 1.0 if along_x else 0.0, 0.0 if along_x else 1.0, line, space))
    return Drawn(mask=mask, line_sites=line_sites, space_sites=space_sites)


def logic(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Random routing on a track grid: runs of wire, ends, vertical hops, vias; a lower metal shines through."""
    line, space = _widths(rng)
    pitch = line + space
    tracks, columns = int(height_px / pitch) + 1, int(width_px / pitch) + 2
    mask = np.zeros((height_px, width_px), np.float32)
    under = np.zeros((height_px, width_px), np.float32)
    wired = np.zeros((tracks, columns), bool)
    for track in range(tracks):
        column = int(rng.integers(-6, 2))
        while column < columns:
            run = int(rng.geometric(0.12)) + 2
            first, last = max(column, 0), min(column + run, columns)
            if last > first:
                wired[track, first:last] = True
                _fill(mask, column * pitch, track * pitch, run * pitch - space, line)
            column += run + int(rng.geometric(0.5))
    for track in range(tracks - 1):
        hops = wired[track] & wired[track + 1] & (rng.random(columns) < 0.04)
        for column in (int(place) for place in np.flatnonzero(hops)):
            _fill(mask, column * pitch, track * pitch, line, pitch + line)
            wired[track : track + 2, max(0, column - 2) : column + 3] = False
    if rng.random() < 0.5:
        level = float(rng.uniform(-0.1, 0.1))
        wide = line * rng.uniform(1.0, 2.0)
        for x in np.arange(rng.uniform(0, 3 * pitch), width_px, pitch * int(rng.integers(2, 5))):
            _fill(under, x, 0, wide, height_px, level)
    inner = wired & np.roll(wired, 1, axis=1) & np.roll(wired, -1, axis=1)
    inner[:, [0, -1]] = False
    line_sites: list[tuple[float, ...]] = [
        (column * pitch + line / 2, track * pitch + line / 2, 1, 0, line, space)
        for track, column in _some(rng, np.argwhere(inner))
    ]
    both = inner[:-1] & inner[1:]
    space_sites: list[tuple[float, ...]] = [
        (column * pitch + line / 2, track * pitch + line + space / 2, 1, 0, line, space)
        for track, column in _some(rng, np.argwhere(both))
    ]
    return Drawn(mask=mask, under=under, line_sites=line_sites, space_sites=space_sites)


def comb(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Two combs whose teeth interlock, as in a leakage monitor."""
    line, space = _widths(rng)
    pitch = line + space
    mask = np.zeros((height_px, width_px), np.float32)
    reach = int(max(log_uniform(rng, 110, 300), 6 * pitch))
    line_sites: list[tuple[float, ...]] = []
    space_sites: list[tuple[float, ...]] = []
    spine = line * rng.uniform(1.2, 2.2)
    for left in np.arange(-rng.uniform(0, reach), width_px, reach + 2 * spine + 2 * space + 12):
        right = left + spine + reach + space
        _fill(mask, left, 0, spine, height_px)
        _fill(mask, right, 0, spine, height_px)
        for index, y in enumerate(np.arange(rng.uniform(-pitch, 0), height_px, pitch)):
            start = left if index % 2 == 0 else left + spine + space
            _fill(mask, start, y, spine + reach, line)
            along = left + spine + space + rng.uniform(0.1, 0.9) * (reach - 2 * space)
            line_sites.append((along, y + line / 2, 1, 0, line, space))
            along = left + spine + space + rng.uniform(0.1, 0.9) * (reach - 2 * space)
            space_sites.append((along, y + line + space / 2, 1, 0, line, space))
    return Drawn(mask=mask, line_sites=line_sites, space_sites=space_sites)


def meander(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """One wire going to and fro, as in a continuity monitor."""
    line, space = _widths(rng)
    pitch = line + space
    mask = np.zeros((height_px, width_px), np.float32)
    reach = int(max(log_uniform(rng, 110, 300), 6 * pitch))
    line_sites: list[tuple[float, ...]] = []
    space_sites: list[tuple[float, ...]] = []
    for left in np.arange(-rng.uniform(0, reach), width_px, reach + 14):
        for index, y in enumerate(np.arange(rng.uniform(-pitch, 0), height_px, pitch)):
            _fill(mask, left, y, reach, line)
            _fill(mask, left if index % 2 else left + reach - line, y, line, pitch + line)
            inside = (left + 2 * pitch, left + reach - 2 * pitch)
            line_sites.append((rng.uniform(*inside), y + line / 2, 1, 0, line, space))
            space_sites.append((rng.uniform(*inside), y + line + space / 2, 1, 0, line, space))
    return Drawn(mask=mask, line_sites=line_sites, space_sites=space_sites)


def _fill(sheet: FloatArray, x: float, y: float, width: float, height: float, value: float = 1.0) -> None:
    """A rectangle with exact, anti-aliased coverage of the pixels at its rim."""
    sheet_h, sheet_w = sheet.shape
    x0, y0, x1, y1 = max(x, 0.0), max(y, 0.0), min(x + width, float(sheet_w)), min(y + height, float(sheet_h))
    if x1 - x0 < 0.01 or y1 - y0 < 0.01:
        return
    left, top, right, bottom = int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))
    columns = np.ones(right - left, np.float32)
    columns[0] -= x0 - left
    columns[-1] -= right - x1
    rows = np.ones(bottom - top, np.float32)
    rows[0] -= y0 - top
    rows[-1] -= bottom - y1
    window = sheet[top:bottom, left:right]
    coverage = rows[:, None] * columns[None, :]
    np.maximum(window, coverage, out=window) if value == 1.0 else np.copyto(window, coverage * value)


def _some(rng: np.random.Generator, places: np.ndarray) -> list[tuple[float, float]]:
    """At most SITES_PER_SHEET of the places, in random order."""
    if not len(places):
        return []
    chosen = rng.permutation(len(places))[:SITES_PER_SHEET]
    return [(float(row), float(column)) for row, column in places[chosen]]
