"""Words and state machines of review."""

from django.db.models import TextChoices

from core.errors import IllegalTransition


class QueueOrder(TextChoices):
    WORTH = "worth", "Most worth a look"
    OLDEST = "oldest", "Oldest first"
    SEVERITY = "severity", "Gravest first"
    DISAGREEMENT = "disagreement", "What versions disagree about"
    NOVELTY = "novelty", "What is newest in kind"


class TaskKind(TextChoices):
    DETECTION = "detection"
    """What a model found."""
    MISSED = "missed"
    """What a person found and the model had not."""
    IMPORTED = "imported"
    """What a file of labels from elsewhere says."""
    IMAGE = "image"
    """A whole image that the random audit drew: is anything missing here?"""
    GOLD = "gold"
    """A detection asked about once more, whose answer is known."""
    REPEAT = "repeat"
    """A detection asked about once more, of who has decided it before."""


ADDED: tuple[TaskKind, ...] = (TaskKind.MISSED, TaskKind.IMPORTED)
"""What somebody's word made a task: when they take it back, it is gone."""
CHECKS: tuple[TaskKind, ...] = (TaskKind.GOLD, TaskKind.REPEAT)
"""What is asked to learn about the reviewer and not about the wafer; who is asked sees a detection like any other."""


class TaskState(TextChoices):
    OPEN = "open"
    """It wants more opinions."""
    DISPUTED = "disputed"
    """Opinions differ; a lead decides."""
    DECIDED = "decided"
    VALIDATED = "validated"
    """A second pair of eyes, or a lead between two, says the same."""
    ACCEPTED = "accepted"
    """Good enough to train on, and locked."""
    WITHDRAWN = "withdrawn"


TASK_STEPS: dict[TaskState, frozenset[TaskState]] = {
    # Withdrawn: a newer run has looked at the same image.
    TaskState.OPEN: frozenset({TaskState.DECIDED, TaskState.DISPUTED, TaskState.WITHDRAWN}),
    # Open: somebody takes back what they said, or a lead wants it looked at again.
    TaskState.DISPUTED: frozenset({TaskState.VALIDATED, TaskState.OPEN, TaskState.DECIDED}),
    # Withdrawn: who had added it takes it back.
    TaskState.DECIDED: frozenset(
        {TaskState.VALIDATED, TaskState.ACCEPTED, TaskState.DISPUTED, TaskState.OPEN, TaskState.WITHDRAWN}
    ),
    # Disputed: the lead takes back what decided the dispute.
    TaskState.VALIDATED: frozenset({TaskState.ACCEPTED, TaskState.OPEN, TaskState.DISPUTED}),
    TaskState.ACCEPTED: frozenset({TaskState.OPEN}),
    TaskState.WITHDRAWN: frozenset({TaskState.DECIDED}),
}
LOCKED: tuple[TaskState, ...] = (TaskState.VALIDATED, TaskState.ACCEPTED)
"""Nobody changes their word about these; a lead opens them again, with a reason."""


class Layer(TextChoices):
    """What an annotation is: an opinion, or a lead's word between opinions."""

    OPINION = "opinion"
    ADJUDICATION = "adjudication"


class Verdict(TextChoices):
    DEFECT = "defect"
    NUISANCE = "nuisance"
    """A signal that is not a defect of interest, or none at all."""
    COMPLETE = "complete"
    """Of a whole image: nothing is missing, or nothing more."""
    WITHDRAWN = "withdrawn"
    """Its author takes back what they said before."""


class Change(TextChoices):
    """What an annotation says of the detection."""

    CONFIRMED = "confirmed"
    NUISANCE = "nuisance"
    RECLASSED = "reclassed"
    REDRAWN = "redrawn"
    MISSED = "missed"
    SPLIT = "split"
    """The model drew one box round several defects; this is the first of them."""
    PART = "part"
    """Another of them, which had no box of its own."""
    JOINED = "joined"
    """Several detections were one defect; this is it."""
    MERGED = "merged"
    """One of those: no defect besides the one it was merged into."""
    IMPORTED = "imported"
    COMPLETE = "complete"
    WITHDRAWN = "withdrawn"


class Ending(TextChoices):
    """How a hold ended; blank while it lasts."""

    DECIDED = "decided"
    RELEASED = "released"
    SKIPPED = "skipped"
    LAPSED = "lapsed"
    REOPENED = "reopened"
    """It had been decided, and is wanted again."""


NOT_AGAIN: tuple[Ending, ...] = (Ending.DECIDED, Ending.SKIPPED)
"""Whose hold ended like this is not given the task by a queue again."""


class EditKind(TextChoices):
    DECIDE = "decide"
    UNDO = "undo"
    DRAFT = "draft"
    SKIP = "skip"
    RELEASE = "release"
    MISSED = "missed"
    SPLIT = "split"
    MERGE = "merge"
    HOLD = "hold"
    BULK = "bulk"
    UNDO_BULK = "undo_bulk"


class AppealKind(TextChoices):
    """What a reviewer contests."""

    RULING = "ruling"
    """A lead's word between opinions."""
    GOLD = "gold"
    """A known answer that their own was held against."""


class AppealState(TextChoices):
    OPEN = "open"
    UPHELD = "upheld"
    """What was contested stands."""
    OVERTURNED = "overturned"
    """The reviewer was right: the ruling is open again, or the known answer is used no more."""
    WITHDRAWN = "withdrawn"


class SuggestionState(TextChoices):
    """Of what a rule says about training."""

    OPEN = "open"
    DISMISSED = "dismissed"
    """Somebody said why not."""
    TAKEN = "taken"
    """What it suggests was frozen."""


class TalkKind(TextChoices):
    """Edits of what people say about a place of an image."""

    START = "start"
    REPLY = "reply"
    TAKE_BACK = "take_back"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class ThreadState(TextChoices):
    OPEN = "open"
    RESOLVED = "resolved"


class CommentKind(TextChoices):
    """What an entry of a thread is."""

    SAID = "said"
    TAKEN_BACK = "taken_back"
    """Its author takes an earlier one back; that is shown no more."""
    RESOLVED = "resolved"
    REOPENED = "reopened"


class BookEditKind(TextChoices):
    """Edits of the defect book. What is put in order or taken out is so of what is on the screen, and is not kept."""

    ADD = "add"


class ExampleKind(TextChoices):
    """What a real item shows in the defect book."""

    EXAMPLE = "example"
    COUNTER = "counter"
    """It looks like one and is none."""
    BORDERLINE = "borderline"


class BuildState(TextChoices):
    """Of what workers make: a snapshot, or a file of one."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


BUILD_STEPS: dict[BuildState, frozenset[BuildState]] = {
    BuildState.BUILDING: frozenset({BuildState.READY, BuildState.FAILED}),
    BuildState.READY: frozenset(),
    # Somebody asks for it once more.
    BuildState.FAILED: frozenset({BuildState.BUILDING}),
}
SETTLED: tuple[TaskState, ...] = (TaskState.DECIDED, TaskState.VALIDATED, TaskState.ACCEPTED)
"""Whose annotation may become part of a data set; the last is what does unless somebody asks for less."""


def check_build_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: what workers make does not go from `before` to `after`.
    """
    if BuildState(after) not in BUILD_STEPS[BuildState(before)]:
        raise IllegalTransition(f"What is {before} cannot become {after}.", state=before)


def check_task_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a task does not go from `before` to `after`.
    """
    if TaskState(after) not in TASK_STEPS[TaskState(before)]:
        raise IllegalTransition(f"A task that is {before} cannot become {after}.", state=before)
