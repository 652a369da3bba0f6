"""What people say of a task, and that they take it back. Nothing they said is ever edited."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.choices import ADDED, LOCKED, Ending, Layer, TaskKind, TaskState, Verdict, check_task_step
from annotations.errors import NotHeld, NothingToUndo, StaleTask, TaskLocked
from annotations.models import Annotation, ReviewTask
from annotations.selectors import is_key_of_a_finding, linked_tasks, task_visible_to
from annotations.services.handing import hold_of, reviewer_of
from annotations.services.settling import settle
from annotations.services.speaking import Known, Saying, known_of, seat_of, write_all
from annotations.services.words import (
    Word,
    annotation_of,
    announce,
    class_named,
    current,
    place_of,
    withdrawal_of,
)
from audit.actions import Action
from core.actors import Actor
from core.errors import Conflict, Invalid
from core.rows import insert_row
from domain.shapes.said import write as write_shape

UNDONE_FOR = timedelta(minutes=10)
KEY_IS_TAKEN = "Another task has this key already."


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
    task = task_visible_to(actor, task_id, is_locked_with_linked=True)
    say(task, word, seen_revision=seen_revision, actor=actor, now=now)
    announce(task, actor=actor, now=now)
    return task


def say(task: ReviewTask, word: Word, *, seen_revision: int, actor: Actor, now: datetime) -> None:
    """As `decide`, of a task that is locked; nobody is told yet."""
    known = known_of([task], reviewer_id=reviewer_of(actor))[task.pk]
    saying = saying_of(task, word, known=known, seen_revision=seen_revision, actor=actor, now=now)
    unlink(task, known, actor=actor, now=now)
    write_all([saying], actor=actor, now=now)


def saying_of(task: ReviewTask, word: Word, *, known: Known, seen_revision: int, actor: Actor, now: datetime) -> Saying:
    """What a word about a locked task comes to, not written yet. Raises as `decide`, and has changed nothing then."""
    reviewer_id = reviewer_of(actor)
    _check_fresh(task, seen_revision, known, reviewer_id=reviewer_id)
    _check_unlocked(task)
    if not known.holds and task.seats_taken >= task.wants:
        raise NotHeld("Somebody else is looking at this. Ask the queue for another.", **current(task))
    if task.state == TaskState.WITHDRAWN and task.kind not in ADDED:
        check_task_step(task.state, TaskState.OPEN)
    annotation = annotation_of(task, word, author_id=reviewer_id, now=now)
    settle(task, annotation, said=known.said)
    return Saying(Action.TASK_DECIDED, task, annotation, seat_of(task, known, reviewer_id=reviewer_id, now=now))


@transaction.atomic
def take_back(*, task_id: UUID, is_mine_again: bool = True, actor: Actor, now: datetime) -> ReviewTask:
    """Withdraw what the actor said last of a task. It is theirs to decide again; what they had added is gone.

    A lead who has decided a dispute leaves it disputed again. Of a defect that was split, or that others were merged
    into, its parts go and the others are what they were.

    Args:
        is_mine_again: held by the actor as before; else it is anybody's.

    Raises:
        NotFound: no such task at the actor's sites.
        NothingToUndo: the actor has said nothing that counts.
        TaskLocked: somebody else has validated or accepted it since.
    """
    task = task_visible_to(actor, task_id, is_locked_with_linked=True)
    _withdraw(task, is_mine_again=is_mine_again, actor=actor, now=now)
    return task


def _withdraw(task: ReviewTask, *, is_mine_again: bool, actor: Actor, now: datetime) -> None:
    known = known_of([task], reviewer_id=reviewer_of(actor))[task.pk]
    saying = withdrawing(task, known=known, is_mine_again=is_mine_again, actor=actor, now=now)
    unlink(task, known, actor=actor, now=now)
    write_all([saying], actor=actor, now=now)
    announce(task, actor=actor, now=now)


def withdrawing(task: ReviewTask, *, known: Known, is_mine_again: bool, actor: Actor, now: datetime) -> Saying:
    """What taking back comes to, not written yet. Raises as `take_back`, and has changed nothing then."""
    said = last_word(task, known, reviewer_id=reviewer_of(actor))
    if said is None or said.verdict == Verdict.WITHDRAWN:
        raise NothingToUndo("Nothing that counts for this is yours, so there is nothing to take back.", **current(task))
    is_ruling = said.layer == Layer.ADJUDICATION
    if task.state == TaskState.ACCEPTED or (task.state == TaskState.VALIDATED and not is_ruling):
        _check_unlocked(task)
    withdrawn = withdrawal_of(said, task=task, now=now)
    state = TaskState.DISPUTED if is_ruling else TaskState.WITHDRAWN if task.kind in ADDED else None
    settle(task, withdrawn, said=known.said, state=state)
    hold = known.decided if state is None else None
    if hold is not None and is_mine_again:
        hold.ending, hold.ended_at, hold.held_until = "", None, now + UNDONE_FOR
    elif hold is not None:
        hold.ending = Ending.RELEASED
    return Saying(Action.DECISION_WITHDRAWN, task, withdrawn, hold)


def last_word(task: ReviewTask, known: Known, *, reviewer_id: int) -> Annotation | None:
    """What a reviewer said last of a task since it was opened again."""
    own = [one for one in known.said if one.author_id == reviewer_id and one.number >= task.counts_from]
    return own[-1] if own else None


def unlink(task: ReviewTask, known: Known, *, actor: Actor, now: datetime) -> None:
    """What the reviewer made parts of the task, or merged into it, stands no more: they say something else of it.

    All of it must be locked with the task. Whose word made something a part of another has nothing linked to it.
    """
    for linked_id in linked_tasks(task, author_id=reviewer_of(actor)) if known.is_linked else ():
        linked = task_visible_to(actor, linked_id, is_locked=True)
        _withdraw(linked, is_mine_again=False, actor=actor, now=now)


@transaction.atomic
def keep_draft(*, task_id: UUID, draft: dict[str, Any], actor: Actor) -> ReviewTask:
    """Keep what a reviewer has drawn and written and not decided, so that they find it wherever they go on.

    Args:
        draft: `class_code`, `comment`, and `bbox_px` or `shape`; what there is of them.

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
    if is_key_of_a_finding(new_task):
        # Also of one that nobody has been asked about yet: with its key taken, nobody ever would be.
        raise Conflict(KEY_IS_TAKEN)
    try:
        with transaction.atomic():
            insert_row(task)
    except IntegrityError as fault:
        raise Conflict(KEY_IS_TAKEN) from fault
    annotation = annotation_of(task, word, author_id=reviewer_id, now=now)
    settle(task, annotation, said=())
    seat = seat_of(task, Known(), reviewer_id=reviewer_id, now=now)
    write_all([Saying(Action.DEFECT_ADDED, task, annotation, seat)], actor=actor, now=now)
    announce(task, actor=actor, now=now)
    return task


def _check_fresh(task: ReviewTask, seen_revision: int, known: Known, *, reviewer_id: int) -> None:
    if task.revision == seen_revision or (task.state == TaskState.OPEN and seen_revision < task.revision):
        return
    others = [one for one in known.said if one.number >= seen_revision and one.author_id != reviewer_id]
    if others or seen_revision > task.revision:
        raise StaleTask("Somebody else decided this after you looked at it. Compare both.", **current(task))


def _check_unlocked(task: ReviewTask) -> None:
    if task.state in LOCKED:
        raise TaskLocked(
            f"This is {task.state}. A lead can open it again, with a reason; what you said is kept here.",
            **current(task),
        )
