"""Detections become tasks: new ones as their runs finish, stored ones when a queue is made or changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from annotations import events
from annotations.choices import TaskKind, TaskState
from annotations.models import IntakeCursor, QueueEntry, ReviewQueue, ReviewTask
from annotations.services.auditing import draw_images
from annotations.services.places import enlist
from annotations.services.seats import count_seats
from audit import services as audit
from audit.actions import Action
from core.actors import service_account
from core.briefly import Briefly
from core.ids import uuid7_floor
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
# Nothing becomes old in a queue until it is changed again, and a look takes as long as the queue is.
_tidied: Briefly[bool] = Briefly(ttl_s=3600.0)
RELATIONS_OF_RUN = ("layer", "tool", "recipe_version__recipe")
RELATIONS = ("defect_class", *(f"run__{name}" for name in RELATIONS_OF_RUN))


@transaction.atomic
def take_in(*, now: datetime) -> int:
    """Make tasks of what runs have found since the last time. Any number may run; one does.

    Returns:
        How many announcements were taken in; as many as `AT_ONCE` means that there are more.
    """
    IntakeCursor.objects.get_or_create(pk=1)
    cursor = IntakeCursor.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=1).first()
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
        ReviewQueue.objects.select_for_update(no_key=True, skip_locked=True)
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
    made = enlist(_latest(stored), queues=[queue], audited={}, now=now)
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
        old = QueueEntry.objects.filter(queue=queue_id, generation__lt=generation).order_by()
        free = old.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[: at_most - deleted]
        gone, _ = QueueEntry.objects.filter(pk__in=list(free)).delete()
        deleted += gone
        if deleted >= at_most:
            break
        if not gone:
            _tidied.get((queue_id, generation), lambda: True)
    return deleted


def _enlist_runs(keys: Sequence[UUID], *, now: datetime) -> None:
    by_site: dict[int, list[InspectionRun]] = defaultdict(list)
    for run in InspectionRun.objects.filter(pk__in=keys).select_related(*RELATIONS_OF_RUN):
        by_site[run.site_id].append(run)
    for site_id, of_site in by_site.items():
        _withdraw_superseded(of_site, now=now)
        queues = list(ReviewQueue.objects.filter(site_id=site_id, is_archived=False))
        if not queues:
            continue
        audited = draw_images(_newest(of_site), queues=queues, now=now)
        found = Detection.objects.filter(run__in=of_site).select_related(*RELATIONS).defer("embedding")
        made = enlist(_latest(list(found)), queues=queues, audited=audited, now=now)
        made += sum(len(auditing) for auditing in audited.values())
        if made:
            said = {"places": made, "runs": [str(run.pk) for run in of_site], "audited": len(audited)}
            _record_made("site", site_id, said, now=now)
            _announce(queues, now=now)


def _newest(runs: Sequence[InspectionRun]) -> dict[UUID, InspectionRun]:
    """Images that the runs have looked at and no later one has, each with its run."""
    covered = set(RunImage.objects.filter(run__in=runs).values_list("image_id", flat=True))
    by_key = {run.pk: run for run in runs}
    return {image_id: by_key[run_id] for image_id, run_id in _newest_runs(covered).items() if run_id in by_key}


def _latest(found: list[Detection]) -> list[Detection]:
    """Those of the detections whose images no later run has looked at."""
    latest = _newest_runs({row.image_id for row in found})
    return [row for row in found if latest.get(row.image_id) == row.run_id]


def _newest_runs(images: set[UUID]) -> dict[UUID, UUID]:
    latest: dict[UUID, UUID] = {}
    done = RunImage.objects.filter(image__in=images, run__state=RunState.DONE, run__counts=True).values_list(
        "image_id", "run_id"
    )
    for image_id, run_id in done:
        latest[image_id] = max(run_id, latest.get(image_id, run_id))
    return latest


def _withdraw_superseded(runs: Sequence[InspectionRun], *, now: datetime) -> None:
    """Nobody needs to look at what an earlier run found on the same images; what somebody holds stays with them."""
    covered = RunImage.objects.filter(run__in=runs).values_list("image_id", "run_id")
    newest: dict[UUID, UUID] = {}
    for image_id, run_id in covered:
        newest[image_id] = max(run_id, newest.get(image_id, run_id))
    for image_id, run_id in newest.items():
        older = ReviewTask.objects.filter(
            image_id=image_id,
            run_id__lt=run_id,
            state=TaskState.OPEN,
            seats_taken=0,
            kind__in=[TaskKind.DETECTION, TaskKind.IMAGE],
        )
        keys = list(older.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
        if keys:
            ReviewTask.objects.filter(pk__in=keys).update(state=TaskState.WITHDRAWN)
            count_seats(keys)
            audit.record(
                action=Action.TASKS_WITHDRAWN,
                object_type="image",
                object_id=image_id,
                actor=INTAKE,
                at=now,
                after={"tasks": len(keys), "run": str(run_id)},
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
