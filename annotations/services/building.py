"""What workers make of data sets: claimed under a lease, made in bounded steps, given up when it fails again and again.

The row is the truth. A worker that is lost leaves a lease that runs out; whoever takes over has a higher `attempt`, and
what the other writes afterwards is dropped.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction

from annotations.choices import BuildState, check_build_step
from annotations.models import DatasetExport, DatasetSnapshot
from core import holds
from core.actors import service_account
from core.errors import WaferdeckError
from core.outages import as_unavailable

BUILDER = service_account("datasets")
MOST_FAILURES = 3
RENEWALS_PER_LEASE = 4
LONGEST_STEP_S = 55.0
logger = structlog.get_logger(__name__)
Built = TypeVar("Built", DatasetSnapshot, DatasetExport)

_OF_THE_WORK = ("state", "finished_at", "lease_until", "error_code", "error_detail")
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT id FROM {table} WHERE state = 'building' AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED LIMIT 1)
UPDATE {table} row SET attempt = row.attempt + 1,
       lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
FROM next WHERE row.id = next.id RETURNING row.id
"""
_RENEW = """
UPDATE {table} SET lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE id IN (
    SELECT id FROM {table} WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'building'
    FOR NO KEY UPDATE SKIP LOCKED
)
"""


class LostBuild(Exception):
    """Another worker has taken over; nothing that this one made counts."""


class CannotBuild(WaferdeckError):
    """Trying again gives the same."""

    code = "cannot_build"


def build_next(
    model: type[Built], *, step: Callable[[Built], bool], fail: Callable[[Built, WaferdeckError], None], until_s: float
) -> bool:
    """Claim one row that waits and go on with it until it is ready or the time is up.

    Args:
        step: one bounded step, which raises `LostBuild` where the row is another's; False when there is none left.
        fail: says in the row, and in the trail, that it cannot be built.

    Returns:
        Whether there was one, and something may be left to do.
    """
    row = _claim(model)
    if row is None:
        return False
    every_s = settings.RUN_LEASE_S / RENEWALS_PER_LEASE
    try:
        with holds.renewed(lambda: _is_ours(row), every_s=every_s, stalls_after_s=LONGEST_STEP_S) as note_step:
            while step(row):
                note_step()
                if time.monotonic() >= until_s:
                    _let_go(row)
                    return True
    except LostBuild:
        logger.info("build_lost", row=str(row.pk))
    except SoftTimeLimitExceeded:
        _note_failure(row, CannotBuild("It takes longer than one turn of a worker."), fail=fail)
        raise
    except CannotBuild as refusal:
        with contextlib.suppress(LostBuild):
            fail(row, refusal)
    except Exception as fault:
        if as_unavailable(fault) is not None:
            # Whoever finds the lease run out goes on.
            logger.warning("build_waits", row=str(row.pk), error=type(fault).__name__)
            return False
        logger.exception("build_broke", row=str(row.pk))
        _note_failure(row, CannotBuild(f"An unexpected fault ({type(fault).__name__})."), fail=fail)
    return True


def locked(row: Built) -> Built:
    """The row as it is now, held until the transaction ends.

    Raises:
        LostBuild: it is another's.
    """
    current = (
        type(row).objects.select_for_update(no_key=True, of=("self",)).filter(pk=row.pk, attempt=row.attempt).first()
    )
    if current is None or current.state != BuildState.BUILDING:
        raise LostBuild
    return current


def note_end(
    row: Built, *, state: BuildState, now: datetime, also: Iterable[str] = (), error: WaferdeckError | None = None
) -> None:
    """Put down, in a locked row, that it is over.

    Args:
        also: what else of it has changed.
    """
    check_build_step(row.state, state)
    row.state, row.finished_at, row.lease_until = state, now, None
    row.error_code, row.error_detail = (error.code, error.detail) if error else ("", "")
    row.save(update_fields=[*_OF_THE_WORK, *also])


def note_again(row: Built, *, also: Iterable[str] = ()) -> None:
    """Put down, in a locked row that failed, that it is tried once more from its beginning."""
    check_build_step(row.state, BuildState.BUILDING)
    row.state, row.finished_at, row.lease_until = BuildState.BUILDING, None, None
    row.failures = row.done = row.total = 0
    row.error_code = row.error_detail = ""
    row.save(update_fields=[*_OF_THE_WORK, "failures", "done", "total", *also])


def _claim(model: type[Built]) -> Built | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(table=model._meta.db_table), {"lease_s": settings.RUN_LEASE_S})
        claimed = cursor.fetchone()
    return model.objects.get(pk=claimed[0]) if claimed else None


def renew(row: Built) -> None:
    """Prolong the lease of a locked row, at the end of a step: nobody else could while it was held."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW.format(table=row._meta.db_table), _lease_of(row))


def _is_ours(row: Built) -> bool:
    """Prolong the lease of a row, unless a step of ours holds it; False when it is another's or over."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW.format(table=row._meta.db_table), _lease_of(row))
    return type(row).objects.filter(pk=row.pk, attempt=row.attempt, state=BuildState.BUILDING).exists()


def _lease_of(row: Built) -> dict[str, Any]:
    return {"lease_s": settings.RUN_LEASE_S, "id": row.pk, "attempt": row.attempt}


def _let_go(row: Built) -> None:
    """Leave it to whoever asks next."""
    type(row).objects.filter(pk=row.pk, attempt=row.attempt).update(lease_until=None)


def _note_failure(row: Built, reason: CannotBuild, *, fail: Callable[[Built, WaferdeckError], None]) -> None:
    failures = row.failures + 1
    type(row).objects.filter(pk=row.pk, attempt=row.attempt).update(failures=failures, lease_until=None)
    if failures >= MOST_FAILURES:
        with contextlib.suppress(LostBuild):
            fail(row, reason)


def in_a_while(budget_s: float) -> float:
    """When the time for a turn is up, on the clock that `build_next` looks at."""
    return time.monotonic() + budget_s
