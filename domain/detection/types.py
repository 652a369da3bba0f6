"""Detections as one struct of arrays that checks its own shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, IntArray

TOP = 3
EMBEDDING_SIZE = 64


@dataclass(frozen=True, eq=False, slots=True)
class Detections:
    """N detections of one image, in no promised order.

    Attributes:
        boxes_px: (N, 4) float32 x, y, w, h; x, y is the top left corner; the first pixel covers 0..1.
        class_index: (N,) int16 index into the model's class table.
        confidence: (N,) float32 calibrated, 0..1.
        raw_score: (N,) float32 what the model said before calibration.
        top3_class: (N, 3) int16 best three classes, best first; -1 where the model has fewer classes.
        top3_confidence: (N, 3) float32 their calibrated confidences, falling.
        embedding: (N, E) float16, length 1.

    Raises:
        ValueError: an array has another dtype, or the lengths do not agree.
    """

    boxes_px: NDArray[np.float32]
    class_index: NDArray[np.int16]
    confidence: NDArray[np.float32]
    raw_score: NDArray[np.float32]
    top3_class: NDArray[np.int16]
    top3_confidence: NDArray[np.float32]
    embedding: NDArray[np.float16]

    def __post_init__(self) -> None:
        count = len(self.boxes_px)
        wanted: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
            "boxes_px": (np.float32, (count, 4)),
            "class_index": (np.int16, (count,)),
            "confidence": (np.float32, (count,)),
            "raw_score": (np.float32, (count,)),
            "top3_class": (np.int16, (count, TOP)),
            "top3_confidence": (np.float32, (count, TOP)),
            "embedding": (np.float16, (count, self.embedding.shape[-1])),
        }
        for name, (dtype, shape) in wanted.items():
            array = getattr(self, name)
            if array.dtype != dtype or array.shape != shape:
                raise ValueError(f"{name}: want {np.dtype(dtype).name} {shape}, got {array.dtype.name} {array.shape}")

    def __len__(self) -> int:
        return len(self.boxes_px)

    @classmethod
    def empty(cls, embedding_size: int = EMBEDDING_SIZE) -> Detections:
        """No detections, with an embedding of the given width."""
        return cls(
            boxes_px=np.zeros((0, 4), np.float32),
            class_index=np.zeros(0, np.int16),
            confidence=np.zeros(0, np.float32),
            raw_score=np.zeros(0, np.float32),
            top3_class=np.zeros((0, TOP), np.int16),
            top3_confidence=np.zeros((0, TOP), np.float32),
            embedding=np.zeros((0, embedding_size), np.float16),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Detections]) -> Detections:
        """All parts one after the other; empty when there are no parts."""
        if not parts:
            return cls.empty()
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})

    def take(self, indices: IntArray | BoolArray) -> Detections:
        """The detections at these positions, in this order; or those where a mask is true."""
        return Detections(**{f.name: getattr(self, f.name)[indices] for f in fields(self)})

    def sorted_by_confidence(self) -> Detections:
        """Most confident first; ties keep their order."""
        return self.take(np.argsort(-self.confidence, kind="stable"))
