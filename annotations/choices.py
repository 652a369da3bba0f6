"""Words and state machines of review."""

from django.db.models import TextChoices

from core.errors import IllegalTransition


class QueueOrder(TextChoices):
    WORTH = "worth", "Most worth a look"
    OLDEST = "oldest", "Oldest first"
    SEVERITY = "severity", "Gravest first"


class TaskKind(TextChoices):
    DETECTION = "detection"
    """What a model found."""
    MISSED = "missed"
    """What a person found and the model had not."""


class TaskState(TextChoices):
    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


TASK_STEPS: dict[TaskState, frozenset[TaskState]] = {
    # Withdrawn: a newer run has looked at the same image.
    TaskState.OPEN: frozenset({TaskState.DECIDED, TaskState.WITHDRAWN}),
    # Open: who decided takes it back. Withdrawn: who had added it does.
    TaskState.DECIDED: frozenset({TaskState.OPEN, TaskState.WITHDRAWN}),
    TaskState.WITHDRAWN: frozenset({TaskState.DECIDED}),
}


class Verdict(TextChoices):
    DEFECT = "defect"
    NUISANCE = "nuisance"
    """A signal that is not a defect of interest, or none at all."""
    WITHDRAWN = "withdrawn"
    """Its author takes back what they said before."""


class Change(TextChoices):
    """What an annotation says of the detection."""

    CONFIRMED = "confirmed"
    NUISANCE = "nuisance"
    RECLASSED = "reclassed"
    REDRAWN = "redrawn"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class Ending(TextChoices):
    """How a hold ended; blank while it lasts."""

    DECIDED = "decided"
    RELEASED = "released"
    SKIPPED = "skipped"
    LAPSED = "lapsed"


NOT_AGAIN: tuple[Ending, ...] = (Ending.DECIDED, Ending.SKIPPED)
"""Whose hold ended like this is not given the task by a queue again."""


class EditKind(TextChoices):
    DECIDE = "decide"
    UNDO = "undo"
    DRAFT = "draft"
    SKIP = "skip"
    RELEASE = "release"
    MISSED = "missed"


def check_task_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a task does not go from `before` to `after`.
    """
    if TaskState(after) not in TASK_STEPS[TaskState(before)]:
        raise IllegalTransition(f"A task that is {before} cannot become {after}.", state=before)
