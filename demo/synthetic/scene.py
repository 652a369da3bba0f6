"""Draw one scene: choose, paint, image, measure, and keep only what can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic import lines, optics, spots, structure, visibility
from demo.synthetic.ground import Ground, choose_ground, surface
from demo.synthetic.patterns import LINE_FAMILIES, TRAINING_FAMILIES, draw_pattern
from demo.synthetic.types import CLASS_CODES, LOOKS, Edit, FloatArray, Scene

PAINTERS: dict[str, Callable[..., Edit | None]] = {
    "scratch": lines.paint_scratch,
    "particle": spots.paint_particle,
    "pit": spots.paint_pit,
    "stain": spots.paint_stain,
    "crack": lines.paint_crack,
    "edge_chip": structure.paint_edge_chip,
    "bridge": structure.paint_bridge,
    "open": structure.paint_open,
}
GAP_PX = 5
CLEAN_SHARE = 0.12


def draw_scene(
    *,
    seed: int | Sequence[int],
    size_px: tuple[int, int] = (512, 512),
    look: str | None = None,
    family: str | None = None,
    families: Sequence[str] = TRAINING_FAMILIES,
    defects: Sequence[str] | None = None,
    rim: bool | None = None,
    crowding: float = 1.0,
    roughness: float = 0.0,
) -> Scene:
    """Draw a wafer picture and its exact ground truth. The same arguments give the same bytes.

    Args:
        seed: any integer, or several.
        size_px: width, height; at least 128.
        look: one of LOOKS; None draws one.
        family: the product texture; None draws one of `families` that suits the defects.
        defects: class codes to paint, in order; () for a clean wafer; None draws how many and which. What does not
            fit in, or cannot be seen once imaged, is not painted and not in the truth.
        crowding: how many times as many defects as usual, where `defects` is None; for training, not for looks.
        rim: whether the wafer's or die's rim is in view; None draws it (always where an edge chip is asked for).
        roughness: of the surface, 0 to about 0.1, for a process that leaves metal rough; see `ground.choose_ground`.
    """
    rng = np.random.default_rng(seed)
    width, height = size_px
    wanted = _choose_defects(rng, area_px=width * height, crowding=crowding) if defects is None else list(defects)
    look = look or str(rng.choice(LOOKS, p=(0.6, 0.4)))
    family = family or _choose_family(rng, families=families, wanted=wanted)
    rim = rim if rim is not None else "edge_chip" in wanted or bool(rng.random() < 0.1)
    pattern = draw_pattern(rng, family=family, height_px=height, width_px=width)
    chosen = optics.choose_look(rng, name=look, height_px=height, width_px=width)
    ground = choose_ground(rng, pattern=pattern, look=chosen, rim=rim, roughness=roughness)
    edits = _paint(rng, ground, wanted=wanted)
    noise = optics.draw_noise(rng, look=chosen, height_px=height, width_px=width)
    meta = {"seed": seed, "look": look, "family": family, "rim": rim, "noise": chosen.noise, "blur_px": chosen.blur_px}
    return _image(rng, ground=ground, edits=edits, noise=noise, meta=meta)


def render_pair(
    *, ground: Ground, edits: Sequence[Edit], noise: optics.SensorNoise
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(H, W) float32 grey levels: without noise and defects, without noise, and as exposed."""
    clean = optics.image_ideal(ground.albedo, look=ground.look)
    ideal = optics.image_ideal(surface(ground, edits=edits), look=ground.look) if edits else clean
    return clean, ideal, optics.expose(ideal, look=ground.look, noise=noise)


def _image(
    rng: np.random.Generator, *, ground: Ground, edits: list[Edit], noise: optics.SensorNoise, meta: dict[str, Any]
) -> Scene:
    """Image the edits, drop the invisible ones, and image again without them until all that is left is seen."""
    while True:
        clean, ideal, exposed = render_pair(ground=ground, edits=edits, noise=noise)
        difference = ideal - clean
        seen = [visibility.measure(edit, clean=clean, difference=difference, noise=exposed - ideal) for edit in edits]
        if all(item is not None for item in seen):
            break
        edits = [edit for edit, item in zip(edits, seen, strict=True) if item is not None]
    found = [item for item in seen if item is not None]
    return Scene(
        pixels=optics.develop(exposed, look=ground.look, rng=rng),
        boxes_px=np.array([item.box_px for item in found], np.float32).reshape(-1, 4),
        class_index=np.array([CLASS_CODES.index(edit.code) for edit in edits], np.int16),
        contrast_to_noise=np.array([item.contrast_to_noise for item in found], np.float32),
        difficulty=np.array([item.difficulty for item in found], np.int8),
        masks=tuple(item.mask for item in found),
        meta=meta,
    )


def _choose_defects(rng: np.random.Generator, *, area_px: int, crowding: float) -> list[str]:
    """Mostly one to four, more on larger pictures; every class equally often."""
    if rng.random() < CLEAN_SHARE / crowding:
        return []
    count = 1 + int(rng.poisson((0.7 + 1.0 * area_px / 512**2) * crowding))
    first = str(rng.choice(CLASS_CODES))
    # Bridges and opens come in families, as the process error that makes them does; so do chips.
    kin = {"bridge": ("bridge", "open"), "open": ("open", "bridge"), "edge_chip": ("edge_chip",)}
    surface_codes = ("scratch", "particle", "pit", "stain", "crack")
    others = [
        str(rng.choice(kin[first])) if first in kin and rng.random() < 0.6 else str(rng.choice(surface_codes))
        for _ in range(count - 1)
    ]
    return [first, *others]


def _choose_family(rng: np.random.Generator, *, families: Sequence[str], wanted: Sequence[str]) -> str:
    if {"bridge", "open"} & set(wanted):
        lined = [name for name in families if name in LINE_FAMILIES]
        return str(rng.choice(lined or list(families)))
    return str(rng.choice(list(families)))


def _paint(rng: np.random.Generator, ground: Ground, *, wanted: Sequence[str]) -> list[Edit]:
    """Paint what fits without touching what is there already."""
    taken: NDArray[np.uint8] = np.zeros(ground.shape, np.uint8)
    edits: list[Edit] = []
    for code in wanted:
        for _ in range(6):
            edit = PAINTERS[code](rng, ground)
            if edit is None or (taken[edit.window()][edit.support > 0.5]).any():
                continue
            edits.append(edit)
            grown = cv2.dilate((edit.support > 0.5).astype(np.uint8), np.ones((2 * GAP_PX + 1,) * 2, np.uint8))
            taken[edit.window()] |= grown.astype(np.uint8)
            break
    return edits
