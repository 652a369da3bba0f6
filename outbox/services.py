"""The only writer of the outbox."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core import realtime
from outbox.models import OutboxEvent

KEEP_FOR = timedelta(days=7)


def announce(*, type: str, topics: Sequence[str], payload: dict[str, Any], now: datetime) -> int:
    """Write an event in the running transaction and send it to open pages once that commits.

    Args:
        type: `subject.verb`, past tense: `run.done`.
        topics: who hears it: `site:<id>`, `wafer:<uuid>`, `job:<uuid>`.
        payload: ids, revision, and for a live card its own summary.

    Returns:
        The event's sequence number.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_event (type, topics, payload, made_at) VALUES (%s, %s, %s, %s) RETURNING seq",
            [type, list(topics), json.dumps(payload, allow_nan=False), now],
        )
        seq: int = cursor.fetchone()[0]
    message = realtime.encode(type=type, seq=seq, topics=topics, at=now.isoformat(), data=payload)
    transaction.on_commit(lambda: realtime.publish(message))
    return seq


def forget_old_events(*, now: datetime, at_most: int = 50_000) -> int:
    """Delete events nobody will ask for any more, a bounded number at a time."""
    old = OutboxEvent.objects.filter(made_at__lt=now - KEEP_FOR).order_by("seq").values("seq")[:at_most]
    deleted, _ = OutboxEvent.objects.filter(seq__in=old).delete()
    return deleted
