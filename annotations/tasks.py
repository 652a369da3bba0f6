"""What the workers are woken for. Every task may run twice, at once, or half: the rows decide."""

import time

from celery import shared_task

from annotations import services
from core import jobs
from core.clock import now

BUDGET_S = 10.0


@shared_task(name="annotations.keep_queues", soft_time_limit=50, time_limit=58)
def keep_queues() -> None:
    """Let new findings and old ones flow into the queues, and what nobody decided in time back to others."""
    end_s = time.monotonic() + BUDGET_S
    services.return_lapsed(now=now())
    while time.monotonic() < end_s and services.take_in(now=now()):
        pass
    while time.monotonic() < end_s and services.fill_queues(now=now()):
        pass
    services.forget_old_entries()


@shared_task(name="annotations.weigh_training_rules", soft_time_limit=50, time_limit=58)
def weigh_training_rules() -> None:
    """Ask the rules whether there is enough to train on. What comes of it is for a person."""
    services.weigh_rules(now=now())


@shared_task(name="annotations.housekeeping", soft_time_limit=50, time_limit=58)
def housekeeping() -> None:
    """Delete files that nobody will ask for any more."""
    services.forget_parts(now=now())


@shared_task(name="annotations.build_datasets", soft_time_limit=50, time_limit=58)
def build_datasets() -> None:
    """Go on with data sets and files of them that wait; what is left is for whoever is called next."""
    is_more = services.build_datasets(budget_s=BUDGET_S)
    is_more |= services.build_exports(budget_s=BUDGET_S)
    if is_more:
        jobs.enqueue("annotations.build_datasets")
