"""What people say of a task, and that they take it back. Nothing they said is ever edited."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.choices import ADDED, LOCKED, Ending, Layer, TaskKind, TaskState, Verdict, check_task_step
from annotations.errors import NotHeld, NothingToUndo, StaleTask, TaskLocked
from annotations.models import ReviewHold, ReviewTask
from annotations.selectors import task_visible_to
from annotations.services.handing import count_seats, hold_of, reviewer_of
from annotations.services.settling import put_down
from annotations.services.words import (
    Word,
    annotation_of,
    announce,
    class_named,
    current,
    place_of,
    record,
    withdrawal_of,
)
from audit.actions import Action
from core.actors import Actor
from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.rows import insert_row
from domain.shapes.said import write as write_shape

UNDONE_FOR = timedelta(minutes=10)


@transaction.atomic
def decide(*, task_id: UUID, word: Word, seen_revision: int, actor: Actor, now: datetime) -> ReviewTask:
    """Put down what a reviewer says of a task.

    With as many opinions as it wants the task is decided, or disputed where they differ. Whoever has held it may say
    theirs late: work that was done is not refused because a clock ran out.

    Args:
        seen_revision: of the task as it was looked at. Annotations of the reviewer's own since then are no conflict,
            and while a task wants more opinions those of others are none either.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: somebody else decided meanwhile; `current` has the task with their word.
        TaskLocked: it is validated or accepted.
        NotHeld: it is in others' hands, and never was in this reviewer's.
        Invalid: a class or box that cannot be.
        IllegalTransition: the task is withdrawn.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    reviewer_id = reviewer_of(actor)
    _check_fresh(task, seen_revision, reviewer_id=reviewer_id)
    _check_unlocked(task)
    hold = hold_of(task, reviewer_id)
    if hold is None:
        _check_may_take(task, reviewer_id=reviewer_id)
    if task.state == TaskState.WITHDRAWN and task.kind not in ADDED:
        check_task_step(task.state, TaskState.OPEN)
    annotation = annotation_of(task, word, author_id=reviewer_id, now=now)
    put_down(task, annotation)
    _seat(task, hold, reviewer_id=reviewer_id, now=now)
    record(Action.TASK_DECIDED, annotation, actor=actor, now=now)
    announce(task, actor=actor, now=now)
    return task


@transaction.atomic
def take_back(*, task_id: UUID, actor: Actor, now: datetime) -> ReviewTask:
    """Withdraw what the actor said last of a task. It is theirs to decide again; what they had added is gone.

    A lead who has decided a dispute leaves it disputed again.

    Raises:
        NotFound: no such task at the actor's sites.
        NothingToUndo: the actor has said nothing that counts.
        TaskLocked: somebody else has validated or accepted it since.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    reviewer_id = reviewer_of(actor)
    said = task.annotations.filter(author_id=reviewer_id, number__gte=task.counts_from).order_by("number").last()
    if said is None or said.verdict == Verdict.WITHDRAWN:
        raise NothingToUndo("Nothing that counts for this is yours, so there is nothing to take back.", **current(task))
    is_ruling = said.layer == Layer.ADJUDICATION
    if task.state == TaskState.ACCEPTED or (task.state == TaskState.VALIDATED and not is_ruling):
        _check_unlocked(task)
    withdrawn = withdrawal_of(said, task=task, now=now)
    if is_ruling:
        put_down(task, withdrawn, state=TaskState.DISPUTED)
    elif task.kind in ADDED:
        put_down(task, withdrawn, state=TaskState.WITHDRAWN)
    else:
        put_down(task, withdrawn)
        _hold_again(task, reviewer_id=reviewer_id, now=now)
    record(Action.DECISION_WITHDRAWN, withdrawn, actor=actor, now=now)
    announce(task, actor=actor, now=now)
    return task


@transaction.atomic
def keep_draft(*, task_id: UUID, draft: dict[str, Any], actor: Actor) -> ReviewTask:
    """Keep what a reviewer has drawn and not decided, so that they find it wherever they go on.

    Args:
        draft: `class_code`, and `bbox_px` or `shape`; what there is of them.

    Raises:
        NotFound: no such task at the actor's sites.
        NotHeld: the actor does not hold it any more.
        Invalid: as `decide`.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    hold = hold_of(task, reviewer_of(actor))
    if hold is None:
        raise NotHeld("You do not hold this any more, so there is nowhere to keep what you drew.", **current(task))
    shape = draft.get("shape")
    place_of(draft.get("bbox_px"), shape, image=task.image)
    if "class_code" in draft:
        class_named(draft["class_code"])
    hold.draft = draft if shape is None else {**draft, "shape": write_shape(shape)}
    hold.save(update_fields=["draft"])
    return task


