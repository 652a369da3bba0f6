"""Tasks of detections, and their places in queues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import connection

from annotations.choices import QueueOrder, TaskKind, TaskState
from annotations.models import QueueEntry, ReviewQueue, ReviewTask
from annotations.selectors import Selection, disagreements_of, novelties_of, task_key
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from domain.detection.grade import Band, Severity
from domain.review.worth import worth_of_look
from inspection.models import Detection

LAST_RANK = float("-inf")
"""Of what the audit drew and the queue does not take: handed out when its turn is drawn, or when nothing else waits."""
_DRAWN_FROM = 10_000
Audited = Mapping[UUID, Sequence[ReviewQueue]]
"""Images that the random audit drew, with the queues that look at them."""


@dataclass(frozen=True)
class _Figures:
    """What orders go by, by a detection's key; the last two of what queues ask it of."""

    worth: Mapping[UUID, float]
    disagreement: Mapping[UUID, float]
    novelty: Mapping[UUID, float]


def enlist(found: Sequence[Detection], *, queues: Sequence[ReviewQueue], audited: Audited, now: datetime) -> int:
    """Make tasks of the detections that a queue takes or audits, and give them their places.

    Returns:
        How many places there are now that were not before.
    """
    disagreement = disagreements_for(queues, found)
    places = [
        (queue, row, is_selected)
        for queue in queues
        for row in found
        if (is_selected := selects(queue, row, disagreement=disagreement.get(row.pk, 0.0)))
        or _audits(queue, row, audited)
    ]
    wanted = {row.pk: row for _, row, _ in places}
    if not wanted:
        return 0
    unlike = {row.pk: row for queue, row, is_selected in places if is_selected and queue.order == QueueOrder.NOVELTY}
    figures = _Figures(_worth_of(list(wanted.values())), disagreement, novelties_of(list(unlike.values())))
    wants: dict[UUID, int] = {}
    for queue, row, _ in places:
        wants[row.pk] = max(wants.get(row.pk, 1), wants_of(queue, task_key(row.pk)))
    tasks = [_task(row, worth=figures.worth[row.pk], wants=wants[row.pk], now=now) for row in wanted.values()]
    insert_tasks(tasks)
    # A task that was there already may be taken, decided or withdrawn.
    stored = ReviewTask.objects.filter(pk__in=[task.pk for task in tasks], state=TaskState.OPEN)
    is_open = {task.detection_id: task.seats_taken < task.wants for task in stored}
    return write_entries(
        [
            QueueEntry(
                queue=queue,
                task_id=task_key(row.pk),
                generation=queue.generation,
                rank=_rank(queue, row, figures) if is_selected else LAST_RANK,
                is_open=is_open[row.pk],
                is_audit=_audits(queue, row, audited),
            )
            for queue, row, is_selected in places
            if row.pk in is_open
        ]
    )


def insert_tasks(tasks: Sequence[ReviewTask]) -> None:
    """Insert those that are not there yet."""
    # Inserting one that is there would wait for whoever is just deciding it, who may be waiting for us.
    known = _known([task.pk for task in tasks])
    _insert([task for task in tasks if task.pk not in known])


