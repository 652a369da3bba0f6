"""What people say of a task, and that they take it back. Nothing they said is ever edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations import events
from annotations.choices import Change, Ending, TaskKind, TaskState, Verdict, check_task_step
from annotations.errors import NotHeld, NothingToUndo, StaleTask
from annotations.models import Annotation, ReviewHold, ReviewTask
from annotations.selectors import heads_of, task_visible_to
from annotations.services.handing import count_seats, hold_of, reviewer_of
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.rows import insert_row
from inspection import events as inspection_events
from inspection import selectors as inspection
from inspection.models import DefectClass, InspectionImage
from outbox import services as outbox

SAME_PX = 0.01
"""Boxes whose sides differ by less are the same."""
LEAST_SIDE_PX = 1.0
UNDONE_FOR = timedelta(minutes=10)
Box = tuple[float, float, float, float]
"""Left, top, width, height, in pixels of the image."""


@dataclass(frozen=True)
class Word:
    """What a reviewer says.

    Attributes:
        class_code, bbox_px: of a defect; None keeps what the task has.
        took_ms: how long they looked.
    """

    verdict: Verdict
    class_code: str | None = None
    bbox_px: Box | None = None
    comment: str = ""
    took_ms: int | None = None


@transaction.atomic
def decide(*, task_id: UUID, word: Word, seen_revision: int, actor: Actor, now: datetime) -> ReviewTask:
    """Put down what a reviewer says of a task.

    Whoever has held the task may decide late, as long as nobody else has decided: work that was done is not refused
    because a clock ran out.

    Args:
        seen_revision: of the task as it was looked at. Annotations of the reviewer's own since then are no conflict.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: somebody else decided meanwhile; `current` has the task with their word.
        NotHeld: it is in others' hands, and never was in this reviewer's.
        Invalid: a class or box that cannot be.
        IllegalTransition: the task is withdrawn.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    reviewer_id = reviewer_of(actor)
    _check_fresh(task, seen_revision, reviewer_id=reviewer_id)
    hold = hold_of(task, reviewer_id)
    if hold is None:
        _check_may_take(task, reviewer_id=reviewer_id)
    if task.state != TaskState.DECIDED:
        check_task_step(task.state, TaskState.DECIDED)
    annotation = _annotation(task, word, author_id=reviewer_id, now=now)
    _write(task, annotation, state=TaskState.DECIDED)
    _seat(task, hold, reviewer_id=reviewer_id, now=now)
    _record(Action.TASK_DECIDED, annotation, actor=actor, now=now)
    _announce(task, actor=actor, now=now)
    return task


@transaction.atomic
def take_back(*, task_id: UUID, actor: Actor, now: datetime) -> ReviewTask:
    """Withdraw what the actor said last of a task. It is theirs to decide again; what they had added is gone.

    Raises:
        NotFound: no such task at the actor's sites.
        NothingToUndo: what counts is not the actor's.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    reviewer_id = reviewer_of(actor)
    said = task.annotations.filter(number=task.annotation_number).first()
    if said is None or said.author_id != reviewer_id or said.verdict == Verdict.WITHDRAWN:
        raise NothingToUndo("What counts for this is not yours, so you cannot take it back.", **_current(task))
    is_added = task.kind == TaskKind.MISSED
    withdrawn = Annotation(
        id=uuid7(at=now),
        task=task,
        number=task.revision,
        author_id=reviewer_id,
        verdict=Verdict.WITHDRAWN,
        change=Change.WITHDRAWN,
        made_at=now,
    )
    _write(task, withdrawn, state=TaskState.WITHDRAWN if is_added else TaskState.OPEN)
    if not is_added:
        _hold_again(task, reviewer_id=reviewer_id, now=now)
    _record(Action.DECISION_WITHDRAWN, withdrawn, actor=actor, now=now)
    _announce(task, actor=actor, now=now)
    return task


@transaction.atomic
def keep_draft(*, task_id: UUID, draft: dict[str, Any], actor: Actor) -> ReviewTask:
    """Keep what a reviewer has drawn and not decided, so that they find it wherever they go on.

    Raises:
        NotFound: no such task at the actor's sites.
        NotHeld: the actor does not hold it any more.
        Invalid: as `decide`.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    hold = hold_of(task, reviewer_of(actor))
    if hold is None:
        raise NotHeld("You do not hold this any more, so there is nowhere to keep what you drew.", **_current(task))
    if "bbox_px" in draft:
        _check_box(draft["bbox_px"], image=task.image)
    if "class_code" in draft:
        _class_named(draft["class_code"])
    hold.draft = draft
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
    if word.class_code is None or word.bbox_px is None:
        raise Invalid.of({"class_code": ["Say what it is."], "bbox_px": ["Say where it is."]})
    defect_class = _class_named(word.class_code)
    x_px, y_px, width_px, height_px = _check_box(word.bbox_px, image=source.image)
    task = ReviewTask(
        id=new_task,
        site_id=source.site_id,
        kind=TaskKind.MISSED,
        run_id=source.run_id,
        image_id=source.image_id,
        wafer_id=source.wafer_id,
        defect_class=defect_class,
        severity=defect_class.severity,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        made_at=now,
    )
    try:
        with transaction.atomic():
            insert_row(task)
    except IntegrityError as fault:
        raise Conflict("Another task has this key already.") from fault
    annotation = _annotation(task, word, author_id=reviewer_id, now=now)
    _write(task, annotation, state=TaskState.DECIDED)
    _seat(task, None, reviewer_id=reviewer_id, now=now)
    _record(Action.DEFECT_ADDED, annotation, actor=actor, now=now)
    _announce(task, actor=actor, now=now)
    return task


