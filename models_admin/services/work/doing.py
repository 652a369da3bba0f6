"""Doing work: taken under a lease that is renewed beside it, and ended once, whatever comes of it."""

import os
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.actions import Action
from core import holds
from core.actors import Actor
from core.errors import Unavailable
from core.outages import as_unavailable, insist
from models_admin.choices import WorkState
from models_admin.errors import LostWork, WorkCancelled, WorkFailed, WorkMustWait
from models_admin.models.work import Work
from models_admin.services.work.rows import announce, end, held, lease, locked_by_us, move, record, wait
from serving.errors import ServingError

logger = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
W = TypeVar("W", bound=Work)
RENEWALS_PER_LEASE = 4
# What has become of work is told to a database that is away for so long.
INSIST_S = 60.0
OUTAGE_WAIT_S = 5.0


class Progress:
    """What whoever is at a piece of work says meanwhile, and hears."""

    def __init__(self, row: Work, *, note_step: Callable[[], None], clock: Clock) -> None:
        self._row = row
        self._note_step = note_step
        self._clock = clock

    def step(self, done: int, total: int, doing: str = "") -> None:
        """Say how far it is, once or twice a second at most: each is a small transaction.

        Raises:
            WorkCancelled: somebody asked for an end of it.
            LostWork: somebody else holds it now.
        """
        self._note_step()
        row = self._row
        row.steps_done, row.steps_total, row.doing = done, total, doing[:120]
        with transaction.atomic():
            if not held(row).update(steps_done=done, steps_total=total, doing=row.doing):
                raise LostWork
            announce(row, now=self._clock())
        self.check()

    def check(self) -> None:
        """Hear whether it is to go on, without saying anything. Raises as `step`."""
        self._note_step()
        asked = held(self._row).values_list("cancel_asked_by", flat=True).first()
        if asked is None:
            raise LostWork
        if asked:
            raise WorkCancelled


Body = Callable[[Any, Progress], Mapping[str, Any]]
"""Does one piece of work, outside any transaction. Takes the row and a `Progress`; returns the fields of the row to
set when it is done. Raises `WorkFailed` for what trying again does not mend, `WorkMustWait` for what is away."""


@transaction.atomic
def claim(model: type[W], *, key: UUID, actor: Actor, now: datetime) -> W | None:
    """Take one piece of work that waits; None where somebody else has, or it waits no longer."""
    waiting = model._default_manager.filter(Q(not_before=None) | Q(not_before__lte=Now()), state=WorkState.QUEUED)
    row = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=key).first()
    if row is None:
        return None
    row.attempt += 1
    row.lease_owner, row.waiting_for = f"{socket.gethostname()}:{os.getpid()}", ""
    row.started_at, row.finished_at = row.started_at or now, None
    row.lease_until = now + lease()
    move(row, WorkState.RUNNING, now=now)
    record(Action.WORK_CLAIMED, row, actor=actor, now=now, after={"attempt": row.attempt})
    return row


def carry_out(model: type[W], *, key: UUID, body: Body, actor: Actor, clock: Clock, stalls_after_s: float) -> W | None:
    """Claim one piece of work, do it, and write down what came of it.

    Args:
        stalls_after_s: work that has not said for so long that it gets on is handed to somebody else.

    Returns:
        The row as it was left; None where it was not to be had, or was lost on the way.
    """
    row = claim(model, key=key, actor=actor, now=clock())
    if row is None:
        return None
    structlog.contextvars.bind_contextvars(work=f"{row.noun}:{row.pk}", attempt=row.attempt)
    try:
        return _done(row, body, actor=actor, clock=clock, stalls_after_s=stalls_after_s)
    except LostWork:
        logger.info("work_lost")
        return None
    finally:
        structlog.contextvars.unbind_contextvars("work", "attempt")


def _done(row: W, body: Body, *, actor: Actor, clock: Clock, stalls_after_s: float) -> W:
    ending: Callable[..., None]
    try:
        with holds.renewed(
            lambda: _renew(row), every_s=settings.RUN_LEASE_S / RENEWALS_PER_LEASE, stalls_after_s=stalls_after_s
        ) as note_step:
            found = body(row, Progress(row, note_step=note_step, clock=clock))
        ending = partial(_finish, row, found=found, actor=actor)
    except LostWork:
        raise
    except WorkCancelled:
        ending = partial(_cancelled, row, actor=actor)
    except WorkFailed as fault:
        ending = partial(_fail, row, code=fault.code, detail=fault.detail, actor=actor)
    except WorkMustWait as fault:
        ending = partial(_put_back, row, reason=fault.waiting_for, wait_s=fault.wait_s, actor=actor)
    except (ServingError, Unavailable) as fault:
        reason = fault.plain if isinstance(fault, ServingError) else fault.detail
        ending = partial(_put_back, row, reason=reason, wait_s=OUTAGE_WAIT_S, actor=actor)
    except SoftTimeLimitExceeded:
        detail = "It took longer than work of this kind may."
        ending = partial(_fail, row, code="too_slow", detail=detail, actor=actor)
    except Exception as fault:
        ending = _after_fault(row, fault, actor=actor)
    insist(lambda: ending(now=clock()), for_s=INSIST_S)
    return row


def _after_fault(row: Work, fault: Exception, *, actor: Actor) -> Callable[..., None]:
    outage = as_unavailable(fault)
    if outage is not None:
        return partial(_put_back, row, reason=outage.detail, wait_s=OUTAGE_WAIT_S, actor=actor)
    logger.exception("work_broke")
    detail = f"An unexpected fault ({type(fault).__name__}). The log of the worker has more."
    return partial(_fail, row, code="internal_error", detail=detail, actor=actor)


@transaction.atomic
def _finish(row: Work, *, found: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    locked_by_us(row)
    for name, value in found.items():
        setattr(row, name, value)
    row.doing = ""
    end(row, WorkState.DONE, action=Action.WORK_FINISHED, actor=actor, now=now)


@transaction.atomic
def _fail(row: Work, *, code: str, detail: str, actor: Actor, now: datetime) -> None:
    locked_by_us(row)
    row.error_code, row.error_detail = code, detail
    end(row, WorkState.FAILED, action=Action.WORK_FAILED, actor=actor, now=now)


@transaction.atomic
def _cancelled(row: Work, *, actor: Actor, now: datetime) -> None:
    locked_by_us(row)
    end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)


@transaction.atomic
def _put_back(row: Work, *, reason: str, wait_s: float, actor: Actor, now: datetime) -> None:
    stored = locked_by_us(row)
    if stored.cancel_asked_by:
        end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
        return
    row.waiting_for, row.not_before = reason[:200], now + timedelta(seconds=wait_s)
    wait(row, actor=actor, now=now)


def _renew(row: Work) -> bool:
    return bool(held(row).update(lease_until=Now() + lease()))