def _known(keys: Sequence[UUID]) -> set[UUID]:
    return set(ReviewTask.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _insert(tasks: Sequence[ReviewTask]) -> None:
    # In one order: two at once that insert the same in orders of their own would wait for each other forever.
    ReviewTask.objects.bulk_create(sorted(tasks, key=lambda task: task.pk), ignore_conflicts=True)


def write_entries(entries: Sequence[QueueEntry]) -> int:
    """Insert entries; those of an older generation of the queue become the present one's.

    Returns:
        How many were written.
    """
    if not entries:
        return 0
    columns = [(one.queue_id, one.task_id, one.generation, one.rank, one.is_open, one.is_audit) for one in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO review_queue_entry (queue_id, task_id, generation, rank, is_open, is_audit)
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::float8[], %s::bool[], %s::bool[])
                AS wanted (queue_id, task_id, generation, rank, is_open, is_audit)
            -- One that is in conflict is locked also where nothing of it changes.
            WHERE NOT EXISTS (
                SELECT FROM review_queue_entry known
                WHERE known.queue_id = wanted.queue_id AND known.task_id = wanted.task_id
                    AND known.generation >= wanted.generation AND (known.is_audit OR NOT wanted.is_audit)
            )
            ORDER BY wanted.task_id, wanted.queue_id
            ON CONFLICT (queue_id, task_id) DO UPDATE
                SET generation = excluded.generation, rank = excluded.rank, is_open = excluded.is_open,
                    is_audit = review_queue_entry.is_audit OR excluded.is_audit
                WHERE review_queue_entry.generation < excluded.generation
                    OR (excluded.is_audit AND NOT review_queue_entry.is_audit)
            """,
            [list(column) for column in zip(*columns, strict=True)],
        )
        return int(cursor.rowcount)


def keep_audit(queue: ReviewQueue) -> None:
    """What the audit drew for a queue stays in it, whatever the queue takes from now on."""
    kept = QueueEntry.objects.filter(queue=queue, is_audit=True, generation__lt=queue.generation).order_by("task_id")
    keys = list(kept.select_for_update(no_key=True).values_list("pk", flat=True))
    QueueEntry.objects.filter(pk__in=keys).update(generation=queue.generation, rank=LAST_RANK)


def make_tasks(detections: Sequence[Detection], *, actor: Actor, now: datetime) -> None:
    """Tasks of detections that somebody says something of, whether or not a queue has taken them."""
    known = _known([task_key(row.pk) for row in detections])
    wanted = [row for row in detections if task_key(row.pk) not in known]
    if wanted:
        worth = _worth_of(wanted)
        tasks = [_task(row, worth=worth[row.pk], wants=1, now=now) for row in wanted]
        _insert(tasks)
        audit.record(
            action=Action.TASKS_MADE,
            object_type="wafer",
            object_id=wanted[0].wafer_id,
            actor=actor,
            at=now,
            after={"tasks": len(tasks)},
        )


def wants_of(queue: ReviewQueue, task_id: UUID) -> int:
    """How many opinions: of a share of the tasks, drawn by their keys, as many as the queue's overlap says."""
    is_drawn = task_id.int % _DRAWN_FROM < queue.overlap_share * _DRAWN_FROM
    return queue.overlap_reviewers if is_drawn else 1


def disagreements_for(queues: Sequence[ReviewQueue], rows: Sequence[Detection | ReviewTask]) -> dict[UUID, float]:
    """How far versions of the model disagree about what queues that ask for it may take; else nothing is read."""
    asking = [queue for queue in queues if _compares_versions(queue)]
    asked = {row.pk: row for queue in asking for row in rows if selects(queue, row, disagreement=1.0)}
    return disagreements_of(list(asked.values())) if asked else {}


def _compares_versions(queue: ReviewQueue) -> bool:
    return queue.order == QueueOrder.DISAGREEMENT or Selection.of(queue.selection).min_disagreement > 0


def selects(queue: ReviewQueue, row: Detection | ReviewTask, *, disagreement: float) -> bool:
    """Whether a detection, or its task, is of those that a queue is for; its run's relations should be loaded."""
    assert row.defect_class is not None and row.confidence is not None
    return Selection.of(queue.selection).takes(
        recipe=row.run.recipe_version.recipe.code,
        layer=row.run.layer.code,
        tool=row.run.tool.code if row.run.tool else None,
        defect_class=row.defect_class.code,
        band=row.band,
        confidence=row.confidence,
        disagreement=disagreement,
    )


def _audits(queue: ReviewQueue, row: Detection, audited: Audited) -> bool:
    return any(queue.pk == one.pk for one in audited.get(row.image_id, ()))


def _worth_of(rows: list[Detection]) -> dict[UUID, float]:
    worth = worth_of_look(
        np.array([row.confidence for row in rows]),
        bands=np.array([Band[row.band.upper()] for row in rows]),
        severities=np.array([Severity[row.severity.upper()] for row in rows]),
    )
    return {row.pk: float(value) for row, value in zip(rows, worth, strict=True)}


def _rank(queue: ReviewQueue, row: Detection, figures: _Figures) -> float:
    if queue.order == QueueOrder.OLDEST:
        # The first 48 bits of a key are the milliseconds of its time.
        return -float(row.pk.int >> 80)
    if queue.order == QueueOrder.SEVERITY:
        return float(Severity[row.severity.upper()]) + row.confidence
    if queue.order == QueueOrder.DISAGREEMENT:
        return figures.disagreement.get(row.pk, 0.0)
    if queue.order == QueueOrder.NOVELTY:
        return figures.novelty[row.pk]
    return figures.worth[row.pk]


def _task(row: Detection, *, worth: float, wants: int, now: datetime) -> ReviewTask:
    return ReviewTask(
        id=task_key(row.pk),
        site_id=row.run.site_id,
        kind=TaskKind.DETECTION,
        detection=row,
        run_id=row.run_id,
        image_id=row.image_id,
        wafer_id=row.wafer_id,
        defect_class_id=row.defect_class_id,
        confidence=row.confidence,
        severity=row.severity,
        band=row.band,
        x_px=row.x_px,
        y_px=row.y_px,
        width_px=row.width_px,
        height_px=row.height_px,
        worth=worth,
        wants=wants,
        made_at=now,
    )
