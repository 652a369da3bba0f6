"""How unlike what has been decided detections are."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from annotations.choices import SETTLED, TaskKind
from core.briefly import Briefly
from domain.arrays import FloatArray
from domain.review.novelty import novelty
from inspection.models import Detection
from inspection.models.detections import EMBEDDING_SIZE

MOST_COMPARED = 512
"""Of what has been decided so much is kept to compare with: of every class the newest, all classes alike."""
MOST_WORDS = 10_000
"""So many of the newest words are looked through for it."""
# Another version of the model puts things elsewhere; what was found by none that is known is compared with its like.
_Space = tuple[int, int | None]
"""A site, and a version of the model."""
_read: Briefly[FloatArray] = Briefly(ttl_s=60.0, limit=64)

_REFERENCE = """
WITH said AS (
    SELECT id, task_id, number, defect_class_id FROM annotation ORDER BY id DESC LIMIT %(words)s
), known AS (
    SELECT said.id, task.detection_id,
        row_number() OVER (PARTITION BY said.defect_class_id ORDER BY said.id DESC) AS place
    FROM said JOIN review_task task ON task.id = said.task_id AND task.annotation_number = said.number
    JOIN inspection_run run ON run.id = task.run_id
    WHERE task.site_id = %(site)s AND task.kind = %(kind)s AND task.state = ANY(%(settled)s)
        AND run.model_version_id IS NOT DISTINCT FROM %(version)s
)
SELECT found.embedding::real[] FROM known JOIN detection found ON found.id = known.detection_id
WHERE found.embedding IS NOT NULL
ORDER BY known.place, known.id DESC LIMIT %(compared)s
"""
_EMBEDDINGS = "SELECT id, embedding::real[] FROM detection WHERE id = ANY(%s) AND embedding IS NOT NULL"


def novelties_of(rows: Sequence[Detection]) -> dict[UUID, float]:
    """See `domain.review.novelty`, by key. The detections' runs should be loaded; embeddings are read here."""
    by_space: dict[_Space, list[UUID]] = defaultdict(list)
    for row in rows:
        by_space[row.run.site_id, row.run.model_version_id].append(row.pk)
    embedding = _embeddings([row.pk for row in rows]) if rows else {}
    scores: dict[UUID, float] = {}
    for space, keys in by_space.items():
        found = _table([embedding.get(key) for key in keys])
        scores |= dict(zip(keys, novelty(found, reference=_reference(space)).tolist(), strict=True))
    return scores


def forget_novelties() -> None:
    """Read afresh: a test begins."""
    _read.clear()


def _reference(space: _Space) -> FloatArray:
    return _read.get(space, lambda: _read_reference(space))


def _read_reference(space: _Space) -> FloatArray:
    site_id, version_id = space
    values: dict[str, Any] = {
        "site": site_id,
        "version": version_id,
        "kind": TaskKind.DETECTION,
        "settled": [state.value for state in SETTLED],
        "words": MOST_WORDS,
        "compared": MOST_COMPARED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCE, values)
        return _table([embedding for (embedding,) in cursor.fetchall()])


def _embeddings(keys: Sequence[UUID]) -> dict[UUID, list[float]]:
    with connection.cursor() as cursor:
        cursor.execute(_EMBEDDINGS, [list(keys)])
        return dict(cursor.fetchall())


def _table(embeddings: Sequence[list[float] | None]) -> FloatArray:
    """(N, E) float32, nan where there is none."""
    unknown = [np.nan] * EMBEDDING_SIZE
    return np.array([one or unknown for one in embeddings], np.float32).reshape(-1, EMBEDDING_SIZE)
