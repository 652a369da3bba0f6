"""How often a model misses defects and calls what is none, class by class, from a random audit of whole images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray
from domain.evaluation.audit_rates import Rate, Reviewed, audit_rates
from domain.evaluation.intervals import LEVEL, normal_quantile, wilson

NOTHING = -1


@dataclass(frozen=True, eq=False, slots=True)
class Findings:
    """What the model said and what people say, of everything that was settled.

    An audited image has one row more, of nothing and nothing, so that an image without any finding is seen.

    Attributes:
        image: (N,) int64 which image each is on.
        called: (N,) int64 class that the model named, NOTHING where it had not found it.
        real: (N,) int64 class that people say it is, NOTHING where it is no defect.
        audited: (N,) bool its image was drawn by chance, and all on it is settled.
        inclusion: (N,) float64 with which probability; not read of others.
    """

    image: NDArray[np.int64]
    called: NDArray[np.int64]
    real: NDArray[np.int64]
    audited: NDArray[np.bool_]
    inclusion: NDArray[np.float64]

    def only(self, rows: BoolArray) -> Findings:
        return Findings(self.image[rows], self.called[rows], self.real[rows], self.audited[rows], self.inclusion[rows])


@dataclass(frozen=True, slots=True)
class Quality:
    """
    Attributes:
        missed: of the defects, the share that the model did not name; of a class: did not name so.
        false_calls: of what the model named, the share that is no defect; of a class: is not of that class.
    """

    missed: Rate
    false_calls: Rate


def quality(findings: Findings, *, of_class: int | None = None, level: float = LEVEL) -> Quality:
    """
    Args:
        of_class: only calls and defects of that class; None: of any, whatever it was called.
    """
    called, real = _sides(findings, of_class)
    rates = audit_rates(Reviewed(findings.image, called, real, findings.audited, findings.inclusion), level=level)
    return Quality(missed=rates.false_negative, false_calls=rates.false_discovery)


def alarmed_images(findings: Findings, *, level: float = LEVEL) -> Rate:
    """Of the images without any defect, the share on which the model called one."""
    images, place = np.unique(findings.image, return_inverse=True)
    called = np.bincount(place, findings.called != NOTHING, len(images)) > 0
    real = np.bincount(place, findings.real != NOTHING, len(images)) > 0
    first = np.unique(place, return_index=True)[1]
    return audit_rates(
        Reviewed(images, called, real, findings.audited[first], findings.inclusion[first]), level=level
    ).false_positive


def answers_for(half_width: float, *, share: float, level: float = LEVEL) -> int:
    """How many independent answers it takes until a share's interval reaches no further than this to either side.

    Raises:
        ValueError: half_width is not above 0 and below a half.
    """
    if not 0.0 < half_width < 0.5:
        raise ValueError(f"want a half width above 0 and below 0.5, got {half_width}")
    z = normal_quantile(level)
    trials = max(1, math.floor(z * z * share * (1.0 - share) / half_width**2))
    while _reach(share, trials, level) > half_width:
        trials += max(1, trials // 200)
    return trials


def _reach(share: float, trials: int, level: float) -> float:
    estimate = wilson(hits=share * trials, trials=trials, level=level)
    return (estimate.high - estimate.low) / 2.0


def _sides(findings: Findings, of_class: int | None) -> tuple[BoolArray, BoolArray]:
    if of_class is None:
        return findings.called != NOTHING, findings.real != NOTHING
    return findings.called == of_class, findings.real == of_class
