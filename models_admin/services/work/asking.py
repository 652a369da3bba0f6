"""Asking for work, for an end of it, and for it once more; and looking for what nobody is at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.actions import Action
from core.actors import Actor
from core.errors import IllegalTransition
from core.jobs import enqueue_on_commit
from models_admin.choices import UNDER_WAY, WorkState, check_work_step
from models_admin.models.work import Work
from models_admin.services.work.rows import announce, end, locked, move, record, wait

W = TypeVar("W", bound=Work)
# Work over which so many workers died is given up.
MOST_FAILURES = 3
_MOST_CALLED = 10


def ask_for(row: Work, *, after: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Insert new work and call a worker, in the running transaction. `after` is what the trail says of it."""
    row.requested_by, row.requested_at = actor.username, now
    row.full_clean(validate_constraints=False)
    row.save(force_insert=True)
    record(Action.WORK_REQUESTED, row, actor=actor, now=now, after=dict(after))
    announce(row, now=now)
    enqueue_on_commit(row.task, key=str(row.pk))


@transaction.atomic
def cancel(row: W, *, actor: Actor, now: datetime, reason: str = "") -> W:
    """Ask for an end of it. What waits ends at once; who is at it stops at the next step.

    Raises:
        IllegalTransition: it is over.
    """
    stored = locked(row)
    if stored.state not in UNDER_WAY:
        raise IllegalTransition(f"This {row.noun} is {stored.state}; there is nothing to cancel.", state=stored.state)
    if stored.cancel_asked_by:
        return stored
    stored.cancel_asked_by = actor.username
    record(Action.WORK_CANCEL_ASKED, stored, actor=actor, now=now, reason=reason)
    if stored.state == WorkState.QUEUED:
        end(stored, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
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
    stored = locked(row)
    check_work_step(stored.state, WorkState.QUEUED, noun=row.noun)
    stored.failures, stored.cancel_asked_by, stored.finished_at = 0, "", None
    stored.error_code, stored.error_detail, stored.not_before = "", "", None
    move(stored, WorkState.QUEUED, now=now)
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
        end(row, WorkState.CANCELLED, action=Action.WORK_CANCELLED, actor=actor, now=now)
    elif row.failures >= MOST_FAILURES:
        row.error_code, row.error_detail = "worker_lost", f"Its worker died {row.failures} times over it."
        end(row, WorkState.FAILED, action=Action.WORK_FAILED, actor=actor, now=now)
    else:
        row.waiting_for = "Its worker stopped answering; another one takes over."
        wait(row, actor=actor, now=now)
    return True
