"""How far people agree with each other and with themselves, beyond what chance would give.

Kappa is nan where chance alone would make everybody agree (one class only) and where there is nothing to compare: the
data then say nothing about agreement beyond chance. Its interval is nan where the estimated variance is 0, as with
complete agreement: the large-sample formula has no width there, whatever the number of items. The share that agrees
keeps a Wilson interval in all of these cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray
from domain.detection.boxes import pairwise_iou
from domain.evaluation.intervals import LEVEL, UNKNOWN, Estimate, normal_quantile, wilson

NO_VARIANCE = 1e-12
"""Below this a variance times the number of items is what rounding leaves of 0."""


def cross_table(first: IntArray, second: IntArray, *, class_count: int) -> NDArray[np.int64]:
    """How often one said this and the other that.

    Args:
        first: (N,) int class of each item, 0..class_count - 1, by one person.
        second: (N,) int of the same items by the other, or by the same person later.
        class_count: how many answers there are; "no defect" is one of them.

    Returns:
        (C, C) int64: rows are the first person's answers, columns the second's.

    Raises:
        ValueError: the arrays are not two of one length, or a class is out of range.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"want two (N,) arrays, got {first.shape} and {second.shape}")
    for classes in (first, second):
        if len(classes) and (classes.min() < 0 or classes.max() >= class_count):
            raise ValueError(f"want classes from 0 to {class_count - 1}, got {classes.min()} to {classes.max()}")
    cells = np.bincount(first.astype(np.int64) * class_count + second, minlength=class_count**2)
    return cells.reshape(class_count, class_count).astype(np.int64)


def share_agreed(table: IntArray, *, level: float = LEVEL) -> Estimate:
    """Share of items of which two people said the same, with its Wilson interval.

    Args:
        table: (C, C) int, see cross_table.
        level: share of such intervals that hold the truth.

    Returns:
        0..1; all nan without items.

    Raises:
        ValueError: the table is not square or has a negative count.
    """
    _check_table(table)
    return wilson(hits=int(np.trace(table)), trials=int(table.sum()), level=level)


def cohen_kappa(table: IntArray, *, level: float = LEVEL) -> Estimate:
    """Agreement of two people beyond chance, each with their own habits; unweighted.

    Args:
        table: (C, C) int, see cross_table.
        level: share of such intervals that hold the truth.

    Returns:
        -1..1, 1 for complete agreement, 0 for that of chance, with its large-sample interval cut to -1..1; nan as the
        module says.

    Raises:
        ValueError: the table is not square or has a negative count.

    Source:
        J. Cohen, Educ. Psychol. Meas. 20 (1960) 37; variance: J. L. Fleiss, J. Cohen, B. S. Everitt, Psychol. Bull. 72
        (1969) 323.
    """
    _check_table(table)
    items = int(table.sum())
    if items == 0:
        return UNKNOWN
    # In whole numbers, so that complete agreement is 1 and not nearly 1.
    chance = sum(r * c for r, c in zip(table.sum(axis=1).tolist(), table.sum(axis=0).tolist(), strict=True))
    if chance == items**2:
        return UNKNOWN
    kappa = (items * int(np.trace(table)) - chance) / (items**2 - chance)

    share, expected = table / items, chance / items**2
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    same = np.diag(share) @ (1.0 - (rows + columns) * (1.0 - kappa)) ** 2
    squares = share * (columns[:, None] + rows[None, :]) ** 2
    other = (1.0 - kappa) ** 2 * (squares.sum() - np.trace(squares))
    spread = float(same + other) - (kappa - expected * (1.0 - kappa)) ** 2
    return _with_interval(kappa, spread=spread / (1.0 - expected) ** 2, items=items, level=level)


def cohen_kappa_per_class(table: IntArray, *, level: float = LEVEL) -> tuple[Estimate, ...]:
    """Cohen's kappa of each class against all others together.

    Args:
        table: (C, C) int, see cross_table.
        level: share of such intervals that hold the truth.

    Returns:
        C estimates; nan for a class that neither used, and for one that both always used.

    Raises:
        ValueError: the table is not square or has a negative count.
    """
    _check_table(table)
    items, rows, columns, both = table.sum(), table.sum(axis=1), table.sum(axis=0), np.diag(table)
    return tuple(
        cohen_kappa(np.array([[b, r - b], [c - b, items - r - c + b]], np.int64), level=level)
        for r, c, b in zip(rows, columns, both, strict=True)
    )


