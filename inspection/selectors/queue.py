"""How much work waits, and for how long."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from inspection.choices import RunState
from inspection.models import InspectionRun


def queue_state(*, now: datetime) -> dict[str, Any]:
    """Depth and age of the queue over all sites. Four queries, each of one state: those have partial indexes."""
    queued = InspectionRun.objects.filter(state=RunState.QUEUED)
    depth = queued.aggregate(runs=Count("pk"), oldest=Min("queued_at"))
    waiting = queued.exclude(waiting_for="").order_by("-id").values_list("waiting_for", flat=True)
    failed = InspectionRun.objects.filter(state=RunState.FAILED, finished_at__gte=now - timedelta(days=1))
    return {
        "queued": depth["runs"],
        "running": InspectionRun.objects.filter(state=RunState.RUNNING).count(),
        "oldest_queued_s": round((now - depth["oldest"]).total_seconds(), 1) if depth["oldest"] else None,
        "failed_24h": failed.count(),
        "waiting_for": waiting.first() or None,
    }
