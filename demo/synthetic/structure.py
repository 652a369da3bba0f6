"""Defects of the product itself: broken rims, lines that touch, lines with a piece missing."""

from __future__ import annotations

import cv2
import numpy as np

from demo.synthetic.fields import blob_outline, blur, log_uniform, polygon_mask, smooth_noise
from demo.synthetic.ground import Ground
from demo.synthetic.types import Edit, FloatArray, Site


def paint_edge_chip(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A ragged bite out of the rim, with fracture facets where the break runs out into the surface."""
    if ground.inside_px is None:
        return None
    height, width = ground.shape
    size = size_px or log_uniform(rng, 9, 0.5 * min(height, width))
    place = _rim_point(rng, ground, reach_px=size * 0.55 + 4)
    if place is None:
        return None
    x, y, along = place
    reach = int(size * 0.75 + 8)
    x0, y0 = max(0, int(x) - reach), max(0, int(y) - reach)
    x1, y1 = min(width, int(x) + reach), min(height, int(y) + reach)
    depth = size * rng.uniform(0.3, 0.75)
    outline = blob_outline(
        rng,
        centre_px=(x - x0, y - y0),
        radius_px=(size / 2, depth),
        angle_rad=along,
        roughness=rng.uniform(0.15, 0.4),
        harmonics=10,
    )
    bite = polygon_mask(outline, height_px=y1 - y0, width_px=x1 - x0)
    inside = ground.inside_px[y0:y1, x0:x1]
    inner = cv2.distanceTransform((bite > 0.5).astype(np.uint8), cv2.DIST_L2, 3).astype(np.float32)
    facet_px = np.float32(max(1.0, size * rng.uniform(0.03, 0.14)))
    facet = np.clip(1 - inner / facet_px, 0, 1) * bite
    cut = bite * (1 - np.float32(rng.uniform(0.3, 0.8)) * facet)
    crystal = smooth_noise(rng, height_px=y1 - y0, width_px=x1 - x0, cell_px=max(2.0, size * 0.07))
    glare = np.float32(rng.uniform(0.1, 0.3)) * (np.float32(rng.choice([-0.6, 1.0])) + crystal * np.float32(0.7))
    touched = bite * np.clip(inside + 0.5, 0, 1)
    support = cv2.dilate((touched > 0.1).astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.float32)
    return Edit(
        "edge_chip",
        x0,
        y0,
        support,
        outline_cut=cut.astype(np.float32),
        offset=(facet * glare).astype(np.float32),
        gain=1 - np.float32(0.3) * facet,
    )


def paint_bridge(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """Line material left between two neighbours, wider where it meets them; thin residue at times."""
    site = _pick(rng, ground.pattern.space_sites)
    if site is None:
        return None
    along = size_px or log_uniform(rng, max(5.0, site.space_px * 0.5), max(9.0, site.space_px * 2.4))
    length = site.space_px + 2.0
    shape, x0, y0 = _block(rng, ground, site, along_px=along, across_px=length, flare=rng.uniform(0.05, 0.5))
    if shape is None:
        return None
    shape *= np.float32(rng.uniform(0.55, 1.0))
    return Edit("bridge", x0, y0, _grow(shape), pattern_add=shape)


def paint_open(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A piece of line missing, its ends rounded, a trace of it left at times."""
    site = _pick(rng, ground.pattern.line_sites)
    if site is None:
        return None
    along = size_px or log_uniform(rng, max(5.0, site.line_px * 0.5), max(9.0, site.line_px * 1.8))
    shape, x0, y0 = _block(
        rng, ground, site, along_px=along, across_px=site.line_px + 3.0, flare=rng.uniform(-0.4, 0.1)
    )
    if shape is None:
        return None
    shape *= np.float32(rng.uniform(0.6, 1.0))
    return Edit("open", x0, y0, _grow(shape), pattern_cut=shape)


def _pick(rng: np.random.Generator, sites: list[Site]) -> Site | None:
    return sites[int(rng.integers(len(sites)))] if sites else None


def _grow(shape: FloatArray) -> FloatArray:
    return cv2.dilate((shape > 0.05).astype(np.float32), np.ones((5, 5), np.uint8))  # type: ignore[return-value]


def _block(
    rng: np.random.Generator, ground: Ground, site: Site, *, along_px: float, across_px: float, flare: float
) -> tuple[FloatArray | None, int, int]:
    """A rough block across a line or a space. flare > 0: wider at the ends of the crossing; < 0: in the middle."""
    height, width = ground.shape
    reach = int(np.hypot(along_px, across_px) * 0.8 + 6)
    x0, y0 = int(site.x_px) - reach, int(site.y_px) - reach
    if x0 < 0 or y0 < 0 or x0 + 2 * reach > width or y0 + 2 * reach > height - ground.look.info_bar_px:
        return None, 0, 0
    if ground.inside_px is not None and ground.pattern.mask[y0 : y0 + 2 * reach, x0 : x0 + 2 * reach].max() < 0.5:
        return None, 0, 0
    crossing = np.linspace(-0.5, 0.5, 9)
    waist = along_px / 2 * (1 + flare * (np.abs(crossing) * 4 - 1))
    ragged = rng.uniform(0.02, 0.14) * along_px
    left = np.stack([-waist + rng.normal(0, ragged, 9) * 0.5, crossing * across_px], axis=1)
    right = np.stack([waist + rng.normal(0, ragged, 9) * 0.5, crossing * across_px], axis=1)[::-1]
    points = np.concatenate([left, right])
    turn = np.array([[site.ux, site.uy], [-site.uy, site.ux]])
    points = points @ turn + (site.x_px - x0, site.y_px - y0)
    return blur(polygon_mask(points, height_px=2 * reach, width_px=2 * reach), 0.5), x0, y0


def _rim_point(rng: np.random.Generator, ground: Ground, *, reach_px: float) -> tuple[float, float, float] | None:
    """A place on the rim that lies in view, and the direction of the rim there."""
    assert ground.inside_px is not None
    height, width = ground.shape
    on_rim = np.argwhere(np.abs(ground.inside_px[::2, ::2]) < 1.2) * 2
    margin = min(reach_px, 0.25 * min(height, width))
    usable = height - ground.look.info_bar_px
    keep = (
        (on_rim[:, 0] > margin)
        & (on_rim[:, 0] < usable - margin)
        & (on_rim[:, 1] > margin)
        & (on_rim[:, 1] < width - margin)
    )
    on_rim = on_rim[keep]
    if not len(on_rim):
        return None
    y, x = (int(value) for value in on_rim[int(rng.integers(len(on_rim)))])
    window = ground.inside_px[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4]
    gy, gx = np.gradient(window)
    return float(x), float(y), float(np.arctan2(gy.mean(), gx.mean()) + np.pi / 2)
