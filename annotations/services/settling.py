"""What opinions make of a task: it waits for more, they agree, or a lead is wanted."""

import numpy as np

from annotations.choices import TaskState, Verdict, check_task_step
from annotations.models import Annotation, ReviewTask
from annotations.selectors import standing_opinions
from core.questions import Question, where
from core.rows import insert_row
from domain.detection.boxes import pairwise_iou

SAME_PLACE_IOU = 0.5
"""Boxes that overlap by so much mean the same defect."""

_SAID = Question(lambda: where(Annotation.objects.order_by("number"), "task_id = %s", "task"))


def opinions_of(task: ReviewTask) -> list[Annotation]:
    """Opinions of a task that stand."""
    return standing_opinions(_SAID.all(task=task.pk), counts_from=task.counts_from)


def put_down(task: ReviewTask, annotation: Annotation, *, state: TaskState | None = None) -> None:
    """Add an annotation and bring its locked task to what all of them make of it.

    Args:
        state: that the task comes to; None: that opinions make of it.

    Raises:
        IllegalTransition: the task does not go there.
    """
    insert_row(annotation)
    task.revision += 1
    if state is None:
        state, task.annotation_number = _outcome(task)
    else:
        task.annotation_number = 0 if annotation.verdict == Verdict.WITHDRAWN else annotation.number
    if task.state != state:
        check_task_step(task.state, state)
        task.state = state
    task.save(update_fields=["annotation_number", "revision", "state"])


def _outcome(task: ReviewTask) -> tuple[TaskState, int]:
    """The state that the opinions make, and the number of the annotation that counts."""
    opinions = opinions_of(task)
    if not opinions or len(opinions) < task.wants:
        return TaskState.OPEN, 0
    if not all(_agree(opinions[0], other) for other in opinions[1:]):
        return TaskState.DISPUTED, 0
    return TaskState.DECIDED, opinions[-1].number


def _agree(one: Annotation, other: Annotation) -> bool:
    if one.verdict != other.verdict or one.defect_class_id != other.defect_class_id:
        return False
    return one.verdict != Verdict.DEFECT or bool(pairwise_iou(_box(one), _box(other))[0, 0] >= SAME_PLACE_IOU)


def _box(said: Annotation) -> np.ndarray:
    return np.array([[said.x_px, said.y_px, said.width_px, said.height_px]], float)
