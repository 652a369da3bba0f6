"""Detections become tasks: new ones as their runs finish, stored ones when a queue is made or changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from annotations import events
from annotations.choices import QueueOrder, TaskKind, TaskState
from annotations.models import IntakeCursor, QueueEntry, ReviewQueue, ReviewTask
from annotations.selectors import Selection
from audit import services as audit
from audit.actions import Action
from core.actors import service_account
from core.briefly import Briefly
from core.ids import derived_uuid7, uuid7_floor
from domain.detection.grade import Band, Severity
from domain.review.worth import worth_of_look
from inspection import events as inspection_events
from inspection.choices import RunState
from inspection.models import Detection, InspectionRun, RunImage
from outbox import services as outbox
from outbox.selectors import settled_after

INTAKE = service_account("intake")
AT_ONCE = 200
"""Announcements taken in by one transaction."""
FILL_AT_ONCE = 2000
"""Stored detections looked at by one transaction."""
FILL_BACK = timedelta(days=90)
_DRAWN_FROM = 10_000
# Nothing becomes old in a queue until it is changed again, and a look takes as long as the queue is.
_tidied: Briefly[bool] = Briefly(ttl_s=3600.0)
RELATIONS = ("defect_class", "run__layer", "run__tool", "run__recipe_version__recipe")


@transaction.atomic
def take_in(*, now: datetime) -> int:
    """Make tasks of what runs have found since the last time. Any number may run; one does.

    Returns:
        How many announcements were taken in; as many as `AT_ONCE` means that there are more.
    """
    IntakeCursor.objects.get_or_create(pk=1)
    cursor = IntakeCursor.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if cursor is None:
        return 0
    heard = settled_after(
        transaction=cursor.transaction, seq=cursor.seq, type=inspection_events.RUN_DONE, at_most=AT_ONCE
    )
    if not heard:
        return 0
    _enlist_runs([UUID(event.payload["run"]) for event in heard], now=now)
    cursor.transaction, cursor.seq = heard[-1].transaction, heard[-1].seq
    cursor.save(update_fields=["transaction", "seq"])
    return len(heard)


@transaction.atomic
def fill_queues(*, now: datetime) -> int:
    """Look at some of what was found before, for one queue that has not got to its end.

    Returns:
        How many detections were looked at; none when every queue is filled.
    """
    queue = (
        ReviewQueue.objects.select_for_update(skip_locked=True)
        .filter(fill_before__isnull=False, is_archived=False)
        .order_by("id")
        .first()
    )
    if queue is None:
        return 0
    stored = list(
        Detection.objects.filter(
            pk__lt=queue.fill_before, pk__gte=uuid7_floor(at=now - FILL_BACK), run__site_id=queue.site_id
        )
        .select_related(*RELATIONS)
        .defer("embedding")
        .order_by("-pk")[:FILL_AT_ONCE]
    )
    queue.fill_before = stored[-1].pk if len(stored) == FILL_AT_ONCE else None
    queue.save(update_fields=["fill_before"])
    made = _enlist(_latest(stored), queues=[queue], now=now)
    if made or queue.fill_before is None:
        _record_made("review_queue", queue.pk, {"places": made}, now=now)
        _announce([queue], now=now)
    return max(1, len(stored))


@transaction.atomic
def forget_old_entries(*, at_most: int = 20_000) -> int:
    """Delete entries of what queues took before they were changed, a bounded number at a time."""
    deleted = 0
    for queue_id, generation in ReviewQueue.objects.filter(generation__gt=1).values_list("pk", "generation"):
        if _tidied.remembered((queue_id, generation)):
            continue
        old = QueueEntry.objects.filter(queue=queue_id, generation__lt=generation).values("pk")[: at_most - deleted]
        gone, _ = QueueEntry.objects.filter(pk__in=old).delete()
        deleted += gone
        if deleted >= at_most:
            break
        if not gone:
            _tidied.get((queue_id, generation), lambda: True)
    return deleted


def _enlist_runs(keys: Sequence[UUID], *, now: datetime) -> None:
    runs = list(InspectionRun.objects.filter(pk__in=keys))
    by_site: dict[int, list[InspectionRun]] = defaultdict(list)
    for run in runs:
        by_site[run.site_id].append(run)
    for site_id, of_site in by_site.items():
        _withdraw_superseded(of_site, now=now)
        queues = list(ReviewQueue.objects.filter(site_id=site_id, is_archived=False))
        if not queues:
            continue
        found = Detection.objects.filter(run__in=of_site).select_related(*RELATIONS).defer("embedding")
        made = _enlist(_latest(list(found)), queues=queues, now=now)
        if made:
            runs_said = [str(run.pk) for run in of_site]
            _record_made("site", site_id, {"places": made, "runs": runs_said}, now=now)
            _announce(queues, now=now)


def _latest(found: list[Detection]) -> list[Detection]:
    """Those of the detections whose images no later run has looked at."""
    images = {row.image_id for row in found}
    latest: dict[UUID, UUID] = {}
    done = RunImage.objects.filter(image__in=images, run__state=RunState.DONE).values_list("image_id", "run_id")
    for image_id, run_id in done:
        latest[image_id] = max(run_id, latest.get(image_id, run_id))
    return [row for row in found if latest.get(row.image_id) == row.run_id]


def _withdraw_superseded(runs: Sequence[InspectionRun], *, now: datetime) -> None:
    """Nobody needs to look at what an earlier run found on the same images; what somebody holds stays with them."""
    covered = RunImage.objects.filter(run__in=runs).values_list("image_id", "run_id")
    newest: dict[UUID, UUID] = {}
    for image_id, run_id in covered:
        newest[image_id] = max(run_id, newest.get(image_id, run_id))
    for image_id, run_id in newest.items():
        older = ReviewTask.objects.filter(
            image_id=image_id, run_id__lt=run_id, state=TaskState.OPEN, seats_taken=0, kind=TaskKind.DETECTION
        )
        keys = list(older.select_for_update(skip_locked=True).values_list("pk", flat=True))
        if keys:
            ReviewTask.objects.filter(pk__in=keys).update(state=TaskState.WITHDRAWN)
            QueueEntry.objects.filter(task__in=keys).update(is_open=False)
            audit.record(
                action=Action.TASKS_WITHDRAWN,
                object_type="image",
                object_id=image_id,
                actor=INTAKE,
                at=now,
                after={"tasks": len(keys), "run": str(run_id)},
            )


def _enlist(found: list[Detection], *, queues: Sequence[ReviewQueue], now: datetime) -> int:
    """Tasks of the detections that a queue takes, and their places.

    Returns:
        How many places there are now that were not before.
    """
    taken = [(queue, [row for row in found if _takes(queue, row)]) for queue in queues]
    wanted = {row.pk: row for _, rows in taken for row in rows}
    if not wanted:
        return 0
    worth = _worth_of(list(wanted.values()))
    wants = {row.pk: max(_wants(queue, row) for queue, _ in taken if _takes(queue, row)) for row in wanted.values()}
    tasks = [_task(row, worth=worth[row.pk], wants=wants[row.pk], now=now) for row in wanted.values()]
    ReviewTask.objects.bulk_create(tasks, ignore_conflicts=True)
    # A task that was there already may be taken, decided or withdrawn.
    stored = ReviewTask.objects.filter(pk__in=[task.pk for task in tasks], state=TaskState.OPEN)
    is_open = {task.detection_id: task.seats_taken < task.wants for task in stored}
    entries = [
        QueueEntry(
            queue=queue,
            task_id=task_key(row.pk),
            generation=queue.generation,
            rank=_rank(queue, row, worth[row.pk]),
            is_open=is_open[row.pk],
        )
        for queue, rows in taken
        for row in rows
        if row.pk in is_open
    ]
    return _write_entries(entries)


def _write_entries(entries: Sequence[QueueEntry]) -> int:
    """Insert entries; those of an older generation of the queue become the present one's."""
    if not entries:
        return 0
    columns = [(one.queue_id, one.task_id, one.generation, one.rank, one.is_open) for one in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO review_queue_entry (queue_id, task_id, generation, rank, is_open)
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::float8[], %s::bool[])
            ON CONFLICT (queue_id, task_id) DO UPDATE
                SET generation = excluded.generation, rank = excluded.rank, is_open = excluded.is_open
                WHERE review_queue_entry.generation < excluded.generation
            """,
            [list(column) for column in zip(*columns, strict=True)],
        )
        return int(cursor.rowcount)


def task_key(detection_id: UUID) -> UUID:
    """The key of a detection's task."""
    return derived_uuid7(parent=detection_id, label="review")


