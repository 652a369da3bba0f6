"""Queues as people see them in a list: what waits, who is at it, how it goes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from annotations.choices import Ending
from annotations.models import QueueEntry, ReviewHold, ReviewQueue
from annotations.selectors.selection import Selection

MOST_COUNTED = 1000


def queue_of(queue: ReviewQueue, *, user_id: int | None, now: datetime) -> dict[str, Any]:
    """A queue as JSON; its site must be loaded. Three queries, none of which grows with the queue."""
    waiting = waiting_in(queue)
    held = ReviewHold.objects.filter(queue=queue, ending="").aggregate(
        all=Count("pk"), mine=Count("pk", filter=Q(reviewer_id=user_id))
    )
    today = ReviewHold.objects.filter(
        queue=queue, ending=Ending.DECIDED, ended_at__gte=midnight(queue.site.timezone, now=now)
    ).aggregate(all=Count("pk"), mine=Count("pk", filter=Q(reviewer_id=user_id)))
    return {
        "id": str(queue.pk),
        "code": queue.code,
        "name": queue.name,
        "order": queue.order,
        "selection": Selection.of(queue.selection).as_dict(),
        **waiting,
        "held": held["all"],
        "mine": held["mine"],
        "oldest_at": _oldest(queue),
        "decided_today": today["all"],
        "mine_today": today["mine"],
        "lease_s": queue.lease_s,
        "overlap_share": queue.overlap_share,
        "overlap_reviewers": queue.overlap_reviewers,
        "version": queue.version,
        "is_archived": queue.is_archived,
        "is_filling": queue.fill_before is not None,
    }


def waiting_in(queue: ReviewQueue) -> dict[str, Any]:
    """How many tasks have a seat for a reviewer, counted no further than a thousand."""
    some = open_entries(queue).values("pk")[: MOST_COUNTED + 1]
    count = some.count()
    return {"open": min(count, MOST_COUNTED), "open_is_more": count > MOST_COUNTED}


def open_entries(queue: ReviewQueue) -> QuerySet[QueueEntry]:
    return QueueEntry.objects.filter(queue=queue, generation=queue.generation, is_open=True)


def midnight(timezone: str, *, now: datetime) -> datetime:
    """When today began where a site is."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _oldest(queue: ReviewQueue) -> str | None:
    """When the longest waiting of those that come next was made: a look at the whole queue would grow with it."""
    soon = open_entries(queue).order_by("-rank", "task_id").values_list("task__made_at", flat=True)[:MOST_COUNTED]
    oldest = min(soon, default=None)
    return oldest.isoformat() if oldest else None
