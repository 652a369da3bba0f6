"""Beyond the first opinion: disputes are decided, decisions validated and accepted, and opened again with a reason.

Nobody validates, accepts or decides a dispute about what they said themselves.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from annotations.choices import Ending, Layer, TaskState, check_task_step
from annotations.errors import StaleTask, TaskLocked
from annotations.models import Annotation, ReviewHold, ReviewStep, ReviewTask
from annotations.selectors import linked_tasks, task_visible_to
from annotations.services.gold import retire_opened
from annotations.services.handing import reviewer_of
from annotations.services.seats import count_seats
from annotations.services.settling import opinions_of, put_down
from annotations.services.words import Word, annotation_of, announce, current, record
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Forbidden, IllegalTransition, Invalid
from core.ids import uuid7
from core.rows import insert_row

_ACTIONS = {
    TaskState.VALIDATED: Action.TASK_VALIDATED,
    TaskState.ACCEPTED: Action.TASK_ACCEPTED,
    TaskState.OPEN: Action.TASK_REOPENED,
}


@transaction.atomic
def adjudicate(
    *, task_id: UUID, word: Word, reason: str, seen_revision: int, actor: Actor, now: datetime
) -> ReviewTask:
    """Decide between opinions. The opinions stay as they are; the lead's word lies over them, and can be taken back.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: something was said after the lead looked.
        Forbidden: one of the opinions is the lead's own.
        Invalid: a class or box that cannot be.
        IllegalTransition: nothing is disputed.
    """
    task = _looked_at(task_id, seen_revision, actor=actor)
    _check_others(task, actor)
    annotation = annotation_of(task, word, author_id=reviewer_of(actor), now=now, layer=Layer.ADJUDICATION)
    if task.state != TaskState.DISPUTED:
        raise TaskLocked(f"Nobody disagrees about this: it is {task.state}.", **current(task))
    put_down(task, annotation, state=TaskState.VALIDATED)
    record(Action.DISPUTE_DECIDED, annotation, actor=actor, now=now, reason=reason)
    announce(task, actor=actor, now=now)
    return task


@transaction.atomic
def advance(*, task_id: UUID, to: TaskState, seen_revision: int, actor: Actor, now: datetime) -> ReviewTask:
    """Say that a decision is right (`VALIDATED`), or good enough to train on (`ACCEPTED`), which locks it.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: something was said after the actor looked.
        Forbidden: it is the actor's own decision.
        IllegalTransition: the task is not that far, or beyond.
    """
    task = _looked_at(task_id, seen_revision, actor=actor)
    if task.state != to:
        _check_others(task, actor)
        _step(task, to, reason="", actor=actor, now=now)
    return task


@transaction.atomic
def reopen(*, task_id: UUID, reason: str, seen_revision: int, actor: Actor, now: datetime) -> ReviewTask:
    """Want fresh opinions of a task. What was said of it stays in its history and counts no more.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: something was said after the actor looked.
        Invalid: without a reason.
        IllegalTransition: it is open, withdrawn, or was asked to check a reviewer.
    """
    if not reason.strip():
        raise Invalid.of({"reason": ["Say why it is wanted again; it stays with the record."]})
    task = _fresh(task_visible_to(actor, task_id, is_locked_with_linked=True), seen_revision)
    if task.original_id:
        raise IllegalTransition("This was asked to check a reviewer. What they said of it stays.", state=task.state)
    retire_opened(task, reason=reason, actor=actor, now=now)
    linked = linked_tasks(task)
    _open_again(task, reason=reason, actor=actor, now=now)
    # What it was split into or merged from is asked about as well: without it their words mean nothing.
    for linked_id in linked:
        other = task_visible_to(actor, linked_id, is_locked=True)
        if other.state not in (TaskState.OPEN, TaskState.WITHDRAWN):
            _open_again(other, reason=reason, actor=actor, now=now)
    return task


def _open_again(task: ReviewTask, *, reason: str, actor: Actor, now: datetime) -> None:
    task.counts_from, task.annotation_number = task.revision, 0
    _step(task, TaskState.OPEN, reason=reason, actor=actor, now=now)
    ReviewHold.objects.filter(task=task, ending=Ending.DECIDED).update(ending=Ending.REOPENED)
    count_seats([task.pk])


def _looked_at(task_id: UUID, seen_revision: int, *, actor: Actor) -> ReviewTask:
    return _fresh(task_visible_to(actor, task_id, is_locked=True), seen_revision)


def _fresh(task: ReviewTask, seen_revision: int) -> ReviewTask:
    if task.revision != seen_revision:
        raise StaleTask("Something was said of this after you looked at it. Look again.", **current(task))
    return task


def _check_others(task: ReviewTask, actor: Actor) -> None:
    reviewer_id = reviewer_of(actor)
    ruling: set[int] = set(
        Annotation.objects.filter(task=task, number=task.annotation_number).values_list("author_id", flat=True)
    )
    if reviewer_id in ruling | {said.author_id for said in opinions_of(task)}:
        raise Forbidden("This is your own word; somebody else has to look at it.", **current(task))


def _step(task: ReviewTask, state: TaskState, *, reason: str, actor: Actor, now: datetime) -> None:
    before = task.state
    check_task_step(before, state)
    task.state = state
    step = ReviewStep(id=uuid7(at=now), task=task, number=task.revision, state=state, reason=reason, made_at=now)
    step.site_id, step.author_id = task.site_id, reviewer_of(actor)
    insert_row(step)
    task.revision += 1
    task.save(update_fields=["state", "revision", "counts_from", "annotation_number"])
    audit.record(
        action=_ACTIONS[state],
        object_type="review_task",
        object_id=task.pk,
        object_version=task.revision,
        actor=actor,
        at=now,
        before={"state": before},
        after={"state": state},
        reason=reason or None,
    )
    announce(task, actor=actor, now=now)
