"""Work that takes a while: asked for, taken under a lease, ended once, taken back when its worker dies.

Every kind of it (`models_admin.models.work.Work`) goes through here.
"""

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
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit import services as audit
from audit.actions import Action
from core import holds
from core.actors import Actor
from core.errors import IllegalTransition, Unavailable
from core.jobs import enqueue_on_commit
from core.outages import as_unavailable, insist
from models_admin.choices import UNDER_WAY, WorkState, check_work_step
from models_admin.errors import LostWork, WorkCancelled, WorkFailed, WorkMustWait
from models_admin.models.work import Work
from models_admin.services.steps import every_site
from outbox import services as outbox
from serving.errors import ServingError

logger = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
W = TypeVar("W", bound=Work)

RENEWALS_PER_LEASE = 4
# Work over which so many workers died is given up.
MOST_FAILURES = 3
# What has become of work is told to a database that is away for so long.
INSIST_S = 60.0
OUTAGE_WAIT_S = 5.0
_MOST_CALLED = 10


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
            held = _held(row)
            if not held.update(steps_done=done, steps_total=total, doing=row.doing):
                raise LostWork
            announce(row, now=self._clock())
        self.check()

    def check(self) -> None:
        """Hear whether it is to go on, without saying anything. Raises as `step`."""
        self._note_step()
        asked = _held(self._row).values_list("cancel_asked_by", flat=True).first()
        if asked is None:
            raise LostWork
        if asked:
            raise WorkCancelled


Body = Callable[[Any, Progress], Mapping[str, Any]]
"""Does one piece of work, outside any transaction. Takes the row and a `Progress`; returns the fields of the row to
set when it is done. Raises `WorkFailed` for what trying again does not mend, `WorkMustWait` for what is away."""


