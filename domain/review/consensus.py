"""Whether several people said the same about one task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from domain.detection.boxes import pairwise_iou
from domain.shapes.kinds import Shape, Upright
from domain.shapes.measure import sameness


class Verdict(IntEnum):
    """What an opinion can come to. `.label` is how it is stored and sent."""

    DEFECT = 0
    NUISANCE = 1

    @property
    def label(self) -> str:
        return self.name.lower()


class Part(StrEnum):
    """What people can differ in."""

    VERDICT = "verdict"
    CLASS = "class"
    BOX = "box"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person says; an opinion that was taken back is none.

    Attributes:
        verdict: a defect, or a nuisance.
        class_code: class of a defect; a nuisance may have none.
        box_px: x, y, w, h of a defect; likewise.
        shape: what was drawn, where that is more than the box around it.

    Raises:
        ValueError: a defect without a class or a box.
    """

    verdict: Verdict
    class_code: str | None = None
    box_px: tuple[float, float, float, float] | None = None
    shape: Shape | None = None

    def __post_init__(self) -> None:
        if self.verdict == Verdict.DEFECT and (self.class_code is None or self.box_px is None):
            raise ValueError(f"a defect has a class and a box, got {self.class_code} and {self.box_px}")


@dataclass(frozen=True, slots=True)
class Consensus:
    """What several opinions come to together.

    Attributes:
        opinions: how many were compared.
        differs: the parts on which not all are one.
        least_iou: overlap of the two boxes, or shapes, that are furthest apart; nan with fewer than two defects.
    """

    opinions: int
    differs: frozenset[Part]
    least_iou: float

    @property
    def agreed(self) -> bool:
        """Two people or more said the same; one alone has nobody to agree with."""
        return self.opinions >= 2 and not self.differs


def consensus(opinions: Sequence[Opinion], *, iou: float = 0.5) -> Consensus:
    """Compare what people said about one task.

    Class and box are compared among those who say it is a defect, so a dispute over the verdict does not hide one over
    the class. Every two boxes must overlap enough: nobody's is the right one. Where one of two is more than a box,
    their shapes are compared.

    Args:
        opinions: of different people, in any order.
        iou: least overlap of boxes that mean the same; boxes that are equal always do, even without an area.

    Returns:
        Which parts differ. With no opinion or one nothing differs, and it is not agreed either.

    Raises:
        ValueError: iou is not 0..1.
    """
    if not 0.0 <= iou <= 1.0:
        raise ValueError(f"want an overlap from 0 to 1, got {iou}")
    defects = [opinion for opinion in opinions if opinion.verdict == Verdict.DEFECT]
    least_iou = _least_iou(defects)
    found = {
        Part.VERDICT: len({opinion.verdict for opinion in opinions}) > 1,
        Part.CLASS: len({opinion.class_code for opinion in defects}) > 1,
        Part.BOX: least_iou < iou,
    }
    return Consensus(
        opinions=len(opinions),
        differs=frozenset(part for part, differs in found.items() if differs),
        least_iou=least_iou,
    )


def _least_iou(defects: Sequence[Opinion]) -> float:
    if len(defects) < 2:
        return math.nan
    boxes_px = np.array([opinion.box_px for opinion in defects], np.float64)
    equal = (boxes_px[:, None] == boxes_px[None]).all(axis=2)
    least = float(np.where(equal, 1.0, pairwise_iou(boxes_px, boxes_px))[_as_boxes(defects)].min(initial=1.0))
    pairs = [pair for pair in combinations(defects, 2) if any(one.shape for one in pair)]
    return min([least, *(sameness(_shape(one), _shape(other)) for one, other in pairs)])


def _as_boxes(defects: Sequence[Opinion]) -> NDArray[np.bool_]:
    """(N, N): pairs in which both are no more than a box."""
    is_box = np.array([opinion.shape is None for opinion in defects])
    return is_box[:, None] & is_box[None]


def _shape(opinion: Opinion) -> Shape:
    if opinion.shape is not None:
        return opinion.shape
    assert opinion.box_px is not None
    return Upright(opinion.box_px)
