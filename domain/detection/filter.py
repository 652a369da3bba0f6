"""What a recipe wants to see of what the model found."""

from __future__ import annotations

import numpy as np

from domain.arrays import FloatArray
from domain.detection.types import Detections


def apply_thresholds(detections: Detections, *, thresholds: FloatArray) -> Detections:
    """Keep detections at least as confident as the threshold of their class.

    Args:
        detections: any number.
        thresholds: (C,) float confidence per class index.

    Raises:
        ValueError: a detection's class has no threshold.
    """
    if len(detections) and int(detections.class_index.max()) >= len(thresholds):
        raise ValueError(f"{len(thresholds)} thresholds, but a detection of class {int(detections.class_index.max())}")
    return detections.take(detections.confidence >= thresholds[detections.class_index])


def most_confident(detections: Detections, *, limit: int) -> Detections:
    """The `limit` most confident, most confident first: a pattern mistaken for defects must not flood the store."""
    return detections.sorted_by_confidence().take(np.arange(min(max(0, limit), len(detections))))
