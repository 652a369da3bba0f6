"""How much work waits, and for how long."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from inspection.choices import UNDER_WAY, RunState
from inspection.models import InspectionRun


def queue_state(*, now: datetime) -> dict[str, Any]:
    """Depth and age of the queue over all sites. Two queries over partial indexes."""
    live = InspectionRun.objects.filter(state__in=UNDER_WAY).aggregate(
        queued=Count("pk", filter=Q(state=RunState.QUEUED)),
        running=Count("pk", filter=Q(state=RunState.RUNNING)),
        oldest=Min("queued_at", filter=Q(state=RunState.QUEUED)),
    )
    waiting = (
        InspectionRun.objects.filter(state=RunState.QUEUED)
        .exclude(waiting_for="")
        .order_by("-id")
        .values_list("waiting_for", flat=True)
    )
    failed = InspectionRun.objects.filter(state=RunState.FAILED, finished_at__gte=now - timedelta(days=1)).count()
    return {
        "queued": live["queued"],
        "running": live["running"],
        "oldest_queued_s": round((now - live["oldest"]).total_seconds(), 1) if live["oldest"] else None,
        "failed_24h": failed,
        "waiting_for": waiting.first() or None,
    }
