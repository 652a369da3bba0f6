"""What reviewers may be told of items that measure them, without spoiling the measure.

A known answer is asked of each reviewer once. If a score moved with the answer, whoever watches it would know that the
item just decided was one; and whoever knows it may tell the next. So a score counts whole days that are over, from a
few answers on; an answer itself is told when it is used no more, or, to whoever said another thing, after a while: they
shall be able to contest it.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LEAST_ANSWERS = 5
"""With fewer there is no score."""
TOLD_AFTER = timedelta(days=7)
"""How long after an answer that differs the known one is told."""


def counted_until(now: datetime, *, zone: ZoneInfo) -> datetime:
    """The last midnight of a place: what was answered since does not count yet."""
    today = now.astimezone(zone).date()
    return datetime.combine(today, time(), zone)


def is_told(*, answered_at: datetime, is_same: bool, is_retired: bool, until: datetime, now: datetime) -> bool:
    """Whether who answered may see that it was an item with a known answer, and which.

    Args:
        is_same: their answer was the known one.
        is_retired: nobody is asked any more.
        until: see `counted_until`.
    """
    if answered_at >= until:
        return False
    return is_retired or (not is_same and answered_at <= now - TOLD_AFTER)