@transaction.atomic
def add_missed(*, beside: UUID, new_task: UUID, word: Word, actor: Actor, now: datetime) -> ReviewTask:
    """Add a defect that the model did not find, on the image of another task.

    Args:
        new_task: the key of the new task; whoever draws knows what they drew before anybody answers.

    Raises:
        NotFound: no such task at the actor's sites.
        Invalid: a class or box that cannot be, or none.
        Conflict: the key names another task already.
    """
    source = task_visible_to(actor, beside)
    reviewer_id = reviewer_of(actor)
    place = place_of(word.bbox_px, word.shape, image=source.image)
    if word.class_code is None or place is None:
        raise Invalid.of({"class_code": ["Say what it is."], "bbox_px": ["Say where it is."]})
    defect_class = class_named(word.class_code)
    (x_px, y_px, width_px, height_px), shape = place
    task = ReviewTask(
        id=new_task,
        site_id=source.site_id,
        kind=TaskKind.MISSED,
        # Beside a check: it may have been added beside the original before, and must not be counted twice.
        original=source if source.original_id else None,
        run_id=source.run_id,
        image_id=source.image_id,
        wafer_id=source.wafer_id,
        defect_class=defect_class,
        severity=defect_class.severity,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        shape=shape,
        made_at=now,
    )
    try:
        with transaction.atomic():
            insert_row(task)
    except IntegrityError as fault:
        raise Conflict("Another task has this key already.") from fault
    annotation = annotation_of(task, word, author_id=reviewer_id, now=now)
    put_down(task, annotation)
    _seat(task, None, reviewer_id=reviewer_id, now=now)
    record(Action.DEFECT_ADDED, annotation, actor=actor, now=now)
    announce(task, actor=actor, now=now)
    return task


def _check_fresh(task: ReviewTask, seen_revision: int, *, reviewer_id: int) -> None:
    if task.revision == seen_revision or (task.state == TaskState.OPEN and seen_revision < task.revision):
        return
    others = task.annotations.filter(number__gte=seen_revision).exclude(author_id=reviewer_id)
    if others.exists() or seen_revision > task.revision:
        raise StaleTask("Somebody else decided this after you looked at it. Compare both.", **current(task))


def _check_unlocked(task: ReviewTask) -> None:
    if task.state in LOCKED:
        raise TaskLocked(
            f"This is {task.state}. A lead can open it again, with a reason; what you said is kept here.",
            **current(task),
        )


def _check_may_take(task: ReviewTask, *, reviewer_id: int) -> None:
    """Whoever had it may still decide; whoever never had it takes a free seat, if there is one."""
    was_mine = ReviewHold.objects.filter(task=task, reviewer_id=reviewer_id).exists()
    if not was_mine and task.seats_taken >= task.wants:
        raise NotHeld("Somebody else is looking at this. Ask the queue for another.", **current(task))


def _seat(task: ReviewTask, hold: ReviewHold | None, *, reviewer_id: int, now: datetime) -> None:
    """The reviewer's seat is filled for good, also where they had lost it."""
    if hold is not None:
        hold.ending, hold.ended_at, hold.draft = Ending.DECIDED, now, {}
        hold.save(update_fields=["ending", "ended_at", "draft"])
    elif not ReviewHold.objects.filter(task=task, reviewer_id=reviewer_id, ending=Ending.DECIDED).exists():
        filled = ReviewHold(id=uuid7(at=now), task=task, reviewer_id=reviewer_id, taken_at=now, held_until=now)
        filled.ending, filled.ended_at = Ending.DECIDED, now
        insert_row(filled)
    count_seats([task.pk])


def _hold_again(task: ReviewTask, *, reviewer_id: int, now: datetime) -> None:
    """The seat that was filled by a decision is held by whoever took that back."""
    filled = ReviewHold.objects.filter(task=task, reviewer_id=reviewer_id, ending=Ending.DECIDED).latest("ended_at")
    filled.ending, filled.ended_at, filled.held_until = "", None, now + UNDONE_FOR
    filled.save(update_fields=["ending", "ended_at", "held_until"])
    count_seats([task.pk])
