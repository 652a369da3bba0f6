"""Which words about one image stand, where several runs have been decided on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.datasets.records import Box
from domain.detection.boxes import pairwise_iou

SAME_PLACE_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Word:
    """What was settled about one place.

    Attributes:
        run: of the detection; words about one run's detections are about different things, however they overlap.
        said: grows with time.
    """

    run: str
    said: str
    bbox_px: Box


def words_that_stand(words: Sequence[Word]) -> list[int]:
    """Positions of the words that stand: of those about one place, from different runs, the one that was said last.

    An image that was judged again is decided again, and what people said before is of the same defects. Two words are
    about one place when their boxes overlap by `SAME_PLACE_IOU` or more.

    Returns:
        Positions in `words`, ascending.
    """
    if len({word.run for word in words}) < 2:
        return list(range(len(words)))
    boxes = np.array([word.bbox_px for word in words], float)
    is_same_place = pairwise_iou(boxes, boxes) >= SAME_PLACE_IOU
    standing: list[int] = []
    for at in sorted(range(len(words)), key=lambda at: words[at].said, reverse=True):
        if not any(is_same_place[at, other] and words[other].run != words[at].run for other in standing):
            standing.append(at)
    return sorted(standing)
