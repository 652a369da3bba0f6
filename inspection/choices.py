"""Words and state machines of inspection."""

from django.db.models import TextChoices

from core.errors import IllegalTransition
from domain.imaging.refusal import FINAL


class Severity(TextChoices):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    NUISANCE = "nuisance"


class Band(TextChoices):
    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"


class RunState(TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY: tuple[RunState, ...] = (RunState.QUEUED, RunState.RUNNING)
"""Runs that nothing has ended yet."""

RUN_STEPS: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.FAILED, RunState.CANCELLED}),
    # Back to queued: Triton is away, or the worker's lease ran out.
    RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED, RunState.QUEUED, RunState.CANCELLED}),
    RunState.DONE: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
}


RETRYABLE: tuple[str, ...] = (RunState.FAILED, RunState.CANCELLED)
"""States of runs and of items that a person may try again."""


class JobState(TextChoices):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


JOB_STEPS: dict[JobState, frozenset[JobState]] = {
    JobState.RUNNING: frozenset({JobState.DONE, JobState.CANCELLED}),
    JobState.DONE: frozenset({JobState.RUNNING}),
    # Items of a cancelled job may be tried again.
    JobState.CANCELLED: frozenset({JobState.RUNNING}),
}


class ItemState(TextChoices):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


def can_retry(state: str, error_code: str) -> bool:
    """Whether a run, or an item, may end otherwise when tried again: it is over, and not by its file's fault."""
    return state in RETRYABLE and error_code not in FINAL


def check_run_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a run does not go from `before` to `after`.
    """
    if RunState(after) not in RUN_STEPS[RunState(before)]:
        raise IllegalTransition(f"A {before} run cannot become {after}.", state=before)


def check_job_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a job does not go from `before` to `after`.
    """
    if JobState(after) not in JOB_STEPS[JobState(before)]:
        raise IllegalTransition(f"A {before} job cannot become {after}.", state=before)
