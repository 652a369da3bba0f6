"""Whether confidence means what it says: the share that is right, bin by bin of what was said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.evaluation.intervals import LEVEL, Estimate, wilson


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Findings whose confidence lies from `low` to below `high`; the last bin holds 1 as well.

    Attributes:
        count: how many.
        confidence: their mean confidence; nan without any.
        right: the share that is right, with its Wilson interval; nan without any.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: Estimate


def reliability(
    confidence: FloatArray, is_right: BoolArray, *, bins: int = 10, level: float = LEVEL
) -> tuple[ReliabilityBin, ...]:
    """Equal-width bins over 0..1.

    Args:
        confidence: (N,) 0..1.
        is_right: (N,) whether each was right.
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    said = np.bincount(place, confidence, bins)
    right = np.bincount(place, is_right.astype(np.float64), bins)
    return tuple(
        ReliabilityBin(
            low=index / bins,
            high=(index + 1) / bins,
            count=int(count[index]),
            confidence=float(said[index] / count[index]) if count[index] else float("nan"),
            right=wilson(hits=float(right[index]), trials=int(count[index]), level=level),
        )
        for index in range(bins)
    )
