"""Checks: a detection is asked about once more, to learn how good answers are and not what is on the wafer.

The check is a task of its own, so that no answer touches the original. It is drawn from what the queue hands out
anyway, looks the same, and is asked of each reviewer once.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from annotations.choices import TaskKind
from annotations.models import ReviewHold, ReviewQueue, ReviewTask
from annotations.services.places import disagreements_for, selects
from audit import services as audit
from audit.actions import Action
from core.actors import service_account
from core.ids import derived_uuid7, uuid7
from core.rows import insert_row

CHECKER = service_account("review-checks")
_LOOKED_AT = 50
_BACK = 200

# Nobody is asked what the defect book shows or people talk about.
_UNSPOILT = """
    NOT EXISTS (SELECT FROM book_example shown WHERE shown.task_id = {task} AND shown.retired_at IS NULL)
    AND NOT EXISTS (SELECT FROM comment_thread talk WHERE talk.task_id = {task})
"""
# Who has said something of it, or knows the answer because it is theirs, is not asked.
_GOLD = f"""
SELECT gold.task_id FROM review_gold gold
WHERE gold.site_id = %(site)s AND gold.retired_at IS NULL
    AND NOT EXISTS (
        SELECT FROM review_gold made WHERE made.task_id = gold.task_id AND made.made_by_id = %(reviewer)s
    )
    AND NOT EXISTS (
        SELECT FROM review_task told WHERE told.original_id = gold.task_id AND told.asked_id = %(reviewer)s
            AND told.kind IN ('gold', 'repeat')
    )
    AND NOT EXISTS (SELECT FROM annotation WHERE task_id = gold.task_id AND author_id = %(reviewer)s)
    AND {_UNSPOILT.format(task="gold.task_id")}
ORDER BY random() LIMIT %(looked_at)s
"""  # noqa: S608 - a statement of our own
# Of what the reviewer has decided in this queue, the last before then. Anything they took back is none of it.
_REPEAT = f"""
SELECT recent.task_id FROM (
    SELECT hold.task_id FROM review_hold hold
    WHERE hold.queue_id = %(queue)s AND hold.ending = 'decided' AND hold.ended_at < %(before)s
        AND hold.reviewer_id = %(reviewer)s
    ORDER BY hold.ended_at DESC LIMIT %(back)s
) recent JOIN review_task task ON task.id = recent.task_id
WHERE task.kind = 'detection'
    AND NOT EXISTS (
        SELECT FROM review_task told WHERE told.original_id = task.id AND told.asked_id = %(reviewer)s
            AND told.kind IN ('gold', 'repeat')
    )
    AND (
        SELECT said.verdict <> 'withdrawn' AND said.made_at < %(before)s FROM annotation said
        WHERE said.task_id = task.id AND said.author_id = %(reviewer)s AND said.layer = 'opinion'
        ORDER BY said.number DESC LIMIT 1
    )
    AND {_UNSPOILT.format(task="task.id")}
ORDER BY random() LIMIT 1
"""  # noqa: S608


def ask_again(
    kind: TaskKind, *, queue: ReviewQueue, reviewer_id: int, taken_at: datetime, until: datetime, now: datetime
) -> UUID | None:
    """Put a check into a reviewer's hands.

    Args:
        kind: one of `choices.CHECKS`.

    Returns:
        The key of its task; None where there is nothing that they can be asked.
    """
    # What a reviewer is asked is asked once: two at once would wait for what the other has just asked.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"review-checks {reviewer_id}"])
    original = _gold_for(queue, reviewer_id) if kind == TaskKind.GOLD else _repeat_for(queue, reviewer_id, now=now)
    if original is None:
        return None
    check = _check_of(original, kind, reviewer_id=reviewer_id, now=now)
    try:
        with transaction.atomic():
            insert_row(check)
    except IntegrityError:
        # The same reviewer asks twice at once.
        return None
    hold = ReviewHold(id=uuid7(at=now), task=check, queue=queue, taken_at=taken_at, held_until=until)
    hold.reviewer_id = reviewer_id
    insert_row(hold)
    audit.record(
        action=Action.CHECK_ASKED,
        object_type="review_task",
        object_id=check.pk,
        actor=CHECKER,
        at=now,
        after={"kind": kind, "original": str(original.pk), "reviewer": reviewer_id},
    )
    return check.pk


def _gold_for(queue: ReviewQueue, reviewer_id: int) -> ReviewTask | None:
    """An item whose answer is known, like those of the queue."""
    with connection.cursor() as cursor:
        cursor.execute(_GOLD, {"site": queue.site_id, "reviewer": reviewer_id, "looked_at": _LOOKED_AT})
        keys = [key for (key,) in cursor.fetchall()]
    known = list(
        ReviewTask.objects.filter(pk__in=keys).select_related(
            "defect_class", "run__layer", "run__tool", "run__recipe_version__recipe"
        )
    )
    differing = disagreements_for([queue], known)
    return next((task for task in known if selects(queue, task, disagreement=differing.get(task.pk, 0.0))), None)


def _repeat_for(queue: ReviewQueue, reviewer_id: int, *, now: datetime) -> ReviewTask | None:
    before = now - timedelta(seconds=queue.repeat_after_s)
    with connection.cursor() as cursor:
        cursor.execute(_REPEAT, {"queue": queue.pk, "reviewer": reviewer_id, "before": before, "back": _BACK})
        found = cursor.fetchone()
    return ReviewTask.objects.get(pk=found[0]) if found else None


def _check_of(original: ReviewTask, kind: TaskKind, *, reviewer_id: int, now: datetime) -> ReviewTask:
    assert original.detection_id is not None
    shown = ("run_id", "image_id", "wafer_id", "detection_id", "defect_class_id", "confidence", "severity", "band",
             "x_px", "y_px", "width_px", "height_px", "shape", "worth", "wants")  # fmt: skip
    return ReviewTask(
        # The time in it is that of the detection, as in the key of any detection's task.
        id=derived_uuid7(parent=original.detection_id, label=f"{uuid4()}"),
        site_id=original.site_id,
        kind=kind,
        original=original,
        asked_id=reviewer_id,
        seats_taken=1,
        made_at=now,
        **{name: getattr(original, name) for name in shown},
    )
