"""From raw scores to confidences that can be read as probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray

_EDGE = 1e-6
"""Scores are kept this far from 0 and 1, where the logit is infinite."""


@dataclass(frozen=True, eq=False, slots=True)
class PlattCalibration:
    """One slope and one offset per class: confidence = sigmoid(a * logit(score) + b).

    Attributes:
        a: (C,) float64 slopes, above 0 so that a higher score is never a lower confidence.
        b: (C,) float64 offsets.

    Raises:
        ValueError: the arrays differ in length, are not finite, or a slope is not positive.
    """

    a: NDArray[np.float64]
    b: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.a.ndim != 1 or self.a.shape != self.b.shape or len(self.a) == 0:
            raise ValueError(f"want two (C,) arrays, got {self.a.shape} and {self.b.shape}")
        if not (np.isfinite(self.a).all() and np.isfinite(self.b).all()):
            raise ValueError("calibration is not finite")
        if (self.a <= 0).any():
            raise ValueError("calibration slopes must be above 0")

    @classmethod
    def identity(cls, class_count: int) -> PlattCalibration:
        """Confidence equals score."""
        return cls(a=np.ones(class_count), b=np.zeros(class_count))

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> PlattCalibration:
        """Read the `calibration` entry of a model card.

        Raises:
            ValueError: another method, or lists that do not make a calibration.
        """
        if described.get("method") != "platt":
            raise ValueError(f"calibration method {described.get('method')!r} is not known, want 'platt'")
        try:
            return cls(a=np.asarray(described["a"], np.float64), b=np.asarray(described["b"], np.float64))
        except (KeyError, TypeError) as error:
            raise ValueError(f"calibration is incomplete: {error}") from error


def calibrated(scores: FloatArray, class_index: IntArray, *, calibration: PlattCalibration) -> NDArray[np.float32]:
    """Confidence of each score, by the calibration of its class.

    Args:
        scores: float, any shape, 0..1.
        class_index: int, a shape that broadcasts against scores.
        calibration: slopes and offsets per class.

    Returns:
        float32, the shape of scores.
    """
    inside = np.clip(scores.astype(np.float64), _EDGE, 1 - _EDGE)
    logit = np.log(inside) - np.log1p(-inside)
    return (1 / (1 + np.exp(-(calibration.a[class_index] * logit + calibration.b[class_index])))).astype(np.float32)
