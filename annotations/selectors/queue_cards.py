"""Queues as people see them in a list: what waits, who is at it, how it goes."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from annotations.models import ReviewQueue
from annotations.selectors.selection import Selection
from core.briefly import Briefly
from core.prepared import prepared

MOST_COUNTED = 1000
# A thousand tasks are looked at for it, which is most of what a list of queues costs.
_oldest_of: Briefly[tuple[str | None]] = Briefly(ttl_s=10.0)

# A check comes from no place in the queue: without those in hand, the number that waits would show that it does not.
_CHECKS_IN_HAND = """
SELECT count(*) FROM review_hold hold JOIN review_task task ON task.id = hold.task_id
WHERE hold.queue_id = {queue} AND hold.reviewer_id = %s AND hold.ending = '' AND task.kind IN ('gold', 'repeat')
"""
_WAITING_IN = f"""
SELECT count(*), ({_CHECKS_IN_HAND.format(queue="%s")}) FROM (
    SELECT FROM review_queue_entry WHERE queue_id = %s AND generation = %s AND is_open LIMIT {MOST_COUNTED + 1}
) counted
"""  # noqa: S608 - a statement of our own
_OLDEST = """
SELECT min(task.made_at) FROM (
    SELECT task_id FROM review_queue_entry WHERE queue_id = %s AND generation = %s AND is_open
    ORDER BY rank DESC, task_id LIMIT %s
) soon JOIN review_task task ON task.id = soon.task_id
"""
_WAITING = """
SELECT count(*) FROM (
    SELECT FROM review_queue_entry entry
    WHERE entry.queue_id = review_queue.id AND entry.generation = review_queue.generation AND entry.is_open LIMIT %s
) counted
"""
_HELD = """
SELECT ARRAY[count(*), count(*) FILTER (WHERE hold.reviewer_id = %s)] FROM review_hold hold
WHERE hold.queue_id = review_queue.id AND hold.ending = ''
"""
# Since midnight where the site is.
_TODAY = """
SELECT ARRAY[count(*), count(*) FILTER (WHERE hold.reviewer_id = %s)] FROM review_hold hold
WHERE hold.queue_id = review_queue.id AND hold.ending = 'decided'
    AND hold.ended_at >= date_trunc('day', %s::timestamptz, site.timezone)
"""


def with_figures(queues: QuerySet[ReviewQueue], *, user_id: int | None, now: datetime) -> QuerySet[Any]:
    """Queues with what a list says of each. Nothing of it grows with the queue; it does with what is held in it, and
    with what was decided today.
    """
    counts = ArrayField(IntegerField())
    return queues.select_related("site").annotate(
        waiting=RawSQL(f"({_WAITING})", [MOST_COUNTED + 1], IntegerField()),  # noqa: S611 - no value of a caller's
        checks=RawSQL(f"({_CHECKS_IN_HAND.format(queue='review_queue.id')})", [user_id], IntegerField()),  # noqa: S611
        held=RawSQL(f"({_HELD})", [user_id], counts),  # noqa: S611
        today=RawSQL(f"({_TODAY})", [user_id, now], counts),  # noqa: S611
    )


def queue_of(queue: ReviewQueue, *, user_id: int | None, now: datetime) -> dict[str, Any]:
    """A queue as JSON. Two queries."""
    return listed_queue_of(with_figures(ReviewQueue.objects.filter(pk=queue.pk), user_id=user_id, now=now).get())


def listed_queue_of(queue: Any) -> dict[str, Any]:
    """A queue of `with_figures` as JSON."""
    (held, mine), (today, mine_today) = queue.held, queue.today
    return {
        "id": str(queue.pk),
        "code": queue.code,
        "name": queue.name,
        "order": queue.order,
        "selection": Selection.of(queue.selection).as_dict(),
        **_capped(queue.waiting, queue.checks),
        "held": held,
        "mine": mine,
        "oldest_at": _oldest(queue),
        "decided_today": today,
        "mine_today": mine_today,
        "lease_s": queue.lease_s,
        "overlap_share": queue.overlap_share,
        "overlap_reviewers": queue.overlap_reviewers,
        "audit_rate": queue.audit_rate,
        "audit_share": queue.audit_share,
        "gold_rate": queue.gold_rate,
        "repeat_rate": queue.repeat_rate,
        "repeat_after_s": queue.repeat_after_s,
        "version": queue.version,
        "is_archived": queue.is_archived,
        "is_filling": queue.fill_before is not None,
    }


def waiting_in(queue: ReviewQueue, *, user_id: int | None) -> dict[str, Any]:
    """How many tasks have a seat for a reviewer, counted no further than a thousand. One query."""
    with prepared() as cursor:
        cursor.execute(_WAITING_IN, [queue.pk, user_id, queue.pk, queue.generation])
        count, checks = cursor.fetchone()
    return _capped(count, checks)


def _capped(count: int, checks: int) -> dict[str, Any]:
    is_more = count > MOST_COUNTED
    return {"open": MOST_COUNTED if is_more else max(0, count - checks), "open_is_more": is_more}


def _oldest(queue: ReviewQueue) -> str | None:
    """When the longest waiting of those that come next was made: a look at the whole queue would grow with it."""
    return _oldest_of.get((queue.pk, queue.generation), lambda: _read_oldest(queue))[0]


def _read_oldest(queue: ReviewQueue) -> tuple[str | None]:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [queue.pk, queue.generation, MOST_COUNTED])
        (oldest,) = cursor.fetchone()
    return (oldest.isoformat() if oldest else None,)
