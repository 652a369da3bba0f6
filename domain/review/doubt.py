"""Which settled words are most likely wrong: those that look-alikes and models both contradict.

Each alone errs too often: neighbours share the mistakes of whoever decided them, models those of their training. Where
both say something else than the person did a second look is worth its time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray

NEIGHBOURS = 8
LEAST_NEIGHBOURS = 3
LEAST_LIKENESS = 0.5
"""Things that are less alike, as the cosine of their embeddings, say nothing about each other."""
LEAST_DOUBT = 0.5
FOUND_NOTHING = 0.5
"""How sure a version that found nothing is taken to be that nothing is there."""


@dataclass(frozen=True, eq=False, slots=True)
class Neighbours:
    """
    Attributes:
        index: (N, K) int64 the most alike first, -1 where there are no more.
        doubt: (N,) float64 share of those that were said to be something else, likeness counted; nan with too few.
    """

    index: NDArray[np.int64]
    doubt: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Call:
    """What one version of a model says of a place.

    Attributes:
        answer: the class that it named; None where it looked and found nothing.
        confidence: calibrated; of nothing not read.
    """

    answer: int | None
    confidence: float = FOUND_NOTHING


def neighbours(embedding: FloatArray, *, said: IntArray, image: IntArray, most: int = NEIGHBOURS) -> Neighbours:
    """What looks most alike on other images, and how far its words are other ones.

    Args:
        embedding: (N, E) float, length 1; rows of nan have no neighbours.
        said: (N,) int what people said of each, "no defect" among it.
        image: (N,) int; things on one image are not asked about each other.
    """
    count = len(said)
    if count < 2:
        return Neighbours(np.full((count, most), -1, np.int64), np.full(count, np.nan))
    like = np.nan_to_num(embedding @ embedding.T, nan=-1.0)
    like[image[:, None] == image[None]] = -1.0
    index = np.argsort(-like, axis=1, kind="stable")[:, :most]
    near = np.take_along_axis(like, index, axis=1)
    is_near = near >= LEAST_LIKENESS
    weight = np.where(is_near, near, 0.0)
    differs = (said[index] != said[:, None]) * weight
    total = weight.sum(axis=1)
    share = np.divide(differs.sum(axis=1), total, out=np.full(count, np.nan), where=total > 0)
    padded = np.full((count, most), -1, np.int64)
    padded[:, : index.shape[1]] = np.where(is_near, index, -1)
    return Neighbours(padded, np.where(is_near.sum(axis=1) >= LEAST_NEIGHBOURS, share, np.nan))


def doubt_of_versions(calls: list[Call], *, said: int, nothing: int) -> float:
    """Mean doubt of all versions that looked: how sure each is that it is something else.

    Args:
        calls: one of each version; at least one.
        said: what the person said.
        nothing: the answer that stands for "no defect".
    """
    return float(np.mean([_doubt(call, said=said, nothing=nothing) for call in calls]))


def doubt(of_neighbours: float, of_versions: float) -> float:
    """Both together, 0..1: the geometric mean, so that either alone is not enough; nan where one is not known."""
    return float(np.sqrt(of_neighbours * of_versions))


def _doubt(call: Call, *, said: int, nothing: int) -> float:
    if call.answer is None:
        return 0.0 if said == nothing else FOUND_NOTHING
    return 1.0 - call.confidence if call.answer == said else call.confidence
