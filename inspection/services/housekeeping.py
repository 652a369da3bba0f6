"""Chores: partitions for the months to come, old events, old idempotency keys."""

from datetime import datetime, timedelta

from django.db import connection

from accounts.models import IdempotencyKey
from core.partitions import PARTITIONED_TABLES, ensure_month_partitions
from outbox import services as outbox


def keep_house(*, now: datetime) -> dict[str, int]:
    """Do what is due. Safe to repeat, and by several at once."""
    with connection.cursor() as cursor:
        for table in PARTITIONED_TABLES:
            ensure_month_partitions(cursor, table=table, now=now)
    forgotten = outbox.forget_old_events(now=now)
    keys, _ = IdempotencyKey.objects.filter(created_at__lt=now - timedelta(days=2)).delete()
    return {"events_forgotten": forgotten, "keys_forgotten": keys}
