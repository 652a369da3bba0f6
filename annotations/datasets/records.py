"""What a snapshot says of its images, read from the rows that were settled when it was begun.

Annotations are never edited and images never change, so the same rows give the same records whenever they are read.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from annotations.choices import Verdict
from annotations.models import DatasetImage, DatasetSnapshot
from domain.datasets.records import DefectObject, ImageRecord, Split
from domain.datasets.settle import Word, words_that_stand
from domain.datasets.split import Candidate, LotCounts
from domain.datasets.statistics import Counts
from domain.shapes import said as shapes
from domain.shapes.kinds import Shape

_COUNTS = """
SELECT lot.code, class.code, count(*)
FROM dataset_word word
JOIN dataset_image own ON own.snapshot_id = word.snapshot_id AND own.image_id = word.image_id
JOIN lot ON lot.id = own.lot_id
JOIN annotation said ON said.task_id = word.task_id AND said.number = word.annotation_number
JOIN defect_class class ON class.id = said.defect_class_id
WHERE word.snapshot_id = %s AND own.duplicate_of IS NULL AND said.verdict = 'defect'
GROUP BY lot.code, class.code
"""
_IMAGES = """
SELECT image.id, image.sha256, image.pixel_sha256, image.width_px, image.height_px, image.format, image.file_name,
       lot.code, wafer.code, layer.code, coalesce(tool.code, ''), product.code, own.split, own.is_complete
FROM dataset_image own
JOIN inspection_image image ON image.id = own.image_id
JOIN wafer ON wafer.id = image.wafer_id
JOIN lot ON lot.id = own.lot_id
JOIN product ON product.id = lot.product_id
JOIN layer ON layer.id = image.layer_id
LEFT JOIN tool ON tool.id = image.tool_id
WHERE own.snapshot_id = %(snapshot)s AND own.duplicate_of IS NULL
    AND (%(after)s::uuid IS NULL OR own.image_id > %(after)s)
ORDER BY own.image_id LIMIT %(limit)s
"""
_WORDS = """
SELECT word.image_id, word.task_id, word.annotation_number, word.stage, said.verdict, class.code,
       coalesce(said.x_px, task.x_px), coalesce(said.y_px, task.y_px), coalesce(said.width_px, task.width_px),
       coalesce(said.height_px, task.height_px), author.username, task.run_id, said.id, said.shape
FROM dataset_word word
JOIN review_task task ON task.id = word.task_id
JOIN annotation said ON said.task_id = word.task_id AND said.number = word.annotation_number
JOIN {users} author ON author.id = said.author_id
LEFT JOIN defect_class class ON class.id = said.defect_class_id
-- What was merged into another is neither a defect of its own nor a place where nothing is.
WHERE word.snapshot_id = %s AND word.image_id = ANY(%s) AND said.change <> 'merged'
ORDER BY word.image_id, word.task_id
"""
# Tenths of the model's confidence; what people found has none.
_OF_WORDS = """
SELECT coalesce(least(floor(task.confidence * 10), 9)::int::text, ''), (said.made_at AT TIME ZONE 'UTC')::date::text,
       count(*)
FROM unnest(%s::uuid[], %s::int[]) AS word(task, number)
JOIN review_task task ON task.id = word.task
JOIN annotation said ON said.task_id = word.task AND said.number = word.number
GROUP BY 1, 2
"""


def candidates_of(snapshot: DatasetSnapshot) -> list[Candidate]:
    """Every image that was collected."""
    rows = DatasetImage.objects.filter(snapshot=snapshot).values_list(
        "image_id", "lot__code", "image__pixel_sha256", "words"
    )
    return [Candidate(str(image), lot, pixels, words) for image, lot, pixels, words in rows.iterator(chunk_size=5000)]


def lot_counts_of(snapshot: DatasetSnapshot, stay: Sequence[Candidate]) -> dict[str, LotCounts]:
    """What each lot brings of the images that stay."""
    lots = {lot: LotCounts(images=count) for lot, count in Counter(one.lot for one in stay).items()}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [snapshot.pk])
        for lot, code, count in cursor.fetchall():
            lots[lot].by_class[code] = count
    return lots


def records_of(snapshot: DatasetSnapshot, *, after: UUID | None, limit: int) -> list[ImageRecord]:
    """The next images in the order of their keys, with what stands on them. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_IMAGES, {"snapshot": snapshot.pk, "after": after, "limit": limit})
        images = cursor.fetchall()
        cursor.execute(_WORDS.format(users=_users_table()), [snapshot.pk, [row[0] for row in images]])
        said: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
        for row in cursor.fetchall():
            said[row[0]].append(row)
    site = snapshot.site.code
    return [_record(row, said[row[0]], site=site) for row in images]


def word_counts_of(records: Sequence[ImageRecord]) -> Counts:
    """What the rows know of the defects on some images, and the manifest does not say. One query.

    Returns:
        `confidence`: defects by the tenth of the model's confidence, "none" for what people found; `days`: defects by
        the day, in UTC, on which the word that counts was said.
    """
    words = [(one.task, one.annotation) for record in records for one in record.objects]
    confidence: Counter[str] = Counter()
    days: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_OF_WORDS, [[task for task, _ in words], [number for _, number in words]])
        for tenth, day, count in cursor.fetchall():
            confidence[tenth or "none"] += count
            days[day] += count
    return {"confidence": dict(confidence), "days": dict(days)}


def _record(row: tuple[Any, ...], said: list[tuple[Any, ...]], *, site: str) -> ImageRecord:
    key, sha256, pixels, width_px, height_px, format, name, lot, wafer, layer, tool, product, split, is_complete = row
    standing = words_that_stand([Word(run=str(one[11]), said=str(one[12]), bbox_px=one[6:10]) for one in said])
    kept = [said[at] for at in standing]
    return ImageRecord(
        image=str(key),
        sha256=sha256,
        pixel_sha256=pixels,
        width_px=width_px,
        height_px=height_px,
        format=format,
        file_name=name,
        site=site,
        lot=lot,
        wafer=wafer,
        layer=layer,
        tool=tool,
        product=product,
        split=Split(split),
        objects=tuple(
            DefectObject(one[5], one[6:10], str(one[1]), one[2], author=one[10], stage=one[3], shape=_shape(one[13]))
            for one in kept
            if one[4] == Verdict.DEFECT
        ),
        nuisances=tuple(one[6:10] for one in kept if one[4] == Verdict.NUISANCE),
        is_complete=is_complete,
    )


def _shape(said: Any) -> Shape | None:
    if said is None:
        return None
    # The driver gives JSON as it stands; Django would have read it.
    return shapes.read(json.loads(said) if isinstance(said, str) else said)


def _users_table() -> str:
    from django.contrib.auth import get_user_model

    return connection.ops.quote_name(get_user_model()._meta.db_table)
