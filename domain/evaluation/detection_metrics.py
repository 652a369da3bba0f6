"""How well detections find defects: matching, average precision, recall at thresholds, calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.detection.boxes import pairwise_iou

RECALL_STEPS = np.linspace(0.0, 1.0, 101)
"""Where COCO reads precision off."""


@dataclass(frozen=True, eq=False, slots=True)
class Boxes:
    """Boxes of many images as one struct of arrays.

    Attributes:
        image: (N,) int which image each box is on.
        boxes_px: (N, 4) float x, y, w, h.
        class_index: (N,) int.
        confidence: (N,) float; all ones for truth.

    Raises:
        ValueError: the lengths do not agree.
    """

    image: NDArray[np.int64]
    boxes_px: NDArray[np.float64]
    class_index: NDArray[np.int64]
    confidence: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.image)
        if self.boxes_px.shape != (count, 4) or len(self.class_index) != count or len(self.confidence) != count:
            raise ValueError(
                f"lengths differ: {count} images, boxes {self.boxes_px.shape}, {len(self.class_index)} classes, "
                f"{len(self.confidence)} confidences"
            )

    def __len__(self) -> int:
        return len(self.image)

    def take(self, indices: IntArray | BoolArray) -> Boxes:
        """The boxes at these positions, or those where a mask is true."""
        return Boxes(self.image[indices], self.boxes_px[indices], self.class_index[indices], self.confidence[indices])


def match(found: Boxes, truth: Boxes, *, iou: float = 0.5) -> NDArray[np.int64]:
    """Pair detections with defects of the same image and class, as COCO does.

    The most confident detection chooses first, and takes the defect it overlaps most of those not taken yet.

    Args:
        found: detections in any order.
        truth: what is there.
        iou: least overlap of a pair.

    Returns:
        (N,) int64 row in truth of each detection, -1 for a false alarm.
    """
    matched = np.full(len(found), -1, np.int64)
    if not len(found) or not len(truth):
        return matched
    order = np.lexsort((-found.confidence, found.class_index, found.image))
    truth_order = np.lexsort((truth.class_index, truth.image))
    keys = truth.image[truth_order].astype(np.int64) * (1 << 20) + truth.class_index[truth_order]
    found_keys = found.image[order].astype(np.int64) * (1 << 20) + found.class_index[order]
    starts = np.flatnonzero(np.r_[True, found_keys[1:] != found_keys[:-1]])
    for start, stop in zip(starts, np.r_[starts[1:], len(order)], strict=True):
        first, last = np.searchsorted(keys, [found_keys[start], found_keys[start] + 1])
        if first == last:
            continue
        detections, defects = order[start:stop], truth_order[first:last]
        overlap = pairwise_iou(found.boxes_px[detections], truth.boxes_px[defects])
        for row, detection in enumerate(detections):
            best = int(overlap[row].argmax())
            if overlap[row, best] >= iou:
                matched[detection] = defects[best]
                overlap[:, best] = -1
    return matched


def average_precision(confidence: FloatArray, hit: BoolArray, *, truth_count: int) -> float:
    """Area under the precision-recall curve, read off at 101 recalls as COCO does.

    Args:
        confidence: (N,) of the detections of one class.
        hit: (N,) whether each was matched.
        truth_count: defects of that class there are.

    Returns:
        0..1, or nan when there is nothing to find.
    """
    return float(precision_at_recalls(confidence, hit, truth_count=truth_count).mean())


def precision_at_recalls(confidence: FloatArray, hit: BoolArray, *, truth_count: int) -> NDArray[np.float64]:
    """(101,) the best precision to be had at each of RECALL_STEPS or beyond: 0 where none is, nan with nothing to find.

    Arguments as `average_precision`.
    """
    if truth_count == 0:
        return np.full(len(RECALL_STEPS), np.nan)
    ordered = hit[np.argsort(-confidence, kind="stable")]
    hits = np.cumsum(ordered)
    recall = hits / truth_count
    precision = hits / np.arange(1, len(ordered) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALL_STEPS, side="left")
    return np.where(places < len(envelope), np.r_[envelope, 0.0][np.minimum(places, len(envelope))], 0.0)


def average_precision_per_class(
    found: Boxes, truth: Boxes, *, class_count: int, iou: float = 0.5
) -> NDArray[np.float64]:
    """(C,) average precision per class, nan for a class that does not occur in truth."""
    hit = match(found, truth, iou=iou) >= 0
    return np.array(
        [
            average_precision(
                found.confidence[found.class_index == index],
                hit[found.class_index == index],
                truth_count=int((truth.class_index == index).sum()),
            )
            for index in range(class_count)
        ]
    )


def rates_at_thresholds(
    found: Boxes, truth: Boxes, *, thresholds: FloatArray, iou: float = 0.5
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """What an operator gets when detections below their class's threshold are not shown.

    Args:
        found: all detections.
        truth: what is there.
        thresholds: (C,) least confidence per class.
        iou: least overlap of a pair.

    Returns:
        (C,) recall, (C,) precision (nan where undefined), (M,) bool which defects were found.
    """
    shown = found.take(found.confidence >= thresholds[found.class_index])
    matched = match(shown, truth, iou=iou)
    seen = np.zeros(len(truth), np.bool_)
    seen[matched[matched >= 0]] = True
    recall, precision = np.full(len(thresholds), np.nan), np.full(len(thresholds), np.nan)
    for index in range(len(thresholds)):
        there, called = truth.class_index == index, shown.class_index == index
        if there.any():
            recall[index] = seen[there].mean()
        if called.any():
            precision[index] = (matched[called] >= 0).mean()
    return recall, precision, seen


def expected_calibration_error(confidence: FloatArray, correct: BoolArray, *, bins: int = 15) -> float:
    """How far confidence is from the share that is correct, averaged over equal-width bins by their weight.

    Args:
        confidence: (N,) 0..1.
        correct: (N,) whether each was right.
        bins: how many.

    Returns:
        0 (perfect) to 1; nan without detections.
    """
    if not len(confidence):
        return float("nan")
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    weight = np.bincount(place, minlength=bins)
    gap = np.bincount(place, confidence, bins) - np.bincount(place, correct.astype(np.float64), bins)
    return float(np.abs(gap).sum() / weight.sum())
