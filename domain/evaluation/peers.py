"""How far people agree who saw the same things without sight of each other: all together, and two by two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.evaluation.agreement import (
    BoxPairs,
    box_agreement,
    cohen_kappa,
    cross_table,
    fleiss_kappa,
    fleiss_kappa_per_class,
    share_agreed,
)
from domain.evaluation.intervals import LEVEL, UNKNOWN, Estimate, normal_quantile
from domain.shapes.kinds import Shape, Upright
from domain.shapes.measure import sameness

NO_ANSWER = -1
SAME_PLACE_IOU = 0.5
RESAMPLES = 2000
SHIFT_STARTS_H = (6, 14, 22)
"""When the early, the late and the night shift begin, local time."""


@dataclass(frozen=True, eq=False, slots=True)
class Words:
    """What several people said of the same items, as one table.

    Attributes:
        answer: (I, P) int64 class that each person gave each item; the last is "no defect", NO_ANSWER for none.
        box_px: (I, P, 4) float64 x, y, w, h that they drew; nan where they drew none.
        class_count: how many answers there are.
        shapes: by item and person what they drew, where that is more than the box around it.
    """

    answer: NDArray[np.int64]
    box_px: NDArray[np.float64]
    class_count: int
    shapes: Mapping[tuple[int, int], Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.answer.ndim != 2 or self.box_px.shape != (*self.answer.shape, 4):
            raise ValueError(f"want (I, P) answers and (I, P, 4) boxes, got {self.answer.shape}, {self.box_px.shape}")

    def only(self, items: BoolArray) -> Words:
        """The same people about some of the items."""
        place = np.cumsum(items) - 1
        shapes = {(int(place[item]), person): one for (item, person), one in self.shapes.items() if items[item]}
        return Words(self.answer[items], self.box_px[items], self.class_count, shapes)

    def overlap(self, first: int, second: int) -> NDArray[np.float64]:
        """(I,) overlap of what two people drew: of shapes where one is more than a box; nan where one drew nothing."""
        found = _overlap(self.box_px[:, first], self.box_px[:, second])
        for item in {item for item, person in self.shapes if person in (first, second)}:
            if np.isfinite(found[item]):
                found[item] = sameness(self._shape(item, first), self._shape(item, second))
        return found

    def _shape(self, item: int, person: int) -> Shape:
        x_px, y_px, width_px, height_px = self.box_px[item, person].tolist()
        return self.shapes.get((item, person)) or Upright((x_px, y_px, width_px, height_px))


@dataclass(frozen=True, slots=True)
class Together:
    """How far all agree.

    Attributes:
        items: how many it is about: those that as many people saw as most were seen by.
        people: how many saw each of them.
        kappa: Fleiss'.
    """

    items: int
    people: int
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class Pair:
    """How far two people agree.

    Attributes:
        first, second: columns of the table.
        items: how many both saw.
        differ: of how many they said another thing: another class or verdict, or another place.
        agreed: share of the same answer.
        kappa: Cohen's.
        f1: share of all that both drew that has a partner, with a bootstrap interval over items.
        mean_iou: overlap of what has one.
        boxed: items on which either drew something.
    """

    first: int
    second: int
    items: int
    differ: int
    agreed: Estimate
    kappa: Estimate
    f1: Estimate
    mean_iou: float
    boxed: int


def together(words: Words, *, level: float = LEVEL) -> Together:
    """Agreement of all. Fleiss' kappa wants equally many people for every item, so the commonest number is taken."""
    counts = _comparable(words)
    if not len(counts):
        return Together(items=0, people=0, kappa=UNKNOWN)
    return Together(items=len(counts), people=int(counts[0].sum()), kappa=fleiss_kappa(counts, level=level))


def by_class(words: Words, *, level: float = LEVEL) -> tuple[Together, ...]:
    """Agreement about each class against all others; its items are those of which somebody said it."""
    counts = _comparable(words)
    if not len(counts):
        return tuple(Together(items=0, people=0, kappa=UNKNOWN) for _ in range(words.class_count))
    kappas, people = fleiss_kappa_per_class(counts, level=level), int(counts[0].sum())
    used = (counts > 0).sum(axis=0)
    return tuple(
        Together(items=int(items), people=people, kappa=kappa) for items, kappa in zip(used, kappas, strict=True)
    )


