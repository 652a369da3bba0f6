"""How somebody decides over time: how much, how fast, and how often as they are measured against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.evaluation.intervals import LEVEL, Estimate, wilson


@dataclass(frozen=True, slots=True)
class Pace:
    """How long looks took; nan where nobody timed any.

    Attributes:
        median_ms: half of them took less.
        slow_ms: nine in ten took less.
    """

    median_ms: float
    slow_ms: float


@dataclass(frozen=True, slots=True)
class Period:
    """What was decided in one period.

    Attributes:
        period: its number, as it was given.
        decisions: how many.
        median_ms: median look; nan where none was timed.
        agreed: share that was as it was measured against, with its Wilson interval; nan where nothing was.
    """

    period: int
    decisions: int
    median_ms: float
    agreed: Estimate


def pace(took_ms: FloatArray) -> Pace:
    """
    Args:
        took_ms: (N,) float how long each look took; nan where that is not known.
    """
    known = took_ms[np.isfinite(took_ms)]
    if not len(known):
        return Pace(median_ms=math.nan, slow_ms=math.nan)
    median_ms, slow_ms = np.quantile(known, [0.5, 0.9])
    return Pace(median_ms=float(median_ms), slow_ms=float(slow_ms))


def by_period(
    period: IntArray, took_ms: FloatArray, *, measured: IntArray, agreed: BoolArray, level: float = LEVEL
) -> list[Period]:
    """Periods in which something was decided, in order.

    Args:
        period: (N,) int of each decision.
        took_ms: (N,) float of each; nan where it is not known.
        measured: (M,) int period of each decision that was measured against something; need not be among the others.
        agreed: (M,) bool it was the same.
    """
    found = []
    for one in np.unique(period).tolist():
        own, of_measured = period == one, agreed[measured == one]
        share = wilson(hits=int(of_measured.sum()), trials=len(of_measured), level=level)
        found.append(Period(one, int(own.sum()), pace(took_ms[own]).median_ms, share))
    return found
