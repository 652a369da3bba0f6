"""Chores: partitions for the months to come, and everything nobody will ask for any more."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from accounts import services as accounts
from core.partitions import PARTITIONED_TABLES, ensure_month_partitions
from inspection.services import stored_files
from outbox import services as outbox

logger = structlog.get_logger(__name__)


def keep_house(*, now: datetime) -> dict[str, int | None]:
    """Do what is due. Safe to repeat, and by several at once; a chore that fails is logged and harms no other.

    Returns:
        What each chore made or cleared away; None where it failed.
    """
    return {name: _done(name, partial(chore, now=now)) for name, chore in CHORES.items()}


def _done(name: str, chore: Callable[[], int]) -> int | None:
    try:
        return chore()
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("chore_failed", chore=name)
        return None


@transaction.atomic
def _ensure_partitions(*, table: str, now: datetime) -> int:
    with connection.cursor() as cursor:
        return ensure_month_partitions(cursor, table=table, now=now)


CHORES: dict[str, Callable[..., int]] = {
    **{f"partitions of {table}": partial(_ensure_partitions, table=table) for table in PARTITIONED_TABLES},
    "events": outbox.forget_old_events,
    "idempotency keys": accounts.forget_old_keys,
    "sessions": accounts.forget_ended_sessions,
    "tokens": accounts.forget_expired_tokens,
    "files": stored_files.forget_orphans,
}
