"""What a version made of whole images, and how two versions differ on the same ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, IntArray
from domain.evaluation.confusion import NOTHING, Settled
from domain.evaluation.detection_metrics import Boxes
from domain.evaluation.intervals import DRAWS_AT_ONCE, LEVEL, Estimate, bootstrap_ratio, wilson


@dataclass(frozen=True, eq=False, slots=True)
class ImageOutcomes:
    """One row per image, and one column per class where there are two dimensions.

    Attributes:
        defects: (I, C) int64 what is there.
        hits: (I, C) int64 of those, found under their own name.
        calls: (I, C) int64 what was called.
        renamed: (I,) int64 defects that were found, but taken for another class.
        missed: (I,) int64 defects that were not found at all.
        invented: (I,) int64 calls where nothing is.
    """

    defects: NDArray[np.int64]
    hits: NDArray[np.int64]
    calls: NDArray[np.int64]
    renamed: NDArray[np.int64]
    missed: NDArray[np.int64]
    invented: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.missed)

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """(I,) called defective when it is, and clean when it is: what decides about a wafer."""
        return (self.calls.sum(axis=1) > 0) == (self.defects.sum(axis=1) > 0)

    @property
    def is_exact(self) -> NDArray[np.bool_]:
        """(I,) every defect was found under its own name, and nothing else was called."""
        return (self.renamed + self.missed + self.invented) == 0


def image_outcomes(
    called: Boxes, truth: Boxes, settled: Settled, *, image_count: int, class_count: int
) -> ImageOutcomes:
    """Count by image what became of defects and calls; images are numbered 0..image_count - 1."""

    def by_class(boxes: Boxes, rows: BoolArray | None = None) -> NDArray[np.int64]:
        part = boxes if rows is None else boxes.take(rows)
        cells = np.bincount(part.image * class_count + part.class_index, minlength=image_count * class_count)
        return cells.reshape(image_count, class_count).astype(np.int64)

    def by_image(images: IntArray) -> NDArray[np.int64]:
        return np.bincount(images, minlength=image_count).astype(np.int64)

    is_invented = settled.defect_of == NOTHING
    return ImageOutcomes(
        defects=by_class(truth),
        hits=by_class(called, settled.is_right),
        calls=by_class(called),
        renamed=by_image(called.image[~is_invented & ~settled.is_right]),
        missed=by_image(truth.image[settled.call_of == NOTHING]),
        invented=by_image(called.image[is_invented]),
    )


def accuracy(outcomes: ImageOutcomes, *, level: float = LEVEL) -> Estimate:
    """Share of images whose verdict is right, with its Wilson interval; nan without images."""
    return wilson(hits=int(outcomes.is_right.sum()), trials=len(outcomes), level=level)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a version does better than another on the same images; below 0 it is worse.

    Attributes:
        accuracy: of the verdict about an image.
        only_first, only_second: images that only one of the two got right.
        p_value: of McNemar's exact test: how often chance alone makes two equally good versions differ so much.
        macro_f1: its difference.
        recall: of each class; nan for a class without defects.
    """

    accuracy: Estimate
    only_first: int
    only_second: int
    p_value: float
    macro_f1: Estimate
    recall: tuple[Estimate, ...]


def difference(
    first: ImageOutcomes, second: ImageOutcomes, *, rng: np.random.Generator, level: float = LEVEL
) -> Difference:
    """How the first differs from the second, image by image.

    Intervals are those of a bootstrap that draws images: defects of one image are not independent of each other, and
    what makes an image hard makes it hard for both.

    Raises:
        ValueError: they are not of the same images.
    """
    if first.defects.shape != second.defects.shape or (first.defects != second.defects).any():
        raise ValueError("want two judgements of the same images")
    images = np.arange(len(first))
    only_first = int((first.is_right & ~second.is_right).sum())
    only_second = int((second.is_right & ~first.is_right).sum())

    def share(gained: IntArray, of: IntArray) -> Estimate:
        ones = np.ones(len(of))
        return bootstrap_ratio(gained.astype(float), of.astype(float), weight=ones, group=images, rng=rng, level=level)

    return Difference(
        accuracy=share(first.is_right.astype(int) - second.is_right.astype(int), np.ones(len(first), int)),
        only_first=only_first,
        only_second=only_second,
        p_value=mcnemar(only_first, only_second),
        macro_f1=_macro_f1_difference(first, second, rng=rng, level=level),
        recall=tuple(
            share(first.hits[:, index] - second.hits[:, index], first.defects[:, index])
            for index in range(first.defects.shape[1])
        ),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p value for images that only one of two versions got right; 1 where there are none.

    Source:
        Q. McNemar, Psychometrika 12 (1947) 153; exact by the binomial distribution.
    """
    trials, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(trials, count) for count in range(fewer + 1))
    return min(1.0, 2 * tail / 2**trials)


def _macro_f1_difference(
    first: ImageOutcomes, second: ImageOutcomes, *, rng: np.random.Generator, level: float, resamples: int = 2000
) -> Estimate:
    images = len(first)

    def gained(times: IntArray) -> NDArray[np.float64]:
        return _macro_f1(first, times) - _macro_f1(second, times)

    value = float(gained(np.ones((1, images), np.int64))[0])
    if images < 2 or math.isnan(value):
        return Estimate(value=value, low=math.nan, high=math.nan)
    drawn = []
    portion = max(1, DRAWS_AT_ONCE // images)
    for start in range(0, resamples, portion):
        size = min(portion, resamples - start)
        drawn.append(gained(rng.multinomial(images, np.full(images, 1.0 / images), size=size)))
    low, high = np.nanquantile(np.concatenate(drawn), [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Estimate(value=value, low=float(low), high=float(high))


def _macro_f1(outcomes: ImageOutcomes, times: IntArray) -> NDArray[np.float64]:
    """(R,) macro-F1 when images count so many times; nan where a draw holds no defect."""
    hits, calls, defects = times @ outcomes.hits, times @ outcomes.calls, times @ outcomes.defects
    is_there = defects > 0
    f1 = np.where(is_there, 2 * hits / np.maximum(calls + defects, 1), 0.0)
    classes = is_there.sum(axis=1)
    return np.where(classes > 0, f1.sum(axis=1) / np.maximum(classes, 1), np.nan)
