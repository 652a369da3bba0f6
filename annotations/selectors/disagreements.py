"""How far versions of the model disagree about detections."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from annotations.models import ReviewTask
from domain.review.disagreement import Found, disagreement
from inspection.models import Detection

# As many as confidences are stored with, so that a bound that somebody set is met.
_DECIMALS = 4
# Of each image the newest run before the one that is asked about by another version, whether it found anything or not.
_EARLIER = """
SELECT asked.image_id, asked.run_id, found.x_px, found.y_px, found.width_px, found.height_px,
    found.defect_class_id, found.confidence
FROM unnest(%(images)s::uuid[], %(runs)s::uuid[]) AS asked (image_id, run_id)
JOIN inspection_run own ON own.id = asked.run_id
CROSS JOIN LATERAL (
    SELECT run.id FROM run_image looked JOIN inspection_run run ON run.id = looked.run_id
    WHERE looked.image_id = asked.image_id AND looked.run_id < asked.run_id AND run.state = 'done'
        AND run.model_version_id <> own.model_version_id
    ORDER BY run.id DESC LIMIT 1
) earlier
LEFT JOIN detection found ON found.run_id = earlier.id AND found.image_id = asked.image_id
"""
_Place = tuple[UUID, UUID]
"""An image, and the run over it that is asked about."""


def disagreements_of(rows: Sequence[Detection | ReviewTask]) -> dict[UUID, float]:
    """0 to 1 by key, of those whose images another version of the model had looked at before. One statement."""
    by_place: dict[_Place, list[Detection | ReviewTask]] = defaultdict(list)
    for row in rows:
        by_place[row.image_id, row.run_id].append(row)
    scores: dict[UUID, float] = {}
    for place, earlier in _earlier(list(by_place)).items():
        asked = by_place[place]
        score = disagreement(_found([_values(row) for row in asked]), earlier=_found(earlier))
        scores |= dict(zip((row.pk for row in asked), score.round(_DECIMALS).tolist(), strict=True))
    return scores


def _earlier(places: Sequence[_Place]) -> dict[_Place, list[tuple[Any, ...]]]:
    if not places:
        return {}
    images, runs = zip(*places, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"images": list(images), "runs": list(runs)})
        rows = cursor.fetchall()
    earlier: dict[_Place, list[tuple[Any, ...]]] = {}
    for image_id, run_id, *values in rows:
        found = earlier.setdefault((image_id, run_id), [])
        if values[-1] is not None:
            found.append(tuple(values))
    return earlier


def _values(row: Detection | ReviewTask) -> tuple[Any, ...]:
    return row.x_px, row.y_px, row.width_px, row.height_px, row.defect_class_id, row.confidence


def _found(values: Sequence[tuple[Any, ...]]) -> Found:
    """Of (x, y, w, h, class, confidence)."""
    table = np.array(values, np.float64).reshape(-1, 6)
    return Found(boxes_px=table[:, :4], class_id=table[:, 4].astype(np.int64), confidence=table[:, 5])
