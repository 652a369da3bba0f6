"""Synthetic wafer pictures with exact ground truth: what the shipped model learns from and is judged on."""

from demo.synthetic.patterns import DRAWERS, HELD_OUT_FAMILIES, LINE_FAMILIES, TRAINING_FAMILIES
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import CLASS_CODES, DIFFICULTIES, LOOKS, Scene

FAMILIES: tuple[str, ...] = tuple(DRAWERS)

__all__ = [
    "CLASS_CODES",
    "DIFFICULTIES",
    "FAMILIES",
    "HELD_OUT_FAMILIES",
    "LINE_FAMILIES",
    "LOOKS",
    "TRAINING_FAMILIES",
    "Scene",
    "draw_scene",
]