def ask_for(row: Work, *, after: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Insert new work and call a worker, in the running transaction. `after` is what the trail says of it."""
    row.requested_by, row.requested_at = actor.username, now
    row.full_clean(validate_constraints=False)
    row.save(force_insert=True)
    record(Action.WORK_REQUESTED, row, actor=actor, now=now, after=dict(after))
    announce(row, now=now)
    enqueue_on_commit(row.task, key=str(row.pk))


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
    row.lease_until = now + _lease()
    _move(row, WorkState.RUNNING, now=now)
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
    end: Callable[[], None]
    try:
        with holds.renewed(
            lambda: _renew(row), every_s=settings.RUN_LEASE_S / RENEWALS_PER_LEASE, stalls_after_s=stalls_after_s
        ) as note_step:
            found = body(row, Progress(row, note_step=note_step, clock=clock))
        end = partial(_finish, row, found=found, actor=actor)
    except LostWork:
        raise
    except WorkCancelled:
        end = partial(_cancelled, row, actor=actor)
    except WorkFailed as fault:
        end = partial(_fail, row, code=fault.code, detail=fault.detail, actor=actor)
    except WorkMustWait as fault:
        end = partial(_put_back, row, reason=fault.waiting_for, wait_s=fault.wait_s, actor=actor)
    except (ServingError, Unavailable) as fault:
        reason = fault.plain if isinstance(fault, ServingError) else fault.detail
        end = partial(_put_back, row, reason=reason, wait_s=OUTAGE_WAIT_S, actor=actor)
    except SoftTimeLimitExceeded:
        detail = "It took longer than work of this kind may."
        end = partial(_fail, row, code="too_slow", detail=detail, actor=actor)
    except Exception as fault:
        end = _after_fault(row, fault, actor=actor)
    insist(lambda: end(now=clock()), for_s=INSIST_S)
    return row


def _after_fault(row: Work, fault: Exception, *, actor: Actor) -> Callable[..., None]:
    outage = as_unavailable(fault)
    if outage is not None:
        return partial(_put_back, row, reason=outage.detail, wait_s=OUTAGE_WAIT_S, actor=actor)
    logger.exception("work_broke")
    detail = f"An unexpected fault ({type(fault).__name__}). The log of the worker has more."
    return partial(_fail, row, code="internal_error", detail=detail, actor=actor)


@transaction.atomic
def cancel(row: W, *, actor: Actor, now: datetime, reason: str = "") -> W:
    """Ask for an end of it. What waits ends at once; who is at it stops at the next step.

    Raises:
        IllegalTransition: it is over.
    """
    stored = _locked(row)
    if stored.state not in UNDER_WAY:
        raise IllegalTransition(f"This {row.noun} is {stored.state}; there is nothing to cancel.", state=stored.state)
    if stored.cancel_asked_by:
        return stored
    stored.cancel_asked_by = actor.username
    record(Action.WORK_CANCEL_ASKED, stored, actor=actor, now=now, reason=reason)
    if stored.state == WorkState.QUEUED:
        _end(stored, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
    else:
        stored.save(update_fields=["cancel_asked_by"])
        announce(stored, now=now)
    return stored


@transaction.atomic
def resume(row: W, *, actor: Actor, now: datetime, reason: str = "") -> W:
    """Let work that failed or was cancelled wait for a worker again.

    Raises:
        IllegalTransition: it is under way or done.
    """
    stored = _locked(row)
    check_work_step(stored.state, WorkState.QUEUED, noun=row.noun)
    stored.failures, stored.cancel_asked_by, stored.finished_at = 0, "", None
    stored.error_code, stored.error_detail, stored.not_before = "", "", None
    _move(stored, WorkState.QUEUED, now=now)
    record(Action.WORK_RESUMED, stored, actor=actor, now=now, reason=reason)
    enqueue_on_commit(stored.task, key=str(stored.pk))
    return stored


def sweep_work(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Take back what dead workers held, and call for what waits, of every kind of work.

    Returns:
        How much was taken back and called for.
    """
    lapsed = called = 0
    for model in Work.__subclasses__():
        dead = model._default_manager.filter(state=WorkState.RUNNING, lease_until__lt=Now())
        for key in list(dead.values_list("pk", flat=True)[:_MOST_CALLED]):
            lapsed += _take_back(model, key, actor=actor, now=now)
        waiting = model._default_manager.filter(Q(not_before=None) | Q(not_before__lte=Now()), state=WorkState.QUEUED)
        for key in waiting.order_by("id").values_list("pk", flat=True)[:_MOST_CALLED]:
            enqueue_on_commit(model.task, key=str(key))
            called += 1
    return {"lapsed": lapsed, "called": called}


@transaction.atomic
def _take_back(model: type[Work], key: UUID, *, actor: Actor, now: datetime) -> bool:
    dead = model._default_manager.filter(state=WorkState.RUNNING, lease_until__lt=Now(), pk=key)
    row = dead.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    row.failures += 1
    if row.cancel_asked_by:
        _end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
    elif row.failures >= MOST_FAILURES:
        row.error_code, row.error_detail = "worker_lost", f"Its worker died {row.failures} times over it."
        _end(row, WorkState.FAILED, action=Action.WORK_FAILED, actor=actor, now=now)
    else:
        row.waiting_for = "Its worker stopped answering; another one takes over."
        _wait(row, actor=actor, now=now)
    return True


@transaction.atomic
def _finish(row: Work, *, found: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    _locked_by_us(row)
    for name, value in found.items():
        setattr(row, name, value)
    row.doing = ""
    _end(row, WorkState.DONE, action=Action.WORK_FINISHED, actor=actor, now=now)


@transaction.atomic
def _fail(row: Work, *, code: str, detail: str, actor: Actor, now: datetime) -> None:
    _locked_by_us(row)
    row.error_code, row.error_detail = code, detail
    _end(row, WorkState.FAILED, action=Action.WORK_FAILED, actor=actor, now=now)


@transaction.atomic
def _cancelled(row: Work, *, actor: Actor, now: datetime) -> None:
    _locked_by_us(row)
    _end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)


@transaction.atomic
def _put_back(row: Work, *, reason: str, wait_s: float, actor: Actor, now: datetime) -> None:
    stored = _locked_by_us(row)
    if stored.cancel_asked_by:
        _end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
        return
    row.waiting_for, row.not_before = reason[:200], now + timedelta(seconds=wait_s)
    _wait(row, actor=actor, now=now)


def _wait(row: Work, *, actor: Actor, now: datetime) -> None:
    row.lease_owner, row.lease_until = "", None
    _move(row, WorkState.QUEUED, now=now)
    record(Action.WORK_PUT_BACK, row, actor=actor, now=now, after={"waiting_for": row.waiting_for})
    if row.not_before is None or row.not_before <= now:
        enqueue_on_commit(row.task, key=str(row.pk))


def _end(row: Work, state: WorkState, *, action: Action, actor: Actor, now: datetime) -> None:
    row.finished_at, row.lease_owner, row.lease_until = now, "", None
    _move(row, state, now=now)
    after = {"error": row.error_code, "detail": row.error_detail} if row.error_code else {}
    record(action, row, actor=actor, now=now, after=after)


def _move(row: Work, to: WorkState, *, now: datetime) -> None:
    check_work_step(row.state, to, noun=row.noun)
    row.state = to
    row.revision += 1
    row.save()
    announce(row, now=now)


def _held(row: Work) -> QuerySet[Any]:
    """The row, as long as this claim of it holds."""
    return type(row)._default_manager.filter(pk=row.pk, attempt=row.attempt, state=WorkState.RUNNING)


def _renew(row: Work) -> bool:
    return bool(_held(row).update(lease_until=Now() + _lease()))


def _lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_S)


def _locked(row: W) -> W:
    rows = type(row)._default_manager.select_for_update(no_key=True, of=("self",))
    return rows.get(pk=row.pk)


def _locked_by_us(row: Work) -> Work:
    """The row as it is stored, locked.

    Raises:
        LostWork: somebody else holds it now.
    """
    stored = _locked(row)
    if (stored.attempt, stored.state) != (row.attempt, WorkState.RUNNING):
        raise LostWork
    row.cancel_asked_by, row.failures = stored.cancel_asked_by, stored.failures
    return stored


def record(
    action: Action, row: Work, *, actor: Actor, now: datetime, after: dict[str, Any] | None = None, reason: str = ""
) -> None:
    audit.record(
        action=action,
        object_type=row.noun,
        object_id=row.pk,
        object_version=row.revision,
        actor=actor,
        at=now,
        after={"state": row.state, **(after or {})},
        reason=reason or None,
    )


def announce(row: Work, *, now: datetime) -> None:
    """Tell open pages how far it is, in the running transaction."""
    outbox.announce(
        type=f"{row.noun}.changed",
        topics=row.heard_by() or every_site(),
        payload={
            "id": str(row.pk),
            "state": row.state,
            "steps_done": row.steps_done,
            "steps_total": row.steps_total,
            "doing": row.doing,
            "waiting_for": row.waiting_for,
            "error": row.error_code,
            "revision": row.revision,
            **row.told(),
        },
        now=now,
    )
