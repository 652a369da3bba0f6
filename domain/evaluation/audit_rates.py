"""How often a model is wrong, from a random audit rather than from whatever people happened to look at.

Reviewers are sent where the model is unsure, so the rate among what they saw is not the rate of the model. An audit
draws items by chance with known probabilities; weighing each by the inverse of its own undoes the choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray
from domain.evaluation.intervals import LEVEL, UNKNOWN, Estimate, wilson


@dataclass(frozen=True, eq=False, slots=True)
class Reviewed:
    """Items that people have decided, audited or not, as one struct of arrays.

    An item is whatever the model can be wrong about: a detection at a threshold, a defect, a die, a whole image. A
    defect that the model missed is an item that is real and was not called. An audited image with nothing on it is one
    item that is neither, so that the audit is seen to have looked there.

    Attributes:
        image: (N,) int64 which image each item is on; items of one image are not independent.
        called: (N,) bool the model called it a defect.
        real: (N,) bool people say it is one.
        audited: (N,) bool the random audit drew it. Everything there is must have had a chance to be drawn; what is
            always looked at may count as audited, with a probability of 1.
        inclusion: (N,) float64 probability with which the audit drew it, above 0 and up to 1; not read elsewhere.

    Raises:
        ValueError: the arrays are not five of one length, or an audited item has no probability.
    """

    image: NDArray[np.int64]
    called: NDArray[np.bool_]
    real: NDArray[np.bool_]
    audited: NDArray[np.bool_]
    inclusion: NDArray[np.float64]

    def __post_init__(self) -> None:
        shapes = [array.shape for array in (self.image, self.called, self.real, self.audited, self.inclusion)]
        if len(set(shapes)) != 1 or self.image.ndim != 1:
            raise ValueError(f"want five (N,) arrays, got {', '.join(map(str, shapes))}")
        drawn = self.inclusion[self.audited]
        if not ((drawn > 0.0) & (drawn <= 1.0)).all():
            raise ValueError("want a probability above 0 and up to 1 for every audited item")

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, slots=True)
class Rate:
    """One kind of mistake.

    Attributes:
        weighted: the estimate from the audit, with its interval.
        naive: the plain share among everything reviewed, for comparison; nan where there is nothing to divide by.
        answers: audited items that the estimate divides by, unweighted.
        effective: independent answers of equal weight that would say as much; 0 without answers.
    """

    weighted: Estimate
    naive: float
    answers: int
    effective: float


@dataclass(frozen=True, slots=True)
class AuditRates:
    """How often the model is wrong.

    Attributes:
        false_positive: of what is not a defect, the share that was called one. Means something only where what is no
            defect can be counted: images, dies, candidates below the threshold.
        false_negative: of the defects, the share that was not called.
        false_discovery: of what was called, the share that is not a defect.
    """

    false_positive: Rate
    false_negative: Rate
    false_discovery: Rate


def audit_rates(reviewed: Reviewed, *, level: float = LEVEL) -> AuditRates:
    """False positives and false negatives of the model, without the bias of what was chosen for review.

    Each rate is a Hájek estimate: the ratio of two Horvitz-Thompson totals, both over the audited items.

    The interval comes from the linearised variance of that ratio, summed by image, turned into an effective number of
    answers and put into Wilson's. Linearised and not bootstrapped, because mistakes are rare: a sample with few of them
    gives a bootstrap next to nothing to draw, with none of them no width at all. The variance cannot see a heavy answer
    that was not drawn either, so the effective number is also held below what one more such answer would leave; that is
    ours, and errs to the wide side where heavy mistakes are very rare. The interval is for the process that the images
    come from, so there is no correction for a finite number of images.

    Args:
        reviewed: what people decided.
        level: share of such intervals that hold the truth.

    Returns:
        The rates; a rate is nan where the audit drew nothing to divide by.

    Raises:
        ValueError: level is not between 0 and 1.

    Source:
        D. G. Horvitz, D. J. Thompson, J. Am. Stat. Assoc. 47 (1952) 663; C.-E. Särndal, B. Swensson, J. Wretman, Model
        Assisted Survey Sampling (1992), ch. 5. Wilson's with an effective number of answers: C. Franco et al.,
        J. Surv. Stat. Methodol. 7 (2019) 334.
    """
    called, real = reviewed.called, reviewed.real
    heavy_called, heavy_passed = _heaviest(reviewed, called), _heaviest(reviewed, ~called)
    return AuditRates(
        false_positive=_rate(
            reviewed, among=~real, wrong=called, heaviest_wrong=heavy_called, heaviest_right=heavy_passed, level=level
        ),
        false_negative=_rate(
            reviewed, among=real, wrong=~called, heaviest_wrong=heavy_passed, heaviest_right=heavy_called, level=level
        ),
        false_discovery=_rate(
            reviewed, among=called, wrong=~real, heaviest_wrong=heavy_called, heaviest_right=heavy_called, level=level
        ),
    )


def _heaviest(reviewed: Reviewed, side: BoolArray) -> float:
    """Largest weight among the audited items of one side of the model's call, of all where that side has none."""
    drawn = reviewed.inclusion[reviewed.audited & side]
    drawn = drawn if len(drawn) else reviewed.inclusion[reviewed.audited]
    return float(1.0 / drawn.min()) if len(drawn) else math.nan


def _mean_weight(weight: FloatArray) -> float:
    """Mean weight, each counted by its weight: what one answer adds to a variance for what it adds to a total."""
    return float(weight @ weight / weight.sum())


def _rate(
    reviewed: Reviewed,
    *,
    among: BoolArray,
    wrong: BoolArray,
    heaviest_wrong: float,
    heaviest_right: float,
    level: float,
) -> Rate:
    naive = float(wrong[among].mean()) if among.any() else math.nan
    kept = among & reviewed.audited
    if not kept.any():
        return Rate(weighted=UNKNOWN, naive=naive, answers=0, effective=0.0)
    hit, weight = wrong[kept], 1.0 / reviewed.inclusion[kept]
    total = float(weight.sum())
    share = float(weight[hit].sum()) / total if not hit.all() else 1.0

    # A heavy answer may exist and not have been drawn, so that the variance cannot see it: as if one more of each side
    # were there, as heavy as it can be. No more is known than from independent answers of the mean weights that gives.
    weight_wrong = _mean_weight(np.append(weight[hit], heaviest_wrong))
    weight_right = _mean_weight(np.append(weight[~hit], heaviest_right))
    effective = total / (weight_wrong * (1.0 - share) + weight_right * share)

    _, place = np.unique(reviewed.image[kept], return_inverse=True)
    images = int(place.max()) + 1
    if 0.0 < share < 1.0 and images > 1:
        pulls = np.bincount(place, weight * (hit - share)) / total
        variance = images / (images - 1) * float(pulls @ pulls)
        effective = min(effective, share * (1.0 - share) / variance) if variance > 0.0 else effective
    else:
        # How alike the answers of one image are cannot be told: they count as one.
        by_image = np.bincount(place, weight)
        effective = min(effective, total**2 / float(by_image @ by_image))
    return Rate(
        weighted=wilson(hits=share * effective, trials=effective, level=level),
        naive=naive,
        answers=int(kept.sum()),
        effective=effective,
    )