def _check_fresh(task: ReviewTask, seen_revision: int, *, reviewer_id: int) -> None:
    if task.revision == seen_revision:
        return
    others = task.annotations.filter(number__gte=seen_revision).exclude(author_id=reviewer_id)
    if others.exists() or seen_revision > task.revision:
        raise StaleTask("Somebody else decided this after you looked at it. Compare both.", **_current(task))


def _check_may_take(task: ReviewTask, *, reviewer_id: int) -> None:
    """Whoever had it may still decide; whoever never had it takes a free seat, if there is one."""
    was_mine = ReviewHold.objects.filter(task=task, reviewer_id=reviewer_id).exists()
    if not was_mine and task.seats_taken >= task.wants:
        raise NotHeld("Somebody else is looking at this. Ask the queue for another.", **_current(task))


def _current(task: ReviewTask) -> dict[str, Any]:
    return {"current": heads_of([task])[task.pk]}


def _annotation(task: ReviewTask, word: Word, *, author_id: int, now: datetime) -> Annotation:
    annotation = Annotation(
        id=uuid7(at=now),
        task=task,
        number=task.revision,
        author_id=author_id,
        verdict=word.verdict,
        change=Change.NUISANCE,
        comment=word.comment,
        took_ms=word.took_ms,
        made_at=now,
    )
    if word.verdict == Verdict.DEFECT:
        defect_class = task.defect_class if word.class_code is None else _class_named(word.class_code)
        own = (task.x_px, task.y_px, task.width_px, task.height_px)
        box = own if word.bbox_px is None else _check_box(word.bbox_px, image=task.image)
        annotation.defect_class = defect_class
        annotation.x_px, annotation.y_px, annotation.width_px, annotation.height_px = box
        annotation.change = _change(task, defect_class, is_same_box=_is_same(box, own))
    return annotation


def _change(task: ReviewTask, defect_class: DefectClass, *, is_same_box: bool) -> Change:
    if task.kind == TaskKind.MISSED:
        return Change.MISSED
    if defect_class.pk != task.defect_class_id:
        return Change.RECLASSED
    return Change.CONFIRMED if is_same_box else Change.REDRAWN


def _is_same(box: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(side - of_other) < SAME_PX for side, of_other in zip(box, other, strict=True))


def _check_box(box: Sequence[float], *, image: InspectionImage) -> Box:
    """
    Raises:
        Invalid: not a box of at least a pixel within the image.
    """
    x_px, y_px, width_px, height_px = box
    is_inside = x_px >= 0 and y_px >= 0
    is_inside &= x_px + width_px <= image.width_px + SAME_PX and y_px + height_px <= image.height_px + SAME_PX
    if not is_inside or min(width_px, height_px) < LEAST_SIDE_PX:
        raise Invalid.of(
            {"bbox_px": [f"At least a pixel wide and high, within {image.width_px} x {image.height_px} pixels."]}
        )
    return x_px, y_px, width_px, height_px


def _class_named(code: str) -> DefectClass:
    """
    Raises:
        Invalid: there is none.
    """
    classes = {row.code: row for row in inspection.classes_by_id().values()}
    if code not in classes:
        raise Invalid.of({"class_code": [f"There is no {code}. Known: {', '.join(sorted(classes))}."]})
    return classes[code]


def _write(task: ReviewTask, annotation: Annotation, *, state: TaskState) -> None:
    if task.state != state:
        check_task_step(task.state, state)
    insert_row(annotation)
    task.annotation_number = 0 if annotation.verdict == Verdict.WITHDRAWN else annotation.number
    task.revision += 1
    task.state = state
    task.save(update_fields=["annotation_number", "revision", "state"])


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


def _record(action: Action, annotation: Annotation, *, actor: Actor, now: datetime) -> None:
    after: dict[str, Any] = {"verdict": annotation.verdict, "change": annotation.change}
    if annotation.verdict == Verdict.DEFECT:
        assert annotation.defect_class is not None
        after["class"] = annotation.defect_class.code
        after["bbox_px"] = [annotation.x_px, annotation.y_px, annotation.width_px, annotation.height_px]
    audit.record(
        action=action,
        object_type="review_task",
        object_id=annotation.task_id,
        object_version=annotation.number,
        actor=actor,
        at=now,
        after=after,
        reason=annotation.comment or None,
    )


def _announce(task: ReviewTask, *, actor: Actor, now: datetime) -> None:
    outbox.announce(
        type=events.TASK_DECIDED,
        topics=[events.review_topic(task.site_id), inspection_events.wafer_topic(task.wafer_id)],
        payload={
            "task": str(task.pk),
            "wafer": str(task.wafer_id),
            "state": task.state,
            "revision": task.revision,
            "by": actor.username,
        },
        now=now,
    )
