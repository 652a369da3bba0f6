"""How far a share may be from what was counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from domain.arrays import FloatArray, IntArray

LEVEL = 0.95
"""How often an interval is to hold what it estimates, unless told otherwise."""
DRAWS_AT_ONCE = 1 << 20
"""About so many numbers of a bootstrap in memory at a time."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; nan for what the data cannot say.

    Attributes:
        value: the estimate.
        low: lower end of the interval; nan where only the value is known.
        high: upper end, likewise.
    """

    value: float
    low: float
    high: float


UNKNOWN = Estimate(value=math.nan, low=math.nan, high=math.nan)


def normal_quantile(level: float) -> float:
    """How many standard deviations either side hold that share of a normal distribution.

    Raises:
        ValueError: level is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"want a level between 0 and 1, got {level}")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def wilson(*, hits: float, trials: float, level: float = LEVEL) -> Estimate:
    """A share and its score interval, which stays within 0..1 and has a width at 0 and at 1.

    Args:
        hits: how many; need not be whole, for an effective number of weighted answers.
        trials: of how many.
        level: share of such intervals that hold the truth.

    Returns:
        The share 0..1 and its interval; all nan without trials.

    Raises:
        ValueError: not 0 <= hits <= trials, or level is not between 0 and 1.

    Source:
        E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209; method 3 of R. G. Newcombe, Stat. Med. 17 (1998) 857.
    """
    z = normal_quantile(level)
    if not 0.0 <= hits <= trials:
        raise ValueError(f"want 0 <= hits <= trials, got {hits} of {trials}")
    if trials == 0:
        return UNKNOWN
    share = hits / trials
    stretch = 1.0 + z * z / trials
    middle = (share + z * z / (2.0 * trials)) / stretch
    reach = z / stretch * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    return Estimate(
        value=share,
        low=0.0 if hits == 0 else max(0.0, middle - reach),
        high=1.0 if hits == trials else min(1.0, middle + reach),
    )


def bootstrap_ratio(
    numerator: FloatArray,
    denominator: FloatArray,
    *,
    weight: FloatArray,
    group: IntArray,
    rng: np.random.Generator,
    level: float = LEVEL,
    resamples: int = 2000,
) -> Estimate:
    """A weighted ratio of sums and its percentile interval, whole groups drawn again with replacement.

    Rows that are not independent of each other, such as the defects of one image, belong in one group. Like every
    bootstrap it cannot see what the sample does not hold: without a single hit the interval has no width.

    Args:
        numerator: (N,) float of each row.
        denominator: (N,) float of each row.
        weight: (N,) float, not negative.
        group: (N,) int which rows are drawn together; np.arange(N) for each alone.
        rng: where chance comes from; a seeded one gives the same interval again.
        level: share of such intervals that hold the truth.
        resamples: how many times to draw.

    Returns:
        sum(weight * numerator) / sum(weight * denominator) and its interval. All nan where the weighted denominator is
        0. Draws in which it is 0 are left out of the interval; one group alone gives an interval of nan.

    Raises:
        ValueError: the arrays are not four of one length, a weight is negative, resamples is below 1, or level is not
            between 0 and 1.

    Source:
        B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
    """
    normal_quantile(level)
    shapes = (numerator.shape, denominator.shape, weight.shape, group.shape)
    if len(set(shapes)) != 1 or numerator.ndim != 1:
        raise ValueError(f"want four (N,) arrays, got {', '.join(map(str, shapes))}")
    if (weight < 0).any() or resamples < 1:
        raise ValueError("want weights that are not negative and at least one resample")
    names, place = np.unique(group, return_inverse=True)
    above = np.bincount(place, weight * numerator, len(names))
    below = np.bincount(place, weight * denominator, len(names))
    if below.sum() == 0:
        return UNKNOWN
    value = float(above.sum() / below.sum())
    if len(names) == 1:
        return Estimate(value=value, low=math.nan, high=math.nan)
    ratios = []
    portion = max(1, DRAWS_AT_ONCE // len(names))
    for start in range(0, resamples, portion):
        size = min(portion, resamples - start)
        times = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=size)
        drawn_above, drawn_below = times @ above, times @ below
        ratios.append(drawn_above[drawn_below != 0] / drawn_below[drawn_below != 0])
    drawn = np.concatenate(ratios)
    if not len(drawn):
        return Estimate(value=value, low=math.nan, high=math.nan)
    low, high = np.quantile(drawn, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Estimate(value=value, low=float(low), high=float(high))