def fleiss_kappa(counts: IntArray, *, level: float = LEVEL) -> Estimate:
    """Agreement of several people beyond chance, whoever of them looked at which item.

    Args:
        counts: (N, C) int how many people put each item into each class; equally many people for every item.
        level: share of such intervals that hold the truth.

    Returns:
        1 for complete agreement, 0 for that of chance, with a large-sample interval over items, cut to -1..1; nan as
        the module says, and with fewer than two people. One item gives a value without an interval.

    Raises:
        ValueError: not an (N, C) array, a negative count, or items with different numbers of people.

    Source:
        J. L. Fleiss, Psychol. Bull. 76 (1971) 378. Its standard error holds only where there is no agreement at all, so
        the interval is that of K. L. Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29, and Handbook of Inter-Rater
        Reliability, 5th ed. (2021), with the normal quantile.
    """
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError(f"want an (N, C) array of counts, got {counts.shape}")
    people = counts.sum(axis=1)
    if not len(people):
        return UNKNOWN
    if (people != people[0]).any():
        raise ValueError(f"want equally many people for every item, got {people.min()} to {people.max()}")
    each, items = int(people[0]), len(people)
    used = counts.sum(axis=0)
    if each < 2 or used.max() == used.sum():
        return UNKNOWN
    prevalence = used / used.sum()
    expected = float(prevalence @ prevalence)
    agreed = (counts * (counts - 1)).sum(axis=1) / (each * (each - 1))
    kappa = (float(agreed.mean()) - expected) / (1.0 - expected)
    if items == 1:
        return Estimate(value=kappa, low=math.nan, high=math.nan)

    # What each item adds: to the agreement, and to the classes that chance draws from.
    chance = counts @ prevalence / each
    pulls = (agreed - expected - 2.0 * (1.0 - kappa) * (chance - expected)) / (1.0 - expected) - kappa
    return _with_interval(kappa, spread=float(pulls @ pulls) / (items - 1), items=items, level=level)


def fleiss_kappa_per_class(counts: IntArray, *, level: float = LEVEL) -> tuple[Estimate, ...]:
    """Fleiss' kappa of each class against all others together.

    Args:
        counts: (N, C) int, see fleiss_kappa.
        level: share of such intervals that hold the truth.

    Returns:
        C estimates; nan for a class that nobody used, and for one that everybody always used.

    Raises:
        ValueError: as fleiss_kappa.

    Source:
        J. L. Fleiss, Psychol. Bull. 76 (1971) 378, the kappa of assignment to one category.
    """
    if counts.ndim != 2:
        raise ValueError(f"want an (N, C) array of counts, got {counts.shape}")
    people = counts.sum(axis=1)
    return tuple(
        fleiss_kappa(np.stack([counts[:, index], people - counts[:, index]], axis=1), level=level)
        for index in range(counts.shape[1])
    )


@dataclass(frozen=True, slots=True)
class Repeatability:
    """How far one person says again what they said before.

    Attributes:
        agreed: share of items with the same answer, with its Wilson interval.
        kappa: the same beyond chance.
        changed: (C, C) int64, earlier answers down, later ones across.
    """

    agreed: Estimate
    kappa: Estimate
    changed: NDArray[np.int64]


def repeatability(earlier: IntArray, later: IntArray, *, class_count: int, level: float = LEVEL) -> Repeatability:
    """An appraiser against themselves, on items shown a second time without saying so.

    Args:
        earlier: (N,) int first answer to each item, 0..class_count - 1. An item counts once: pairs of the same item
            are not independent, and the interval would be too narrow.
        later: (N,) int answer to the same items when they came again.
        class_count: how many answers there are; "no defect" is one of them.
        level: share of such intervals that hold the truth.

    Returns:
        Agreement and kappa; nan as the module says.

    Raises:
        ValueError: the arrays are not two of one length, or a class is out of range.

    Source:
        AIAG, Measurement Systems Analysis, 4th ed. (2010), ch. III C, attribute study: within appraiser.
    """
    table = cross_table(earlier, later, class_count=class_count)
    return Repeatability(agreed=share_agreed(table, level=level), kappa=cohen_kappa(table, level=level), changed=table)


