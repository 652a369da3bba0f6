"""Product textures: what the wafer looks like before anything goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from demo.synthetic import routing
from demo.synthetic.fields import blur, log_uniform, smooth_noise
from demo.synthetic.routing import Drawn
from demo.synthetic.types import FloatArray, Pattern, Site

Drawer = Callable[[np.random.Generator, int, int], Drawn]


def _bare(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Silicon or a blanket film: a slow gradient, sometimes interference fringes, a grain."""
    under = smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=max(height_px, width_px) * 0.7) * 0.03
    kind = rng.integers(3)
    if kind == 1:
        thickness = smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=max(height_px, width_px) * 0.8)
        under = under + np.float32(rng.uniform(0.01, 0.06)) * np.cos(thickness * rng.uniform(2, 7)).astype(np.float32)
    if kind == 2:
        under = under + smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=log_uniform(rng, 3, 14)) * (
            np.float32(rng.uniform(0.004, 0.02))
        )
    return Drawn(mask=np.zeros((height_px, width_px), np.float32), under=under)


def _array(rng: np.random.Generator, height_px: int, width_px: int, *, hexagonal: bool) -> Drawn:
    """Contact holes or dots on a square or hexagonal grid."""
    pitch_x = log_uniform(rng, 11, 44)
    pitch_y = pitch_x * (0.866 if hexagonal else rng.choice([1.0, 1.0, 1.4, 2.0]))
    radius = pitch_x * rng.uniform(0.2, 0.36)
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    x += np.float32(rng.uniform(0, pitch_x))
    y += np.float32(rng.uniform(0, pitch_y))
    row = np.floor(y / pitch_y)
    if hexagonal:
        x += (row % 2) * np.float32(pitch_x / 2)
    dx = (x / pitch_x - np.floor(x / pitch_x) - 0.5) * pitch_x
    dy = (y / pitch_y - row - 0.5) * pitch_y
    squareness = rng.choice([2.0, 2.0, 4.0])
    distance = (np.abs(dx) ** squareness + np.abs(dy) ** squareness) ** (1 / squareness)
    mask = np.clip(radius - distance + 0.5, 0, 1).astype(np.float32)
    if rng.random() < 0.4:
        return Drawn(
            mask=mask, under=(distance < radius * 0.55).astype(np.float32) * np.float32(rng.uniform(-0.15, 0.15))
        )
    return Drawn(mask=mask)


