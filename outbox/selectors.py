"""What was announced, for whoever was not listening."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from core import realtime
from outbox.models import OLDEST_UNFINISHED, OutboxEvent

# An event is sent after it has committed; this long, at most, others that came later may overtake it on the way.
OVERTAKEN_FOR = timedelta(seconds=2)


def frames_after(seq: int, *, topics: Iterable[str], at_most: int) -> list[str] | None:
    """Events of the topics that somebody who heard event `seq` may have missed, as the frames that were sent then.

    These are the ones with larger numbers, and those with smaller ones that had not been committed and sent when `seq`
    was written. Some of them may have been heard: each is known by its number.

    Args:
        seq: 0 for somebody who has heard nothing.

    Returns:
        In the order of their numbers; None when there are more than `at_most`, or when event `seq` is forgotten and so
        others may be: then one has to ask for the present.
    """
    may_be_missed = Q(seq__gt=seq)
    if seq:
        heard = OutboxEvent.objects.filter(seq=seq).first()
        if heard is None:
            return None
        may_be_missed |= Q(transaction__gte=heard.horizon) | Q(made_at__gte=heard.made_at - OVERTAKEN_FOR)
    events = OutboxEvent.objects.filter(may_be_missed, topics__overlap=list(topics)).order_by("seq")
    missed = list(events[: at_most + 1])
    if len(missed) > at_most:
        return None
    return [
        realtime.frame(type=event.type, seq=event.seq, at=event.made_at.isoformat(), data=event.payload)
        for event in missed
    ]


def settled_after(*, transaction: int, seq: int, type: str, at_most: int) -> list[OutboxEvent]:
    """Announcements of a type for a follower that must hear each once, in an order that no later commit can change.

    Transactions are passed in the order they began in, and those at or after the oldest unfinished one wait: a
    number drawn early may yet be committed late.

    Args:
        transaction, seq: of the last one that was followed; 0 for who has followed none.
    """
    later = Q(transaction__gt=transaction) | Q(transaction=transaction, seq__gt=seq)
    settled = OutboxEvent.objects.filter(later, transaction__gte=transaction, transaction__lt=OLDEST_UNFINISHED)
    return list(settled.filter(type=type).order_by("transaction", "seq")[:at_most])
