"""What became of every defect and every call on judged images: found, taken for another class, missed, invented."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.evaluation.detection_metrics import Boxes, match
from domain.evaluation.intervals import LEVEL, Estimate, wilson

NOTHING = -1


@dataclass(frozen=True, eq=False, slots=True)
class Settled:
    """Calls held against truth.

    Attributes:
        defect_of: (N,) int64 row in truth of each call, whatever class it was given; NOTHING for a false alarm.
        call_of: (M,) int64 row in the calls of each defect; NOTHING where it was missed.
        is_right: (N,) bool the class is right as well.
    """

    defect_of: NDArray[np.int64]
    call_of: NDArray[np.int64]
    is_right: NDArray[np.bool_]


def settle(called: Boxes, truth: Boxes, *, iou: float = 0.5) -> Settled:
    """Pair what was called with what is there: within classes first, as COCO does, then what is left of any class.

    So a defect that was found under its own name is never said to be taken for another, and what was found under a
    wrong one is not counted as a miss and a false alarm of two different things.

    Args:
        called: what the model reports, its thresholds applied.
        iou: least overlap of a pair.
    """
    defect_of = match(called, truth, iou=iou)
    is_right = defect_of != NOTHING
    spare, missed = np.flatnonzero(~is_right), np.setdiff1d(np.arange(len(truth)), defect_of)
    if len(spare) and len(missed):
        again = match(_of_one_class(called.take(spare)), _of_one_class(truth.take(missed)), iou=iou)
        defect_of[spare] = np.where(again == NOTHING, NOTHING, missed[np.maximum(again, 0)])
    call_of = np.full(len(truth), NOTHING, np.int64)
    paired = np.flatnonzero(defect_of != NOTHING)
    call_of[defect_of[paired]] = paired
    return Settled(defect_of=defect_of, call_of=call_of, is_right=is_right)


def confusion(called: Boxes, truth: Boxes, settled: Settled, *, class_count: int) -> NDArray[np.int64]:
    """How often what is there was called what.

    Returns:
        (C + 1, C + 1) int64: rows are what is there, the last one nothing (false alarms); columns what was called, the
        last one nothing (missed). The corner of nothing and nothing is 0: nobody counts it.
    """
    table = np.zeros((class_count + 1, class_count + 1), np.int64)
    there = np.where(settled.defect_of == NOTHING, class_count, truth.class_index[settled.defect_of])
    np.add.at(table, (there, called.class_index), 1)
    np.add.at(table, (truth.class_index[settled.call_of == NOTHING], class_count), 1)
    return table


@dataclass(frozen=True, slots=True)
class ClassRates:
    """One class at the thresholds in force.

    Attributes:
        defects: how many there are.
        calls: how often the model named the class.
        hits: how often rightly.
        precision, recall: with their Wilson intervals; nan without calls, without defects.
        f1: 2 hits over calls and defects; nan where there are neither.
    """

    defects: int
    calls: int
    hits: int
    precision: Estimate
    recall: Estimate
    f1: float


def rates_by_class(table: NDArray[np.int64], *, level: float = LEVEL) -> tuple[ClassRates, ...]:
    """Precision, recall and F1 of each class, of a `confusion` table."""
    count = len(table) - 1
    return tuple(
        _rates(
            hits=int(table[index, index]),
            calls=int(table[:, index].sum()),
            defects=int(table[index].sum()),
            level=level,
        )
        for index in range(count)
    )


def macro_f1(rates: tuple[ClassRates, ...]) -> float:
    """The mean of F1 over the classes of which there is a defect; nan where there is none at all."""
    known = [one.f1 for one in rates if one.defects]
    return sum(known) / len(known) if known else math.nan


def _rates(*, hits: int, calls: int, defects: int, level: float) -> ClassRates:
    return ClassRates(
        defects=defects,
        calls=calls,
        hits=hits,
        precision=wilson(hits=hits, trials=calls, level=level),
        recall=wilson(hits=hits, trials=defects, level=level),
        f1=2 * hits / (calls + defects) if calls + defects else math.nan,
    )


def _of_one_class(boxes: Boxes) -> Boxes:
    return Boxes(boxes.image, boxes.boxes_px, np.zeros_like(boxes.class_index), boxes.confidence)