def _contacts(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    return _array(rng, height_px, width_px, hexagonal=False)


def _honeycomb(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    return _array(rng, height_px, width_px, hexagonal=True)


def _cells(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """SRAM-like: one small random layout, mirrored and repeated without end."""
    half_w, half_h = int(log_uniform(rng, 16, 52)), int(log_uniform(rng, 16, 52))
    cell = np.zeros((half_h, half_w), np.float32)
    under = np.zeros((half_h, half_w), np.float32)
    for _ in range(int(rng.integers(2, 6))):
        w, h = (half_w * rng.uniform(0.15, 0.9), half_h * rng.uniform(0.08, 0.22))
        if rng.random() < 0.5:
            w, h = half_w * rng.uniform(0.08, 0.22), half_h * rng.uniform(0.15, 0.9)
        x, y = rng.uniform(0, half_w - w * 0.6), rng.uniform(0, half_h - h * 0.6)
        target, value = (cell, 1.0) if rng.random() < 0.7 else (under, float(rng.uniform(-0.18, 0.18)))
        cv2.rectangle(target, (int(x), int(y)), (int(x + max(w, 3)), int(y + max(h, 3))), value, -1)
    if rng.random() < 0.6:
        centre = (int(rng.uniform(4, half_w - 4)), int(rng.uniform(4, half_h - 4)))
        cv2.circle(cell, centre, int(rng.integers(2, 5)), float(rng.integers(2)), -1, cv2.LINE_8)

    def tiled(part: FloatArray) -> FloatArray:
        pair = np.concatenate([part, part[:, ::-1]], axis=1)
        unit = np.concatenate([pair, pair[::-1]], axis=0)
        repeat = (height_px // unit.shape[0] + 1, width_px // unit.shape[1] + 1)
        return np.ascontiguousarray(np.tile(unit, repeat)[:height_px, :width_px])

    return Drawn(mask=blur(tiled(cell), 0.6), under=blur(tiled(under), 0.6))


def _dies(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Several small dies with scribe streets, blocks inside each, and marks in the streets."""
    pitch_x, pitch_y = int(log_uniform(rng, 60, 210)), int(log_uniform(rng, 60, 210))
    street = int(rng.uniform(6, 16))
    die = np.zeros((pitch_y, pitch_x), np.float32)
    under = np.zeros((pitch_y, pitch_x), np.float32)
    cv2.rectangle(die, (street, street), (pitch_x - 1, pitch_y - 1), 1.0, -1)
    for _ in range(int(rng.integers(2, 8))):
        w, h = pitch_x * rng.uniform(0.08, 0.5), pitch_y * rng.uniform(0.08, 0.5)
        x, y = rng.uniform(street + 2, pitch_x - w - 2), rng.uniform(street + 2, pitch_y - h - 2)
        block = (slice(int(y), int(y + h)), slice(int(x), int(x + w)))
        if rng.random() < 0.4 and w > 8 and h > 8:
            step = int(rng.integers(4, 9))
            under[block][:, ::step] += np.float32(rng.uniform(-0.2, 0.2))
        else:
            under[block] += np.float32(rng.uniform(-0.12, 0.12))
    if rng.random() < 0.6:
        size = int(rng.uniform(5, 10))
        count = int(rng.integers(3, 9))
        for index in range(count):
            x = int(street + 4 + index * (pitch_x - street - 8 - size) / max(1, count - 1))
            cv2.rectangle(under, (x, street + 4), (x + size, street + 4 + size), float(rng.choice([0.2, -0.2])), -1)
    repeat = (height_px // pitch_y + 2, width_px // pitch_x + 2)
    oy, ox = int(rng.integers(pitch_y)), int(rng.integers(pitch_x))
    crop = (slice(oy, oy + height_px), slice(ox, ox + width_px))
    return Drawn(mask=blur(np.tile(die, repeat)[crop], 0.6), under=blur(np.tile(under, repeat)[crop], 0.6))


def _pads(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Bond pads or solder bumps, bumps with the glint of a dome."""
    pitch = log_uniform(rng, 40, 120)
    size = pitch * rng.uniform(0.25, 0.4)
    round_pads = rng.random() < 0.6
    mask = np.zeros((height_px, width_px), np.uint8)
    under = np.zeros((height_px, width_px), np.float32)
    glint = float(rng.uniform(0, 0.25)) if round_pads else 0.0
    x0, y0 = rng.uniform(0, pitch, 2)
    for y in np.arange(y0 - pitch, height_px + pitch, pitch):
        for x in np.arange(x0 - pitch, width_px + pitch, pitch):
            if round_pads:
                cv2.circle(mask, (int(x * 16), int(y * 16)), int(size * 16), 255, -1, cv2.LINE_AA, 4)
                if glint > 0.05:
                    cv2.circle(under, (int(x - size * 0.25), int(y - size * 0.25)), max(2, int(size * 0.35)), glint, -1)
            else:
                cv2.rectangle(mask, (int(x - size), int(y - size)), (int(x + size), int(y + size)), 255, -1)
    return Drawn(
        mask=mask.astype(np.float32) / np.float32(255),
        under=blur(under, max(1.0, size * 0.12)) if glint > 0.05 else None,
    )


def _islands(rng: np.random.Generator, height_px: int, width_px: int) -> Drawn:
    """Elongated active areas, staggered, as in a memory array."""
    pitch_x, pitch_y = log_uniform(rng, 30, 90), log_uniform(rng, 12, 36)
    length, width = pitch_x * rng.uniform(0.55, 0.8), pitch_y * rng.uniform(0.35, 0.6)
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    row = np.floor(y / pitch_y)
    x += row * np.float32(pitch_x * rng.choice([0.5, 0.333]))
    dx = np.abs((x / pitch_x - np.floor(x / pitch_x) - 0.5) * pitch_x)
    dy = np.abs((y / pitch_y - row - 0.5) * pitch_y)
    distance = np.hypot(np.maximum(dx - (length - width) / 2, 0), dy)
    return Drawn(mask=np.clip(width / 2 - distance + 0.5, 0, 1).astype(np.float32))


DRAWERS: dict[str, Drawer] = {
    "bare": _bare,
    "lines": routing.lines,
    "gratings": routing.gratings,
    "logic": routing.logic,
    "contacts": _contacts,
    "cells": _cells,
    "dies": _dies,
    "pads": _pads,
    "islands": _islands,
    "comb": routing.comb,
    "meander": routing.meander,
    "honeycomb": _honeycomb,
}
HELD_OUT_FAMILIES: tuple[str, ...] = ("comb", "meander", "honeycomb")
"""Never drawn for training, so that a score on them says what an unknown product would bring."""
TRAINING_FAMILIES: tuple[str, ...] = tuple(name for name in DRAWERS if name not in HELD_OUT_FAMILIES)
LINE_FAMILIES: tuple[str, ...] = ("lines", "gratings", "logic", "comb", "meander")
"""Families on which a bridge or an open has a meaning."""


def draw_pattern(rng: np.random.Generator, *, family: str, height_px: int, width_px: int) -> Pattern:
    """Draw one family on an axis-aligned sheet, then lay it down a little (or very) rotated."""
    angle_deg = float(rng.choice([0.0, 90.0]) + rng.normal(0, 1.2))
    if rng.random() < 0.12:
        angle_deg = float(rng.uniform(0, 180))
    turn = np.deg2rad(angle_deg)
    cosine, sine = abs(np.cos(turn)), abs(np.sin(turn))
    sheet_w = int(np.ceil(width_px * cosine + height_px * sine)) + 8
    sheet_h = int(np.ceil(width_px * sine + height_px * cosine)) + 8
    drawn = DRAWERS[family](rng, sheet_h, sheet_w)
    matrix = cv2.getRotationMatrix2D((sheet_w / 2, sheet_h / 2), angle_deg, 1.0)
    matrix[:, 2] += np.array([(width_px - sheet_w) / 2, (height_px - sheet_h) / 2])

    def laid(sheet: FloatArray) -> FloatArray:
        return cv2.warpAffine(  # type: ignore[return-value]
            sheet, matrix, (width_px, height_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )

    def sites(rows: list[tuple[float, ...]]) -> list[Site]:
        """Sheet coordinates to picture coordinates; those near or past the rim are dropped."""
        kept = []
        for x, y, ux, uy, line, space in rows:
            px, py = (
                matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2],
                matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2],
            )
            margin = line + space
            if margin < px < width_px - margin and margin < py < height_px - margin:
                kept.append(
                    Site(
                        px,
                        py,
                        matrix[0, 0] * ux + matrix[0, 1] * uy,
                        matrix[1, 0] * ux + matrix[1, 1] * uy,
                        line,
                        space,
                    )
                )
        return kept

    return Pattern(
        family=family,
        mask=laid(drawn.mask),
        under=None if drawn.under is None else laid(drawn.under),
        line_sites=sites(drawn.line_sites),
        space_sites=sites(drawn.space_sites),
    )
