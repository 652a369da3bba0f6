"""Detections for tests, from as little as a list of boxes."""

import numpy as np

from domain.detection.types import Detections


def detections(boxes, *, classes=None, confidence=None) -> Detections:
    count = len(boxes)
    classes = np.zeros(count, np.int16) if classes is None else np.asarray(classes, np.int16)
    confidence = np.linspace(0.9, 0.5, count) if confidence is None else np.asarray(confidence)
    confidence = confidence.astype(np.float32)
    return Detections(
        boxes_px=np.asarray(boxes, np.float32).reshape(count, 4),
        class_index=classes,
        confidence=confidence,
        raw_score=confidence,
        top3_class=np.stack([classes, classes + 1, classes + 2], axis=1).astype(np.int16),
        top3_confidence=np.stack([confidence, confidence / 2, confidence / 4], axis=1),
        embedding=np.zeros((count, 64), np.float16),
    )
