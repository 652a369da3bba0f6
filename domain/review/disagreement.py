"""How far two versions of a model disagree about what one of them found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray
from domain.detection.boxes import pairwise_iou

SAME_PLACE_IOU = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What one version found on an image.

    Attributes:
        boxes_px: (N, 4) float x, y, w, h.
        class_id: (N,) int.
        confidence: (N,) float, calibrated.
    """

    boxes_px: FloatArray
    class_id: IntArray
    confidence: FloatArray


def disagreement(found: Found, *, earlier: Found | None) -> NDArray[np.float64]:
    """The distance between what two versions say of each place.

    Each spreads a belief of 1 over the classes and "nothing": its confidence on the class that it named, the rest on
    nothing. The score is the total variation distance of the two: the confidence where only one found anything, the
    higher confidence where the classes differ, the difference of confidences where they do not.

    Args:
        found: what is asked about, of the version that counts.
        earlier: everything that another version found on the same image; None where no other has looked.

    Returns:
        (N,) float64 from 0 to 1.
    """
    confidence = np.asarray(found.confidence, np.float64)
    if earlier is None:
        return np.zeros(len(confidence))
    if len(earlier.confidence) == 0:
        return confidence.copy()
    overlap = pairwise_iou(found.boxes_px, earlier.boxes_px)
    is_same = found.class_id[:, None] == earlier.class_id[None]
    # What both call the same is compared with itself, also where a box of another class lies closer.
    likeness = np.where(overlap >= SAME_PLACE_IOU, overlap + is_same, 0.0)
    rows, nearest = np.arange(len(confidence)), likeness.argmax(axis=1)
    theirs = np.where(likeness[rows, nearest] > 0.0, earlier.confidence[nearest], 0.0)
    both_name_it = is_same[rows, nearest] & (theirs > 0.0)
    return np.where(both_name_it, np.abs(confidence - theirs), np.maximum(confidence, theirs))
