"""What people said of tasks, as whoever may see it reads it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from annotations.choices import CHECKS, TaskKind, TaskState
from annotations.models import Annotation, ReviewTask
from annotations.selectors.access import IS_ASKED_AGAIN
from core.actors import Actor
from core.questions import Question, where
from inspection import selectors as inspection
from inspection.models import DefectClass

_ANNOTATIONS = Question(
    lambda: where(
        Annotation.objects.select_related("author").order_by("task_id", "number"),
        "annotation.task_id = ANY(%s)",
        "tasks",
    )
)
_BLIND = Question(
    lambda: where(
        ReviewTask.objects.order_by(),
        f"review_task.id = ANY(%s) AND (state = 'open' AND wants > 1 OR {IS_ASKED_AGAIN.format(task='review_task')})",
        *("tasks", "actor"),
    )
)


def annotations_on(tasks: Iterable[UUID]) -> list[Annotation]:
    """Everything that was said of some tasks, in order, with its authors. One query."""
    return _ANNOTATIONS.all(tasks=list(tasks))


def heads_of(tasks: Sequence[ReviewTask]) -> dict[UUID, dict[str, Any]]:
    """What every answer says of a task. One query."""
    classes = inspection.classes_by_id()
    counting = {(task.pk, task.annotation_number) for task in tasks}
    said = annotations_on([task.pk for task in tasks])
    by_task = {row.task_id: row for row in said if (row.task_id, row.number) in counting}
    return {task.pk: head_of(task, by_task.get(task.pk), classes) for task in tasks}


def said_by_number(numbers: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], dict[str, Any]]:
    """Annotations by task and number, as JSON. One query, none for nothing."""
    classes = inspection.classes_by_id()
    said = annotations_on({task for task, _ in numbers}) if numbers else ()
    wanted = set(numbers)
    return {
        (row.task_id, row.number): annotation_of(row, classes=classes)
        for row in said
        if (row.task_id, row.number) in wanted
    }


def head_of(task: ReviewTask, said: Annotation | None, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    """What every answer says of a task, with the word that counts."""
    return {
        "id": str(task.pk),
        # Whoever is asked once more must not see that they are.
        "kind": TaskKind.DETECTION.value if task.kind in CHECKS else task.kind,
        "revision": task.revision,
        "state": task.state,
        "annotation": annotation_of(said, classes=classes) if said else None,
    }


def blind_among(words: Iterable[Annotation], *, actor: Actor) -> set[UUID]:
    """Of tasks that words name those that wait for more opinions, or that the actor is just asked about once more."""
    keys = {word.linked_to_id for word in words if word.linked_to_id}
    return {task.pk for task in _BLIND.all(tasks=list(keys), actor=actor.user_id)} if keys else set()


def may_see(row: Annotation, task: ReviewTask, *, blind: Collection[UUID], actor: Actor) -> bool:
    """Whether a word about a task is for the actor: while it wants more opinions, everybody has only their own.

    Args:
        blind: tasks that words name and that want more opinions, see `blind_among`.
    """
    is_blind = task.wants > 1 and task.state == TaskState.OPEN and row.number >= task.counts_from
    return row.author_id == actor.user_id or not (is_blind or row.linked_to_id in blind)


def annotation_of(row: Annotation, *, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    """What a person said; its author must be loaded."""
    box = [row.x_px, row.y_px, row.width_px, row.height_px]
    return {
        "number": row.number,
        "author": row.author.username,
        "layer": row.layer,
        "verdict": row.verdict,
        "change": row.change,
        "class_code": classes[row.defect_class_id].code if row.defect_class_id else None,
        "bbox_px": None if row.width_px is None else box,
        "shape": row.shape,
        "linked_to": str(row.linked_to_id) if row.linked_to_id else None,
        "comment": row.comment,
        "took_ms": row.took_ms,
        "made_at": row.made_at.isoformat(),
    }
