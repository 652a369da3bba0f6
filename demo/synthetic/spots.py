"""Compact surface defects: particles that lie on the wafer, pits that go into it, stains that film it over."""

from __future__ import annotations

import cv2
import numpy as np

from demo.synthetic.fields import blob_outline, blur, log_uniform, polygon_mask, shifted, smooth_noise
from demo.synthetic.ground import Ground
from demo.synthetic.types import Edit, FloatArray

FloatPair = tuple[float, float]


def paint_particle(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A flake, grain or clump on top: lit on the side of the light, a soft shadow on the other."""
    height, width = ground.shape
    size = size_px or log_uniform(rng, 5, min(64, 0.22 * min(height, width)))
    box = _window(rng, ground, reach_px=size * 1.1 + 8)
    if box is None:
        return None
    x0, y0, w, h = box
    centre = (w / 2, h / 2)
    # A small dark speck could as well be a pit: what tells the two apart, outline and glint, takes a dozen pixels.
    bright = size < 14 or rng.random() < 0.65
    level = _local_level(ground, box)
    contrast = log_uniform(rng, 0.1, 0.65)
    value = level + contrast if bright else level - contrast
    body = _particle_body(rng, centre_px=centre, size_px=size, height_px=h, width_px=w)
    dome = blur(body, max(0.7, size * 0.16))
    lit = _lit_side(dome, light_rad=ground.look.light_rad)
    inside = np.full((h, w), value, np.float32) + np.float32(0.45 * contrast) * lit
    if size > 14:
        inside += smooth_noise(rng, height_px=h, width_px=w, cell_px=max(2.0, size * 0.12)) * np.float32(
            0.12 * contrast
        )
    if not bright:
        glint = blur(shifted(body, *_toward(ground, -size * 0.12)), 0.5)
        inside += np.float32(0.9 * contrast) * np.clip(blur(glint, size * 0.1) * 1.8 - 1.15, 0, 1)
    if ground.sem:
        inside += np.float32(0.5 * contrast) * np.clip(body - blur(body, max(0.8, size * 0.07)), 0, 1) * 2
    alpha = np.clip(blur(body, 0.5), 0, 1) * np.float32(rng.uniform(0.8, 1.0))
    reach = _toward(ground, size * rng.uniform(0.08, 0.25))
    shade = np.clip(blur(shifted(body, *reach), size * 0.1 + 0.7) - alpha, 0, 1)
    shade *= np.float32(rng.uniform(0.0, 0.25) * contrast / max(level, 0.1))
    gain = (1 - shade) * (1 - alpha)
    return Edit("particle", x0, y0, _support(body), gain=gain, offset=np.clip(inside, 0.01, 1.15) * alpha)


def paint_pit(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A hole: dark floor, the wall towards the light in shadow, the far wall bright, a thin raised rim."""
    height, width = ground.shape
    size = size_px or log_uniform(rng, 6, min(60, 0.22 * min(height, width)))
    box = _window(rng, ground, reach_px=size * 0.8 + 7)
    if box is None:
        return None
    x0, y0, w, h = box
    level = _local_level(ground, box)
    if level < 0.12:
        return None
    contrast = min(log_uniform(rng, 0.09, 0.6), level * 0.95)
    angle = float(rng.uniform(0, np.pi))
    radius = (size / 2, size / 2 * rng.uniform(0.72, 1.0))
    if size > 9 and rng.random() < 0.25:
        body = _facetted_pit(angle_rad=angle, radius_px=radius, height_px=h, width_px=w)
    else:
        outline = blob_outline(
            rng, centre_px=(w / 2, h / 2), radius_px=radius, angle_rad=angle, roughness=rng.uniform(0.0, 0.09)
        )
        body = polygon_mask(outline, height_px=h, width_px=w)
    bowl = blur(body, max(0.6, size * rng.uniform(0.06, 0.18)))
    wall = _lit_side(bowl, light_rad=ground.look.light_rad)
    ring = np.clip(cv2.dilate(body, _disc(1 + int(size > 24))) - body, 0, 1)
    inside = level - contrast * (0.75 + 0.25 * bowl) - np.float32(0.4 * contrast) * wall
    alpha = np.clip(blur(body, 0.4), 0, 1)
    rim = blur(ring, 0.5) * np.float32(contrast * rng.uniform(0.25, 0.6) * (1.4 if ground.sem else 1.0))
    return Edit(
        "pit",
        x0,
        y0,
        _support(np.maximum(body, ring)),
        gain=1 - alpha,
        offset=np.clip(inside, 0.0, 1.0).astype(np.float32) * alpha + rim,
    )


def paint_stain(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A dried drop, a residue with fringes, or haze: the pattern shows through."""
    height, width = ground.shape
    size = size_px or log_uniform(rng, 30, 0.85 * min(height, width))
    box = _window(rng, ground, reach_px=size * 0.62 + 8)
    if box is None:
        return None
    x0, y0, w, h = box
    body = _stain_body(rng, size_px=size, height_px=h, width_px=w)
    sign = float(rng.choice([-1, -1, 1]))
    contrast = log_uniform(rng, 0.1, 0.42)
    cloud = smooth_noise(rng, height_px=h, width_px=w, cell_px=max(4.0, size * 0.2)) * np.float32(0.2)
    kind = rng.integers(4)
    soft = blur(body, max(0.8, size * rng.uniform(0.008, 0.03)))
    if kind == 0:
        inner = blur(body, max(1.5, size * 0.05))
        film = soft * (0.45 + cloud) + np.clip((soft - inner) * 2.6, 0, None) * soft
    elif kind == 1:
        thickness = cv2.distanceTransform((body > 0.5).astype(np.uint8), cv2.DIST_L2, 3).astype(np.float32)
        phase = np.float32(rng.uniform(1.5, 4.5) * 2 * np.pi / max(size, 1)) * thickness + cloud * 3
        film = soft * (0.65 + 0.35 * np.cos(phase) + cloud * 0.5)
    elif kind == 2:
        film = blur(body, size * 0.05) * (0.9 + cloud)
    else:
        film = soft * (0.85 + cloud)
    # A film both dims what is below and scatters light of its own, so that it shows on dark material too.
    change = np.float32(sign * contrast) * film.astype(np.float32)
    return Edit(
        "stain",
        x0,
        y0,
        _support(body, grow_px=int(3 + size * 0.06)),
        gain=np.clip(1 + 0.6 * change, 0.2, 1.9),
        offset=change * np.float32(0.35),
    )


def _window(rng: np.random.Generator, ground: Ground, *, reach_px: float) -> tuple[int, int, int, int] | None:
    """A square of pixels around a random place on the wafer, wholly in view; x, y, width, height."""
    height, width = ground.shape
    reach = int(np.ceil(reach_px))
    if 2 * reach + 2 >= min(height, width):
        reach = min(height, width) // 2 - 1
    for _ in range(8):
        x, y = int(rng.integers(reach, width - reach + 1)), int(rng.integers(reach, height - reach + 1))
        if y + reach > height - ground.look.info_bar_px:
            continue
        if ground.inside_px is None or ground.inside_px[min(y, height - 1), min(x, width - 1)] > reach * 0.75:
            return x - reach, y - reach, 2 * reach, 2 * reach
    return None


def _local_level(ground: Ground, box: tuple[int, int, int, int]) -> float:
    x0, y0, w, h = box
    return float(ground.albedo[y0 + h // 4 : y0 + h - h // 4, x0 + w // 4 : x0 + w - w // 4].mean())


def _toward(ground: Ground, distance_px: float) -> FloatPair:
    """A step away from the light."""
    return float(-np.cos(ground.look.light_rad) * distance_px), float(-np.sin(ground.look.light_rad) * distance_px)


def _lit_side(relief: FloatArray, *, light_rad: float) -> FloatArray:
    """(h, w) float32 within -1..1: how far each place of a relief leans towards the light."""
    gx = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3)
    gy = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3)
    lean = -(gx * np.float32(np.cos(light_rad)) + gy * np.float32(np.sin(light_rad)))
    # A relief rises towards its middle, so the side that faces the light has the gradient pointing away from it.
    return (lean / np.float32(max(float(np.abs(lean).max()), 1e-6))).astype(np.float32)


def _particle_body(
    rng: np.random.Generator, *, centre_px: FloatPair, size_px: float, height_px: int, width_px: int
) -> FloatArray:
    body = np.zeros((height_px, width_px), np.float32)
    grains = 1 if size_px < 12 or rng.random() < 0.65 else int(rng.integers(2, 5))
    for _ in range(grains):
        radius = size_px / 2 if grains == 1 else size_px * rng.uniform(0.22, 0.36)
        spread = 0 if grains == 1 else size_px * 0.22
        outline = blob_outline(
            rng,
            centre_px=(centre_px[0] + rng.uniform(-spread, spread), centre_px[1] + rng.uniform(-spread, spread)),
            radius_px=(radius, radius * rng.uniform(0.6, 1.0)),
            angle_rad=float(rng.uniform(0, np.pi)),
            roughness=rng.uniform(0.1, 0.32),
        )
        body = np.maximum(body, polygon_mask(outline, height_px=height_px, width_px=width_px))
    return body


def _facetted_pit(*, angle_rad: float, radius_px: FloatPair, height_px: int, width_px: int) -> FloatArray:
    """An etch pit along crystal planes: a square hole."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * radius_px
    turn = np.array([[np.cos(angle_rad), np.sin(angle_rad)], [-np.sin(angle_rad), np.cos(angle_rad)]])
    return polygon_mask(corners @ turn + (width_px / 2, height_px / 2), height_px=height_px, width_px=width_px)


def _stain_body(rng: np.random.Generator, *, size_px: float, height_px: int, width_px: int) -> FloatArray:
    outline = blob_outline(
        rng,
        centre_px=(width_px / 2, height_px / 2),
        radius_px=(size_px / 2, size_px / 2 * rng.uniform(0.45, 1.0)),
        angle_rad=float(rng.uniform(0, np.pi)),
        roughness=rng.uniform(0.05, 0.3),
        harmonics=6,
    )
    body = polygon_mask(outline, height_px=height_px, width_px=width_px)
    if rng.random() < 0.3:
        drops = [
            blob_outline(
                rng,
                centre_px=(width_px / 2 + rng.normal(0, size_px * 0.16), height_px / 2 + rng.normal(0, size_px * 0.16)),
                radius_px=(size_px * 0.28, size_px * 0.28 * rng.uniform(0.6, 1)),
                angle_rad=float(rng.uniform(0, np.pi)),
                roughness=0.15,
            )
            for _ in range(int(rng.integers(1, 4)))
        ]
        for drop in drops:
            body = np.maximum(body, polygon_mask(drop, height_px=height_px, width_px=width_px))
    return body


def _disc(radius_px: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))


def _support(body: FloatArray, *, grow_px: int = 3) -> FloatArray:
    """Where a defect's own pixels may be, a margin for blur included."""
    return cv2.dilate((body > 0.05).astype(np.float32), _disc(min(grow_px, 12)))  # type: ignore[return-value]