def _takes(queue: ReviewQueue, row: Detection) -> bool:
    return Selection.of(queue.selection).takes(
        recipe=row.run.recipe_version.recipe.code,
        layer=row.run.layer.code,
        tool=row.run.tool.code if row.run.tool else None,
        defect_class=row.defect_class.code,
        band=row.band,
        confidence=row.confidence,
    )


def _worth_of(rows: list[Detection]) -> dict[UUID, float]:
    worth = worth_of_look(
        np.array([row.confidence for row in rows]),
        bands=np.array([Band[row.band.upper()] for row in rows]),
        severities=np.array([Severity[row.severity.upper()] for row in rows]),
    )
    return {row.pk: float(value) for row, value in zip(rows, worth, strict=True)}


def _rank(queue: ReviewQueue, row: Detection, worth: float) -> float:
    if queue.order == QueueOrder.OLDEST:
        # The first 48 bits of a key are the milliseconds of its time.
        return -float(row.pk.int >> 80)
    if queue.order == QueueOrder.SEVERITY:
        return float(Severity[row.severity.upper()]) + row.confidence
    return worth


def _wants(queue: ReviewQueue, row: Detection) -> int:
    """How many opinions: of a share of the tasks, drawn by their keys, as many as the queue's overlap says."""
    is_drawn = task_key(row.pk).int % _DRAWN_FROM < queue.overlap_share * _DRAWN_FROM
    return queue.overlap_reviewers if is_drawn else 1


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


def _record_made(kind: str, key: object, after: dict[str, Any], *, now: datetime) -> None:
    audit.record(action=Action.TASKS_MADE, object_type=kind, object_id=key, actor=INTAKE, at=now, after=after)


def _announce(queues: Iterable[ReviewQueue], *, now: datetime) -> None:
    outbox.announce_all(
        [
            outbox.Event(
                type=events.QUEUE_CHANGED,
                topics=[events.review_topic(queue.site_id)],
                payload={"queue": str(queue.pk), "version": queue.version},
            )
            for queue in queues
        ],
        now=now,
    )
