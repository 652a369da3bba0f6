"""What opinions make of a task: it waits for more, they agree, or a lead is wanted."""

from collections.abc import Sequence

from annotations.choices import TaskKind, TaskState, Verdict, check_task_step
from annotations.models import Annotation, ReviewTask
from annotations.selectors import standing_opinions
from core.questions import Question, where
from core.rows import insert_row
from domain.review import consensus
from domain.shapes import said as shapes
from inspection import selectors as inspection

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
    # Whatever is said of a task gives it another revision.
    said = _SAID.all(task=task.pk) if state is None and task.revision > 1 else []
    settle(task, annotation, said=said, state=state)
    insert_row(annotation)
    task.save(update_fields=["annotation_number", "revision", "state"])


def settle(
    task: ReviewTask, annotation: Annotation, *, said: Sequence[Annotation], state: TaskState | None = None
) -> None:
    """What an annotation makes of a task, before either is written; as `put_down`.

    Args:
        said: annotations of the task before this one.
    """
    if state is None:
        state, number = _outcome(task, standing_opinions([*said, annotation], counts_from=task.counts_from))
    else:
        number = 0 if annotation.verdict == Verdict.WITHDRAWN else annotation.number
    if task.state != state:
        check_task_step(task.state, state)
    task.revision += 1
    task.state, task.annotation_number = state, number


def _outcome(task: ReviewTask, opinions: Sequence[Annotation]) -> tuple[TaskState, int]:
    """The state that the opinions make, and the number of the annotation that counts."""
    if not opinions or len(opinions) < task.wants:
        return TaskState.OPEN, 0
    if task.kind == TaskKind.IMAGE:
        # There is one thing to say of it.
        return TaskState.DECIDED, opinions[-1].number
    if consensus.consensus([_opinion(said) for said in opinions]).differs:
        return TaskState.DISPUTED, 0
    return TaskState.DECIDED, opinions[-1].number


def _opinion(said: Annotation) -> consensus.Opinion:
    if said.verdict != Verdict.DEFECT:
        return consensus.Opinion(consensus.Verdict[said.verdict.upper()])
    # The database holds that a defect has all of these.
    assert said.defect_class_id and said.x_px is not None and said.y_px is not None
    assert said.width_px is not None and said.height_px is not None
    return consensus.Opinion(
        consensus.Verdict.DEFECT,
        class_code=inspection.classes_by_id()[said.defect_class_id].code,
        box_px=(said.x_px, said.y_px, said.width_px, said.height_px),
        shape=None if said.shape is None else shapes.restored(said.shape),
    )
