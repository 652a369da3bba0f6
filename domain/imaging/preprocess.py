"""The versioned way from decoded pixels to what a detector is shown."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.arrays import GreyArray, PixelArray
from domain.imaging.fitness import FitnessGate

DEPTHS = ("auto", "shift")
CONTRASTS = ("none", "stretch", "clahe")
DENOISES = ("none", "median3")
SCALE_RANGE = (0.05, 4.0)

_LOW, _HIGH = 0.001, 0.999
"""Share of pixels below black and up to white when grey values are stretched: a few hot pixels must not decide."""
_SAMPLE_PX = 1 << 18
"""Percentiles are read from about this many pixels of a regular grid."""


@dataclass(frozen=True, slots=True)
class PreprocessProfile:
    """What is done to an image before inspection. Its hash is part of every result's provenance.

    Attributes:
        version: of this description.
        depth: how 16 bits become 8: "auto" maps the used range (0.1 % to 99.9 %), "shift" divides by 256.
        contrast: "none", "stretch" (0.1 % to 99.9 % to the full range) or "clahe" (local, limited).
        denoise: "none" or "median3".
        scale: size of the result over the size of the image.
        gate: what the result needs to be judged without a person.

    Raises:
        ValueError: a value that is not offered, with its name.
    """

    version: int = 1
    depth: str = "auto"
    contrast: str = "none"
    denoise: str = "none"
    scale: float = 1.0
    gate: FitnessGate = field(default_factory=FitnessGate)

    def __post_init__(self) -> None:
        # True and 1.0 are equal to it, but described otherwise.
        if type(self.version) is not int or self.version != 1:
            raise ValueError(f"version: {self.version!r} is not known, want 1")
        for name, offered in (("depth", DEPTHS), ("contrast", CONTRASTS), ("denoise", DENOISES)):
            if getattr(self, name) not in offered:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(offered)}")
        is_number = isinstance(self.scale, (int, float)) and not isinstance(self.scale, bool)
        # A whole number too large for a float compares, but cannot be converted.
        if not is_number or not SCALE_RANGE[0] <= self.scale <= SCALE_RANGE[1]:
            raise ValueError(f"scale: want a number from {SCALE_RANGE[0]} to {SCALE_RANGE[1]}")

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> PreprocessProfile:
        """Read a stored profile; absent entries take their defaults, unknown ones are refused."""
        unknown = sorted(set(described) - {known.name for known in fields(cls)})
        if unknown:
            raise ValueError(f"{unknown[0]}: not a setting of preprocessing")
        gate = {"gate": FitnessGate.from_dict(described["gate"])} if "gate" in described else {}
        return cls(**{**described, **gate})

    def to_dict(self) -> dict[str, Any]:
        """As stored in a recipe: JSON types only. The usual gate is left out, as by older recipes."""
        described = {
            "version": self.version,
            "depth": self.depth,
            "contrast": self.contrast,
            "denoise": self.denoise,
            "scale": float(self.scale),
        }
        return described if self.gate == FitnessGate() else {**described, "gate": self.gate.to_dict()}


def profile_sha256(profile: PreprocessProfile) -> str:
    """Digest of a profile: equal exactly when the same things are done."""
    text = json.dumps(profile.to_dict(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def preprocess(pixels: PixelArray, *, profile: PreprocessProfile) -> GreyArray:
    """Make the grey image a detector is shown.

    Args:
        pixels: (H, W) or (H, W, 3) RGB, uint8 or uint16. Never changed; returned as it is when nothing is to do.
        profile: what to do.

    Returns:
        (H * scale, W * scale) uint8, at least 1 x 1.
    """
    grey = to_eight_bit(to_grey(pixels), stretch=profile.depth == "auto")
    if profile.denoise == "median3":
        grey = np.asarray(cv2.medianBlur(grey, 3), np.uint8)
    if profile.contrast == "stretch":
        grey = _stretched(grey, least_span=1)
    elif profile.contrast == "clahe":
        grey = np.asarray(cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(grey), np.uint8)
    return _resized(grey, profile.scale)


def to_grey(pixels: PixelArray) -> PixelArray:
    """(H, W) of (H, W) or (H, W, 3) RGB; luma weights of BT.601, same dtype."""
    if pixels.ndim == 2:
        return pixels
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def to_eight_bit(pixels: PixelArray, *, stretch: bool) -> NDArray[np.uint8]:
    """uint8 of uint8 or uint16 pixels of any shape.

    Args:
        pixels: (H, W) or (H, W, 3).
        stretch: map the used range of grey values to 0..255; else divide by 256. A 12-bit camera in a 16-bit file
            would be nearly black without it.
    """
    if pixels.dtype == np.uint8:
        return pixels.view(np.uint8)
    if stretch:
        # 255 steps at least: noise of a blank image must not be blown up to full contrast.
        return _stretched(pixels, least_span=255)
    return (pixels >> 8).astype(np.uint8)


def _stretched(pixels: PixelArray, *, least_span: int) -> NDArray[np.uint8]:
    low, high = _used_range(pixels)
    span = max(high - low, least_span)
    # Raised to `low` first, because convertScaleAbs would mirror what lies below it.
    raised = np.maximum(pixels, pixels.dtype.type(low))
    return np.asarray(cv2.convertScaleAbs(raised, alpha=255 / span, beta=-low * 255 / span), np.uint8)


def _used_range(pixels: PixelArray) -> tuple[int, int]:
    step = max(1, math.isqrt(max(1, pixels.shape[0] * pixels.shape[1] // _SAMPLE_PX)))
    counts = np.bincount(pixels[::step, ::step].ravel(), minlength=256)
    reached = np.cumsum(counts)
    low = int(np.searchsorted(reached, _LOW * reached[-1], side="right"))
    high = int(np.searchsorted(reached, _HIGH * reached[-1], side="left"))
    return low, high


def _resized(grey: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = grey.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return grey
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