@dataclass(frozen=True, eq=False, slots=True)
class BoxPairs:
    """Which of one person's boxes on an image are which of another's.

    Attributes:
        pairs: (P, 2) int64 positions in the first and the second set, the closest pair first.
        iou: (P,) float64 overlap of each pair.
        first_count: boxes of the first person.
        second_count: boxes of the second.
    """

    pairs: NDArray[np.int64]
    iou: NDArray[np.float64]
    first_count: int
    second_count: int


def pair_boxes(first_px: FloatArray, second_px: FloatArray, *, iou: float = 0.5) -> BoxPairs:
    """Pair two people's boxes on one image, whatever their classes; the pair that overlaps most goes first.

    People give no confidence, so there is none to go by. Above an overlap of a half this is also the best pairing there
    is, unless boxes of one person overlap each other: then no box has two candidates.

    Args:
        first_px: (N, 4) x, y, w, h.
        second_px: (M, 4) x, y, w, h.
        iou: least overlap of a pair, above 0.

    Returns:
        The pairs; every box is in one at most.

    Raises:
        ValueError: not two arrays of four columns, or iou is not above 0 and up to 1.

    Source:
        One candidate above a half: A. Kirillov et al., Panoptic Segmentation (CVPR 2019), theorem 1.
    """
    if first_px.ndim != 2 or second_px.ndim != 2 or first_px.shape[1:] != (4,) or second_px.shape[1:] != (4,):
        raise ValueError(f"want (N, 4) and (M, 4) arrays, got {first_px.shape} and {second_px.shape}")
    if not 0.0 < iou <= 1.0:
        raise ValueError(f"want an overlap above 0 and up to 1, got {iou}")
    overlap = pairwise_iou(first_px, second_px)
    candidates = np.argwhere(overlap >= iou)
    falling = np.argsort(-overlap[candidates[:, 0], candidates[:, 1]], kind="stable")
    pairs: list[tuple[int, int]] = []
    taken_first, taken_second = set[int](), set[int]()
    for one, other in candidates[falling].tolist():
        if one not in taken_first and other not in taken_second:
            pairs.append((one, other))
            taken_first.add(one)
            taken_second.add(other)
    chosen = np.array(pairs, np.int64).reshape(-1, 2)
    return BoxPairs(
        pairs=chosen,
        iou=overlap[chosen[:, 0], chosen[:, 1]],
        first_count=len(first_px),
        second_count=len(second_px),
    )


@dataclass(frozen=True, slots=True)
class BoxAgreement:
    """How far two people mark the same places; the first is taken as what is there.

    Attributes:
        precision: share of the second's boxes that have a partner; nan where the second drew none.
        recall: share of the first's boxes that have a partner; nan where the first drew none.
        f1: share of all boxes that have a partner, the same both ways round; nan where nobody drew one.
        mean_iou: mean overlap of the pairs; nan without pairs.
    """

    precision: float
    recall: float
    f1: float
    mean_iou: float


def box_agreement(images: Sequence[BoxPairs]) -> BoxAgreement:
    """Agreement over all images together: boxes count alike, whichever image they are on.

    Args:
        images: of each image that both looked at, those without boxes included, see pair_boxes.

    Returns:
        0..1 each; nan where there is nothing to divide by.
    """
    paired = sum(len(image.pairs) for image in images)
    first = sum(image.first_count for image in images)
    second = sum(image.second_count for image in images)
    overlap = float(sum(image.iou.sum() for image in images))
    return BoxAgreement(
        precision=paired / second if second else math.nan,
        recall=paired / first if first else math.nan,
        f1=2 * paired / (first + second) if first + second else math.nan,
        mean_iou=overlap / paired if paired else math.nan,
    )


def _check_table(table: IntArray) -> None:
    if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any():
        raise ValueError(f"want a square table of counts, got {table.shape}")


def _with_interval(kappa: float, *, spread: float, items: int, level: float) -> Estimate:
    z = normal_quantile(level)
    if spread <= NO_VARIANCE:
        return Estimate(value=kappa, low=math.nan, high=math.nan)
    reach = z * math.sqrt(spread / items)
    return Estimate(value=kappa, low=max(-1.0, kappa - reach), high=min(1.0, kappa + reach))