def pairs(words: Words, *, rng: np.random.Generator, level: float = LEVEL) -> list[Pair]:
    """Every two people who saw something in common, in the order of their columns."""
    two = combinations(range(words.answer.shape[1]), 2)
    found = (_pair(words, first, second, rng=rng, level=level) for first, second in two)
    return [pair for pair in found if pair.items]


def differing(words: Words, first: int, second: int) -> BoolArray:
    """(I,) bool: both saw it, and said another class or verdict, or drew what lies apart."""
    return _differing(words.answer[:, [first, second]], words.overlap(first, second))


def _differing(answers: IntArray, overlap: FloatArray) -> BoolArray:
    both = (answers != NO_ANSWER).all(axis=1)
    found: BoolArray = both & ((answers[:, 0] != answers[:, 1]) | (overlap < SAME_PLACE_IOU))
    return found


def shift_of(hours: IntArray) -> IntArray:
    """(N,) int hour of the local day -> (N,) int shift: 0 early, 1 late, 2 night."""
    shift: IntArray = (np.searchsorted(np.array(SHIFT_STARTS_H), hours, side="right") - 1) % len(SHIFT_STARTS_H)
    return shift


def _comparable(words: Words) -> IntArray:
    """(M, C) how many put each item into each class, of the items that the commonest number of people saw."""
    people = (words.answer != NO_ANSWER).sum(axis=1)
    several = people[people >= 2]
    if not len(several):
        return np.zeros((0, words.class_count), np.int64)
    chosen = words.answer[people == np.bincount(several).argmax()]
    return np.stack([(chosen == code).sum(axis=1) for code in range(words.class_count)], axis=1)


def _pair(words: Words, first: int, second: int, *, rng: np.random.Generator, level: float) -> Pair:
    both = (words.answer[:, [first, second]] != NO_ANSWER).all(axis=1)
    one, other = words.answer[both, first], words.answer[both, second]
    table = cross_table(one, other, class_count=words.class_count)
    drew_one, drew_other = (np.isfinite(words.box_px[both, person, 0]) for person in (first, second))
    overlap_of_all = words.overlap(first, second)
    overlap = overlap_of_all[both]
    matched = overlap >= SAME_PLACE_IOU
    at = np.flatnonzero(matched)
    boxes = box_agreement(
        [BoxPairs(np.stack([at, at], axis=1), overlap[at], first_count=drew_one.sum(), second_count=drew_other.sum())]
    )
    drawn = [int(matched.sum()), int((drew_one & drew_other & ~matched).sum()), int((drew_one ^ drew_other).sum())]
    return Pair(
        first=first,
        second=second,
        items=int(both.sum()),
        differ=int(_differing(words.answer[:, [first, second]], overlap_of_all).sum()),
        agreed=share_agreed(table, level=level),
        kappa=cohen_kappa(table, level=level),
        f1=_f1(boxes.f1, drawn, rng=rng, level=level),
        mean_iou=boxes.mean_iou,
        boxed=sum(drawn),
    )


def _f1(value: float, drawn: Sequence[int], *, rng: np.random.Generator, level: float) -> Estimate:
    """F1 with a percentile interval over items, which come in three kinds: paired, both apart, one drew alone."""
    normal_quantile(level)
    items = sum(drawn)
    if math.isnan(value) or items < 2:
        return Estimate(value=value, low=math.nan, high=math.nan)
    paired, apart, alone = rng.multinomial(items, np.array(drawn) / items, size=RESAMPLES).T
    again = 2 * paired / (2 * paired + 2 * apart + alone)
    low, high = np.quantile(again, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(value=value, low=float(low), high=float(high))


def _overlap(one: FloatArray, other: FloatArray) -> NDArray[np.float64]:
    """(N,) overlap of each two boxes; nan where either is missing. Equal boxes overlap wholly, even without an area."""
    inner = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    shared = np.clip(inner, 0, None).prod(axis=1)
    whole = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        overlap = np.where((one == other).all(axis=1), 1.0, shared / whole)
    found: NDArray[np.float64] = np.where(np.isfinite(one[:, 0]) & np.isfinite(other[:, 0]), overlap, np.nan)
    return found
