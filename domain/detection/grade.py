"""Bands of detections and of images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray


class Severity(IntEnum):
    """How much a class of defect matters, least first."""

    NUISANCE = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3


class Band(IntEnum):
    """What to do with a detection or an image, least alarming first. `.label` is how it is stored and sent."""

    ACCEPT = 0
    REVIEW = 1
    REJECT = 2

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Bands:
    """Confidences at which a detection is worth a person's look, and at which it speaks for itself.

    Raises:
        ValueError: not 0 <= review_from <= reject_from <= 1.
    """

    review_from: float
    reject_from: float

    def __post_init__(self) -> None:
        if not 0 <= self.review_from <= self.reject_from <= 1:
            raise ValueError(
                f"want 0 <= review_from <= reject_from <= 1, got {self.review_from} and {self.reject_from}"
            )


def bands_of(confidence: FloatArray, *, bands: Bands) -> NDArray[np.int8]:
    """Band of each detection, as (N,) int8 values of Band.

    Below review_from a detection is weak evidence and accepted; below reject_from it is for a person; from there
    on it is rejected.
    """
    return ((confidence >= bands.review_from).astype(np.int8) + (confidence >= bands.reject_from)).astype(np.int8)


def severities_of(class_index: IntArray, *, severity_by_class: IntArray) -> NDArray[np.int8]:
    """Severity of each detection, as (N,) int8 values of Severity.

    Args:
        class_index: (N,) int.
        severity_by_class: (C,) int values of Severity by class index.
    """
    return np.asarray(severity_by_class, np.int8)[class_index]


def image_band(detection_bands: IntArray, *, severities: IntArray) -> Band:
    """Band of an image from the bands and severities of its detections.

    Rejected for a sure critical or major defect; for a person when anything else is sure or anything is unsure;
    accepted otherwise. A nuisance is a real signal but not a defect: it never alarms.
    """
    counts = severities > Severity.NUISANCE
    if ((detection_bands == Band.REJECT) & (severities >= Severity.MAJOR)).any():
        return Band.REJECT
    if ((detection_bands >= Band.REVIEW) & counts).any():
        return Band.REVIEW
    return Band.ACCEPT


def counts_by_severity(severities: IntArray) -> dict[str, int]:
    """How many of each severity, most severe first, all four keys present."""
    counted = np.bincount(np.asarray(severities, np.int64), minlength=len(Severity))
    return {severity.name.lower(): int(counted[severity]) for severity in sorted(Severity, reverse=True)}
