"""The wafer in one scene, defect-free or with edits: pattern, materials, outline, and how they become brightness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from demo.synthetic.fields import blur, log_uniform, smooth_noise
from demo.synthetic.optics import Look
from demo.synthetic.patterns import LINE_FAMILIES
from demo.synthetic.types import Edit, FloatArray, Pattern


@dataclass(slots=True)
class Ground:
    """Everything a painter may look at.

    space, line: brightness 0..1 of lower and upper material. grain: (H, W) float32 added roughness.
    inside_px: (H, W) float32 distance to the wafer or die rim, positive inside, or None where no rim is in view.
    beyond: brightness past the rim. albedo: the defect-free surface, before the lens.
    """

    pattern: Pattern
    look: Look
    space: float
    line: float
    grain: FloatArray
    inside_px: FloatArray | None
    bevel_px: float
    bevel: float
    beyond: float
    albedo: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.pattern.mask.shape
        return height, width

    @property
    def sem(self) -> bool:
        """Drawn as an electron microscope would see it."""
        return self.look.name == "sem"


def choose_ground(
    rng: np.random.Generator, *, pattern: Pattern, look: Look, rim: bool, roughness: float = 0.0
) -> Ground:
    """Materials, grain and, if asked, the rim of the wafer or of a sawn die.

    Args:
        roughness: spread of a grain of about two pixels on everything, as of metal that was plated and not polished.
    """
    height, width = pattern.mask.shape
    # On lines and spaces the brighter material is the line: without that, a gap in dark lines and a bridge between
    # bright ones are one and the same picture, and nobody could say which of the two it shows.
    lined = pattern.family in LINE_FAMILIES
    space = float(rng.uniform(0.12, 0.55 if lined else 0.75))
    step = float(rng.uniform(0.12, 0.5))
    step = min(step, 0.97 - space) if lined else step * float(rng.choice([-1, 1]))
    if not lined and not 0.06 <= space + step <= 0.95:
        step = -step
    grain = smooth_noise(rng, height_px=height, width_px=width, cell_px=log_uniform(rng, 24, 160))
    grain *= np.float32(rng.uniform(0.002, 0.02))
    if rng.random() < 0.3:
        fine = rng.standard_normal((height, width), dtype=np.float32)
        grain += blur(fine, 0.8) * np.float32(rng.uniform(0.005, 0.03))
    if roughness:
        rough = blur(rng.standard_normal((height, width), dtype=np.float32), 1.0)
        grain += rough * np.float32(roughness / rough.std())
    inside = _rim_distance(rng, height_px=height, width_px=width) if rim else None
    if inside is not None and rng.random() < 0.6:
        keep = np.clip((inside - np.float32(rng.uniform(8, 50))) / 2, 0, 1).astype(np.float32)
        pattern.mask = pattern.mask * keep
        pattern.under = None if pattern.under is None else pattern.under * keep
    ground = Ground(
        pattern=pattern,
        look=look,
        space=space,
        line=float(np.clip(space + step, 0.05, 0.97)),
        grain=grain,
        inside_px=inside,
        bevel_px=float(rng.uniform(2, 14)),
        bevel=float(rng.uniform(-0.2, 0.25)),
        beyond=float(rng.uniform(0.0, 0.12) if rng.random() < 0.85 else rng.uniform(0.75, 1.0)),
        albedo=pattern.mask,
    )
    if inside is not None and abs(ground.beyond - space) < 0.2:
        ground.space = float(np.clip(space + 0.3, 0, 0.9 - max(step, 0))) if ground.beyond < 0.5 else space * 0.5
        ground.line = float(np.clip(ground.space + step, 0.05, 0.97))
    ground.albedo = surface(ground, edits=())
    return ground


def surface(ground: Ground, *, edits: Sequence[Edit]) -> FloatArray:
    """(H, W) float32 brightness of the wafer with these edits, before the lens."""
    mask = ground.pattern.mask
    outline = None if ground.inside_px is None else np.clip(ground.inside_px + np.float32(0.5), 0, 1)
    if edits:
        mask = mask.copy()
    for edit in edits:
        window = edit.window()
        if edit.pattern_cut is not None:
            mask[window] *= 1 - edit.pattern_cut
        if edit.pattern_add is not None:
            mask[window] = np.maximum(mask[window], edit.pattern_add)
        if edit.outline_cut is not None and outline is not None:
            outline[window] *= 1 - edit.outline_cut
    albedo = ground.space + ground.grain + np.float32(ground.line - ground.space) * mask
    if ground.pattern.under is not None:
        albedo += ground.pattern.under * (1 - np.float32(0.8) * mask)
    if ground.look.edge:
        albedo += np.float32(ground.look.edge) * _edges(mask)
    if ground.inside_px is not None:
        albedo += np.float32(ground.bevel) * np.exp(-np.square(ground.inside_px / np.float32(ground.bevel_px)))
    for edit in edits:
        window = edit.window()
        if edit.gain is not None:
            albedo[window] *= edit.gain
        if edit.offset is not None:
            albedo[window] += edit.offset
    if outline is not None:
        albedo = albedo * outline + np.float32(ground.beyond) * (1 - outline)
        if ground.sem:
            albedo += np.float32(0.35) * _edges(outline)
    return np.clip(albedo, 0, 1.2)


def _edges(mask: FloatArray) -> FloatArray:
    """(H, W) float32 about 1 on a sharp edge: where electrons leave on two sides, or light is scattered away."""
    soft = blur(mask, 1.0)
    gx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
    gy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    return cv2.magnitude(gx, gy) * np.float32(0.5)


def _rim_distance(rng: np.random.Generator, *, height_px: int, width_px: int) -> FloatArray:
    """Distance to a rim that crosses the picture: the arc of a wafer, or the straight side of a die."""
    size = min(height_px, width_px)
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([width_px, height_px]) / 2 + normal * size * rng.uniform(-0.05, 0.42)
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    if rng.random() < 0.65:
        radius = log_uniform(rng, 2.0, 12.0) * size
        centre = middle - normal * radius
        distance = radius - np.hypot(x - np.float32(centre[0]), y - np.float32(centre[1]))
    else:
        distance = -((x - np.float32(middle[0])) * normal[0] + (y - np.float32(middle[1])) * normal[1])
        wobble = smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=log_uniform(rng, 6, 40))
        distance = distance + wobble * np.float32(rng.uniform(0, 0.8))
    return distance.astype(np.float32)
