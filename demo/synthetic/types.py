"""What a synthetic scene is made of: the vocabulary shared by patterns, painters and the renderer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

CLASS_CODES: tuple[str, ...] = ("scratch", "particle", "pit", "stain", "crack", "edge_chip", "bridge", "open")
"""Index order is the class index of every model trained on these scenes."""

DIFFICULTIES: tuple[str, ...] = ("faint", "plain", "gross")
LOOKS: tuple[str, ...] = ("brightfield", "sem")


@dataclass(frozen=True, slots=True)
class Site:
    """A place on a line-like pattern where a bridge or an open makes sense.

    x_px, y_px: middle of the space (bridge) or of the line (open).
    ux, uy: unit vector along the line. line_px, space_px: widths across it.
    """

    x_px: float
    y_px: float
    ux: float
    uy: float
    line_px: float
    space_px: float


@dataclass(slots=True)
class Pattern:
    """A product texture before any light falls on it.

    mask: (H, W) float32, 1 where the upper layer (line, pad, plug) is. under: (H, W) float32 brightness added to
    what lies below it. line_sites, space_sites: where opens and bridges may be drawn.
    """

    family: str
    mask: FloatArray
    under: FloatArray | None = None
    line_sites: list[Site] = field(default_factory=list)
    space_sites: list[Site] = field(default_factory=list)


@dataclass(slots=True)
class Edit:
    """One painted defect as data, so that a scene can be rendered with and without it.

    All arrays are (h, w) float32 over the window whose upper left corner is (x0, y0). Pixels become
    `value * gain + offset`; pattern and wafer outline are changed before light falls on them, so that new edges
    look like the old ones.
    """

    code: str
    x0: int
    y0: int
    support: FloatArray
    gain: FloatArray | None = None
    offset: FloatArray | None = None
    pattern_add: FloatArray | None = None
    pattern_cut: FloatArray | None = None
    outline_cut: FloatArray | None = None

    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the scene that the arrays cover."""
        height, width = self.support.shape
        return slice(self.y0, self.y0 + height), slice(self.x0, self.x0 + width)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and exactly what is wrong with it.

    pixels: (H, W) uint8 grey. boxes_px: (N, 4) float32 x, y, w, h, tight on the visible extent.
    class_index: (N,) int16 into CLASS_CODES. contrast_to_noise: (N,) float32 as measured by `visibility`.
    difficulty: (N,) int8 into DIFFICULTIES. masks: N boolean arrays, each the size of its box.
    meta: how it was drawn: seed, look, family, noise.
    """

    pixels: NDArray[np.uint8]
    boxes_px: FloatArray
    class_index: NDArray[np.int16]
    contrast_to_noise: FloatArray
    difficulty: NDArray[np.int8]
    masks: tuple[NDArray[np.bool_], ...]
    meta: dict[str, Any]

    @property
    def class_codes(self) -> tuple[str, ...]:
        """The class code of every box."""
        return tuple(CLASS_CODES[index] for index in self.class_index)

    def __len__(self) -> int:
        return len(self.boxes_px)
