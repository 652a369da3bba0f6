"""What was announced, for whoever was not listening."""

from collections.abc import Iterable

from core import realtime
from outbox.models import OutboxEvent

# A sequence number is drawn before its transaction commits: a smaller one may become visible after a larger one was
# heard. Looking this far back finds those; whoever hears one twice knows it by its number.
LOOK_BACK = 64


def frames_after(seq: int, *, topics: Iterable[str], at_most: int) -> list[str] | None:
    """Events of the topics that came after `seq`, oldest first, as the frames that were sent then. One query.

    Returns:
        None when there are more than `at_most`: then asking for the present is cheaper.
    """
    events = OutboxEvent.objects.filter(seq__gt=seq - LOOK_BACK, topics__overlap=list(topics)).order_by("seq")
    missed = list(events[: at_most + 1])
    if len(missed) > at_most:
        return None
    return [
        realtime.frame(type=event.type, seq=event.seq, at=event.made_at.isoformat(), data=event.payload)
        for event in missed
    ]
