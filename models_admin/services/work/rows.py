"""One step of a row of work: moved, recorded, announced. Whoever calls holds the row."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.jobs import enqueue_on_commit
from models_admin.choices import WorkState, check_work_step
from models_admin.errors import LostWork
from models_admin.models.work import Work
from models_admin.services.steps import every_site
from outbox import services as outbox

W = TypeVar("W", bound=Work)


def move(row: Work, to: WorkState, *, now: datetime) -> None:
    check_work_step(row.state, to, noun=row.noun)
    row.state = to
    row.revision += 1
    row.save()
    announce(row, now=now)


def end(row: Work, state: WorkState, *, action: Action, actor: Actor, now: datetime) -> None:
    row.finished_at, row.lease_owner, row.lease_until = now, "", None
    move(row, state, now=now)
    after = {"error": row.error_code, "detail": row.error_detail} if row.error_code else {}
    record(action, row, actor=actor, now=now, after=after)


def wait(row: Work, *, actor: Actor, now: datetime) -> None:
    row.lease_owner, row.lease_until = "", None
    move(row, WorkState.QUEUED, now=now)
    record(Action.WORK_PUT_BACK, row, actor=actor, now=now, after={"waiting_for": row.waiting_for})
    if row.not_before is None or row.not_before <= now:
        enqueue_on_commit(row.task, key=str(row.pk))


def held(row: Work) -> QuerySet[Any]:
    """The row, as long as this claim of it holds."""
    return type(row)._default_manager.filter(pk=row.pk, attempt=row.attempt, state=WorkState.RUNNING)


def locked(row: W) -> W:
    rows = type(row)._default_manager.select_for_update(no_key=True, of=("self",))
    return rows.get(pk=row.pk)


def locked_by_us(row: Work) -> Work:
    """The row as it is stored, locked.

    Raises:
        LostWork: somebody else holds it now.
    """
    stored = locked(row)
    if (stored.attempt, stored.state) != (row.attempt, WorkState.RUNNING):
        raise LostWork
    row.cancel_asked_by, row.failures = stored.cancel_asked_by, stored.failures
    return stored


def lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_S)


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
