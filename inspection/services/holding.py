"""Wafers are put on hold, and released. What was said stays: each is a row of its own."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Forbidden, Invalid
from core.ids import uuid7
from core.rows import insert_row
from inspection import events
from inspection.errors import HoldChanged
from inspection.models import Wafer, WaferHold
from inspection.selectors import hold_of
from inspection.selectors.access import one, wafers_visible_to
from outbox import services as outbox


@transaction.atomic
def hold_wafer(*, wafer_id: UUID, reason: str, actor: Actor, now: datetime) -> Wafer:
    """Put a wafer on hold.

    Raises:
        NotFound: no such wafer at the actor's sites.
        Invalid: without a reason.
        HoldChanged: it is on hold already; `current` says by whom and why.
    """
    wafer = _locked(wafer_id, actor=actor)
    _check_reason(reason, "Say why it is held; whoever may release it reads this first.")
    if wafer.held_at is not None:
        raise HoldChanged(f"{wafer.held_by} has put this wafer on hold already.", current=hold_of(wafer))
    wafer.held_at, wafer.held_by, wafer.hold_reason = now, actor.username, reason
    return _put_down(wafer, is_held=True, reason=reason, actor=actor, now=now)


@transaction.atomic
def release_wafer(*, wafer_id: UUID, reason: str, seen_number: int, actor: Actor, now: datetime) -> Wafer:
    """Take a wafer off hold.

    Args:
        seen_number: of the hold that was looked at; no other is released unread.

    Raises:
        NotFound: no such wafer at the actor's sites.
        Invalid: without a reason.
        HoldChanged: it is on none, or on another than was looked at.
    """
    wafer = _locked(wafer_id, actor=actor)
    _check_reason(reason, "Say why it is released; it stays with the record.")
    if wafer.held_at is None or wafer.hold_number != seen_number:
        raise HoldChanged("It is not on the hold you looked at any more. Look again.", current=hold_of(wafer))
    wafer.held_at, wafer.held_by, wafer.hold_reason = None, "", ""
    return _put_down(wafer, is_held=False, reason=reason, actor=actor, now=now)


def _locked(wafer_id: UUID, *, actor: Actor) -> Wafer:
    wafer: Wafer = one(wafers_visible_to(actor).select_for_update(of=("self",), no_key=True), wafer_id, what="wafer")
    return wafer


def _check_reason(reason: str, missing: str) -> None:
    if not reason.strip():
        raise Invalid.of({"reason": [missing]})


def _put_down(wafer: Wafer, *, is_held: bool, reason: str, actor: Actor, now: datetime) -> Wafer:
    if actor.user_id is None:
        raise Forbidden("Only a person or a program with an account puts wafers on hold.")
    wafer.hold_number += 1
    row = WaferHold(id=uuid7(at=now), wafer=wafer, number=wafer.hold_number, is_held=is_held, reason=reason)
    row.author_id, row.made_at = actor.user_id, now
    insert_row(row)
    wafer.save(update_fields=["hold_number", "held_at", "held_by", "hold_reason"])
    audit.record(
        action=Action.WAFER_HELD if is_held else Action.WAFER_RELEASED,
        object_type="wafer",
        object_id=wafer.pk,
        object_version=wafer.hold_number,
        actor=actor,
        at=now,
        before={"is_held": not is_held},
        after={"is_held": is_held},
        reason=reason,
    )
    outbox.announce(
        type=events.WAFER_HELD if is_held else events.WAFER_RELEASED,
        topics=[events.site_topic(wafer.site_id)],
        payload={
            "wafer": str(wafer.pk),
            "code": wafer.code,
            "hold": hold_of(wafer),
            "by": actor.username,
            "reason": reason,
        },
        now=now,
    )
    return wafer
