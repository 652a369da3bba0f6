"""What two versions say of the same image: which calls stayed, changed, went and came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.evaluation.agreement import pair_boxes

SAME_PLACE_IOU = 0.5


class Flip(StrEnum):
    """What became of a call. One that changed class and band has changed class."""

    SAME = "same"
    BAND = "band"
    CLASS = "class"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, eq=False, slots=True)
class Calls:
    """What one version says of an image.

    Attributes:
        boxes_px: (N, 4) x, y, w, h.
        classes: (N,) int, any numbers that mean the same for both versions.
        bands: (N,) int, any numbers that mean the same for both versions.
    """

    boxes_px: FloatArray
    classes: IntArray
    bands: IntArray

    def __post_init__(self) -> None:
        count = len(self.boxes_px)
        if self.boxes_px.shape != (count, 4) or self.classes.shape != (count,) or self.bands.shape != (count,):
            shapes = (self.boxes_px.shape, self.classes.shape, self.bands.shape)
            raise ValueError(f"want (N, 4), (N,) and (N,) arrays, got {shapes}")


@dataclass(frozen=True, slots=True)
class FlippedCall:
    """One place of an image.

    Attributes:
        before, after: positions in the two sets; None where that version says nothing of the place.
    """

    flip: Flip
    before: int | None
    after: int | None


def flipped_calls(before: Calls, after: Calls, *, iou: float = SAME_PLACE_IOU) -> list[FlippedCall]:
    """Pair the calls of two versions on one image and say what became of each.

    Calls of one class are paired first, so that two defects that lie over each other do not seem to swap classes; what
    is left is paired whatever its class. Of several candidates those that overlap most belong together.

    Args:
        iou: least overlap of two calls of one place, above 0.

    Returns:
        Every call of both sets once: pairs first, then those that went, then those that came.
    """
    pairs = _pairs_within_classes(before, after, iou=iou)
    left = _rest(len(before.classes), [one for one, _ in pairs])
    right = _rest(len(after.classes), [other for _, other in pairs])
    crossed = pair_boxes(before.boxes_px[left], after.boxes_px[right], iou=iou).pairs.tolist()
    pairs += [(int(left[one]), int(right[other])) for one, other in crossed]
    gone = _rest(len(before.classes), [one for one, _ in pairs]).tolist()
    came = _rest(len(after.classes), [other for _, other in pairs]).tolist()
    return [
        *(FlippedCall(_changed(before, after, one, other), one, other) for one, other in sorted(pairs)),
        *(FlippedCall(Flip.GONE, one, None) for one in gone),
        *(FlippedCall(Flip.NEW, None, other) for other in came),
    ]


def _pairs_within_classes(before: Calls, after: Calls, *, iou: float) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for one_class in np.intersect1d(before.classes, after.classes).tolist():
        left, right = np.flatnonzero(before.classes == one_class), np.flatnonzero(after.classes == one_class)
        found = pair_boxes(before.boxes_px[left], after.boxes_px[right], iou=iou).pairs.tolist()
        pairs += [(int(left[one]), int(right[other])) for one, other in found]
    return pairs


def _rest(count: int, taken: list[int]) -> IntArray:
    return np.setdiff1d(np.arange(count), np.array(taken, np.int64))


def _changed(before: Calls, after: Calls, one: int, other: int) -> Flip:
    if before.classes[one] != after.classes[other]:
        return Flip.CLASS
    return Flip.SAME if before.bands[one] == after.bands[other] else Flip.BAND
