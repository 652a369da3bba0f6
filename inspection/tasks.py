"""What the workers are woken for. Every task may run twice, at once, or half: the rows decide."""

from uuid import UUID

from celery import shared_task

from core.clock import now
from inspection import services

# Well under the soft time limit, so that a drain ends by itself between two runs.
DRAIN_BUDGET_S = 20.0


@shared_task(name="inspection.drain", soft_time_limit=50, time_limit=58)
def drain() -> None:
    services.drain(budget_s=DRAIN_BUDGET_S)


@shared_task(name="inspection.sweep", soft_time_limit=20, time_limit=25)
def sweep() -> None:
    services.sweep(now=now())


@shared_task(name="inspection.housekeeping", soft_time_limit=50, time_limit=58)
def housekeeping() -> None:
    services.keep_house(now=now())


@shared_task(name="inspection.explain", soft_time_limit=100, time_limit=110)
def explain(*, key: str) -> None:
    """Find out why a model saw a defect."""
    services.explain_detection(key=UUID(key))
