"""Where the model saw one defect and there are several, and where it saw several and there is one.

What was split is decided as the first part; the others are added beside it. What others are merged into has the box
round all; the others are nuisances that name it, so that each defect is counted once. One word takes it all back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from annotations.choices import CHECKS, Change, TaskState, Verdict
from annotations.errors import StaleTask
from annotations.models import ReviewTask
from annotations.selectors import lock_with_linked, task_key, tasks_answered_by
from annotations.services.deciding import add_missed, decide, say
from annotations.services.handing import reviewer_of
from annotations.services.places import make_tasks
from annotations.services.settling import opinions_of
from annotations.services.words import Word, announce_all, current
from core.actors import Actor
from core.errors import Invalid, NotFound
from domain.shapes.kinds import Box
from inspection.models import Detection


@dataclass(frozen=True)
class Part:
    """Another defect in the box of the first.

    Attributes:
        new_task: the key of the task that it becomes.
    """

    new_task: UUID
    word: Word


@transaction.atomic
def split(
    *, task_id: UUID, word: Word, parts: Sequence[Part], seen_revision: int, actor: Actor, now: datetime
) -> ReviewTask:
    """Decide a task as the first of several defects, and add the others.

    Raises:
        Invalid: a class or place that cannot be, or a part without.
        NotFound, StaleTask, TaskLocked, NotHeld, IllegalTransition, Conflict: as `decide` and `add_missed`.
    """
    if word.bbox_px is None and word.shape is None:
        raise Invalid.of({"bbox_px": ["Say where the first part is."]})
    first = replace(word, change=Change.SPLIT)
    task = decide(task_id=task_id, word=first, seen_revision=seen_revision, actor=actor, now=now)
    for part in parts:
        other = replace(part.word, change=Change.PART, linked_to=task.pk)
        add_missed(beside=task.pk, new_task=part.new_task, word=other, actor=actor, now=now)
    return task


@transaction.atomic
def merge(
    *, task_id: UUID, detections: Sequence[UUID], word: Word, seen_revision: int, actor: Actor, now: datetime
) -> ReviewTask:
    """Decide that several detections of an image are one defect.

    Args:
        detections: the others.
        word: of the defect; without a place its box is the one round all of them.

    Raises:
        NotFound: the task or one of the detections is not at the actor's sites, or they are not of one run and image.
        StaleTask: somebody else has decided one of them.
        NotHeld: somebody else looks at one of them.
        TaskLocked, Invalid, IllegalTransition: as `decide`.
    """
    task, found, others = _locked(task_id, detections, actor=actor, now=now)
    if word.bbox_px is None and word.shape is None:
        word = replace(word, bbox_px=_around(task, found))
    say(task, replace(word, change=Change.JOINED), seen_revision=seen_revision, actor=actor, now=now)
    for other in others:
        other.refresh_from_db()
        _check_free(other, reviewer_id=reviewer_of(actor))
        merged = Word(Verdict.NUISANCE, comment=word.comment, change=Change.MERGED, linked_to=task.pk)
        say(other, merged, seen_revision=other.revision, actor=actor, now=now)
    announce_all([task, *others], actor=actor, now=now)
    return task


def _locked(
    task_id: UUID, detections: Sequence[UUID], *, actor: Actor, now: datetime
) -> tuple[ReviewTask, list[Detection], list[ReviewTask]]:
    """The task, the detections that are merged into it, and their tasks."""
    visible = tasks_answered_by(actor)
    source = visible.filter(pk=task_id).first()
    if source is None:
        raise NotFound("There is no such task, or it belongs to another site.")
    own = source.detection_id
    keys = {key for key in detections if key != own}
    found = list(
        Detection.objects.filter(pk__in=keys, run_id=source.run_id, image_id=source.image_id)
        .select_related("run")
        .defer("embedding")
    )
    if not keys or len(found) != len(keys):
        raise NotFound("What is merged has to be other detections of the same run on the same image.")
    if source.kind in CHECKS:
        # It asks about the reviewer: what it says of other detections is no word about the wafer.
        return lock_with_linked(visible, [task_id])[task_id], found, []
    make_tasks(found, actor=actor, now=now)
    locked = lock_with_linked(visible, [task_id, *(task_key(key) for key in keys)])
    return locked.pop(task_id), found, list(locked.values())


def _check_free(other: ReviewTask, *, reviewer_id: int) -> None:
    said = [one for one in opinions_of(other) if one.author_id != reviewer_id]
    if said and other.state != TaskState.OPEN:
        raise StaleTask("Somebody else has decided one of them. Look at it first.", **current(other))


def _around(task: ReviewTask, found: Sequence[Detection]) -> Box:
    places: list[ReviewTask | Detection] = [task, *found]
    boxes = [(one.x_px, one.y_px, one.width_px, one.height_px) for one in places]
    left, top = min(x_px for x_px, _, _, _ in boxes), min(y_px for _, y_px, _, _ in boxes)
    right = max(x_px + width_px for x_px, _, width_px, _ in boxes)
    bottom = max(y_px + height_px for _, y_px, _, height_px in boxes)
    return left, top, right - left, bottom - top
