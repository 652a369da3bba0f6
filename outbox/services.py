"""The only writer of the outbox."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

from core import realtime
from core.prepared import prepared
from outbox.models import OutboxEvent

KEEP_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Event:
    """What open pages are told.

    Attributes:
        type: `subject.verb`, past tense: `run.done`.
        topics: who hears it: `site:<id>`, `wafer:<uuid>`, `job:<uuid>`.
        payload: ids, revision, and for a live card its own summary.
    """

    type: str
    topics: Sequence[str]
    payload: dict[str, Any]


def announce(*, type: str, topics: Sequence[str], payload: dict[str, Any], now: datetime) -> int:
    """Write an event, as `announce_all`.

    Returns:
        Its sequence number.
    """
    (seq,) = announce_all([Event(type=type, topics=topics, payload=payload)], now=now)
    return seq


def announce_all(events: Sequence[Event], *, now: datetime) -> list[int]:
    """Write events in the running transaction and send them to open pages once that commits. One query.

    Returns:
        The events' sequence numbers, ascending.
    """
    if not events:
        return []
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(events))
    values = [
        value
        for event in events
        for value in (event.type, list(event.topics), json.dumps(event.payload, allow_nan=False), now)
    ]
    # As many as there happen to be are a text of their own.
    with prepared() if len(events) == 1 else connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO outbox_event (type, topics, payload, made_at) VALUES {rows} RETURNING seq",  # noqa: S608
            values,
        )
        numbers = [row[0] for row in cursor.fetchall()]
    for event, seq in zip(events, numbers, strict=True):
        message = realtime.encode(type=event.type, seq=seq, topics=event.topics, at=now.isoformat(), data=event.payload)
        transaction.on_commit(partial(realtime.publish, message))
    return numbers


def forget_old_events(*, now: datetime, at_most: int = 50_000) -> int:
    """Delete events nobody will ask for any more, a bounded number at a time."""
    old = OutboxEvent.objects.filter(made_at__lt=now - KEEP_FOR).order_by("seq").values("seq")[:at_most]
    deleted, _ = OutboxEvent.objects.filter(seq__in=old).delete()
    return deleted
