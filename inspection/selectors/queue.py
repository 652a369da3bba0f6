"""How much work waits, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from inspection.choices import RunState
from inspection.models import InspectionRun
from serving.errors import WORDS_OF_OUTAGES


def queue_state(*, now: datetime) -> dict[str, Any]:
    """Depth and age of the queue over all sites. Five queries, each of one state: those have partial indexes.

    `held_up_s` is how long the oldest of the runs that wait for Triton has been queued; None when none does.
    """
    queued = InspectionRun.objects.filter(state=RunState.QUEUED)
    depth = queued.aggregate(runs=Count("pk"), oldest=Min("queued_at"))
    waiting = queued.exclude(waiting_for="").order_by("-id").values_list("waiting_for", flat=True)
    held_up = queued.filter(waiting_for__in=WORDS_OF_OUTAGES).aggregate(oldest=Min("queued_at"))["oldest"]
    failed = InspectionRun.objects.filter(state=RunState.FAILED, finished_at__gte=now - timedelta(days=1))
    return {
        "queued": depth["runs"],
        "running": InspectionRun.objects.filter(state=RunState.RUNNING).count(),
        "oldest_queued_s": _age_s(depth["oldest"], now=now),
        "held_up_s": _age_s(held_up, now=now),
        "failed_24h": failed.count(),
        "waiting_for": waiting.first() or None,
    }


def _age_s(since: datetime | None, *, now: datetime) -> float | None:
    return round((now - since).total_seconds(), 1) if since else None


@dataclass(frozen=True)
class Waiting:
    """Runs of one priority that are queued: how many, and since when the first of them."""

    priority: int
    runs: int
    oldest: datetime


@dataclass(frozen=True)
class AtWork:
    """Runs that workers hold; of some the lease has run out."""

    runs: int
    lapsed: int


def waiting_runs() -> list[Waiting]:
    """The queue over all sites, by priority. One query over the partial index of queued runs."""
    queued = InspectionRun.objects.filter(state=RunState.QUEUED).order_by("priority")
    by_priority = queued.values("priority").annotate(runs=Count("pk"), oldest=Min("queued_at"))
    return [Waiting(**row) for row in by_priority]


def runs_at_work() -> AtWork:
    """What workers hold over all sites, on the database's clock. One query over the partial index of leases."""
    running = InspectionRun.objects.filter(state=RunState.RUNNING)
    return AtWork(**running.aggregate(runs=Count("pk"), lapsed=Count("pk", filter=Q(lease_until__lt=Now()))))
