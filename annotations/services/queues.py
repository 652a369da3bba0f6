"""Queues: made and changed by who owns them. A change of what a queue takes, or in what order, fills it anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Site
from annotations import events
from annotations.choices import QueueOrder
from annotations.errors import StaleQueue
from annotations.models import ReviewQueue
from annotations.selectors import Selection, queues_visible_to
from annotations.services.places import keep_audit
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from domain.review.mixing import MOST_MIXED
from inspection import selectors as inspection
from outbox import services as outbox

MIXED = ("audit_share", "gold_rate", "repeat_rate")
"""Shares of what is handed out."""
NEWEST = UUID(int=2**128 - 1)
"""Above every key: nothing stored has been looked at yet."""
DEFAULT_LEASE_S = 600
DEFAULT_REPEAT_AFTER_S = 14_400


@transaction.atomic
def create_queue(
    *,
    site: Site,
    code: str,
    actor: Actor,
    now: datetime,
    name: str = "",
    order: str = QueueOrder.WORTH,
    selection: Selection | None = None,
    lease_s: int = DEFAULT_LEASE_S,
    overlap_share: float = 0.0,
    overlap_reviewers: int = 2,
    audit_rate: float = 0.0,
    audit_share: float = 0.2,
    gold_rate: float = 0.0,
    repeat_rate: float = 0.0,
    repeat_after_s: int = DEFAULT_REPEAT_AFTER_S,
) -> tuple[ReviewQueue, bool]:
    """Make a queue, or return the one of that code as it is. What is stored already flows in afterwards.

    Args:
        overlap_share: of the tasks it makes, how many want the opinions of `overlap_reviewers` instead of one.
        audit_rate: of the images inspected from now on, how many are audited, whatever is found on them.
        audit_share, gold_rate, repeat_rate: of what is handed out, how much is of the audit, has a known answer, or was
            decided by the same reviewer at least `repeat_after_s` seconds ago.

    Returns:
        The queue, and whether it was made now.

    Raises:
        Invalid: the selection names something that the site does not have, or too much is mixed in.
    """
    selection = selection or Selection()
    _check_selection(selection, site=site, actor=actor)
    mix = {
        "audit_rate": audit_rate,
        "audit_share": audit_share,
        "gold_rate": gold_rate,
        "repeat_rate": repeat_rate,
        "repeat_after_s": repeat_after_s,
    }
    _check_mix(mix)
    queue, is_new = ReviewQueue.objects.get_or_create(
        site=site,
        code=code,
        defaults={
            "id": uuid7(at=now),
            "name": name,
            "order": order,
            "selection": selection.as_dict(),
            "lease_s": lease_s,
            "overlap_share": overlap_share,
            "overlap_reviewers": overlap_reviewers,
            **mix,
            "fill_before": NEWEST,
            "created_at": now,
            "created_by": actor.username,
        },
    )
    if is_new:
        _record(Action.QUEUE_CREATED, queue, before=None, after=_said(queue), actor=actor, now=now)
        _announce(queue, now=now)
    return queue, is_new


@transaction.atomic
def change_queue(*, queue_id: UUID, seen_version: int, actor: Actor, now: datetime, **changes: Any) -> ReviewQueue:
    """Change a queue. Tasks that somebody holds stay with them.

    Args:
        seen_version: the version that was looked at.
        changes: any of `name`, `order`, `selection` (a `Selection`), `lease_s`, `overlap_share`, `overlap_reviewers`,
            `is_archived`, and what is mixed in. How many opinions a task wants stays as it was when it was made, and so
            do images that were drawn.

    Raises:
        NotFound: no such queue at the actor's sites.
        StaleQueue: somebody changed it meanwhile.
        Invalid: as `create_queue`.
    """
    queue = inspection.one(
        queues_visible_to(actor).select_for_update(no_key=True, of=("self",)).select_related("site"),
        queue_id,
        what="queue",
    )
    if queue.version != seen_version:
        raise StaleQueue(
            f"{queue.code} was changed after you looked at it. Look again before you change it.",
            seen=seen_version,
            current=queue.version,
        )
    if "selection" in changes:
        _check_selection(changes["selection"], site=queue.site, actor=actor)
        changes["selection"] = changes["selection"].as_dict()
    _check_mix({name: changes.get(name, getattr(queue, name)) for name in MIXED})
    before = {name: getattr(queue, name) for name, value in changes.items() if getattr(queue, name) != value}
    if not before:
        return queue
    for name in before:
        setattr(queue, name, changes[name])
    queue.version += 1
    if {"order", "selection"} & set(before):
        queue.generation += 1
        queue.fill_before = NEWEST
    queue.save(update_fields=[*before, "version", "generation", "fill_before"])
    if queue.fill_before == NEWEST:
        keep_audit(queue)
    after = {name: changes[name] for name in before}
    _record(Action.QUEUE_CHANGED, queue, before=before, after=after, actor=actor, now=now)
    _announce(queue, now=now)
    return queue


def _check_selection(selection: Selection, *, site: Site, actor: Actor) -> None:
    """
    Raises:
        Invalid: naming each list with codes that do not exist, and the ones that do.
    """
    known = {
        "recipes": inspection.recipes_visible_to(actor).filter(site=site),
        "layers": inspection.layers_visible_to(actor).filter(site=site),
        "tools": inspection.tools_visible_to(actor).filter(site=site),
        "classes": inspection.defect_classes(),
    }
    faults = {}
    for name, rows in known.items():
        wanted = set(getattr(selection, name))
        missing = wanted - set(rows.filter(code__in=wanted).values_list("code", flat=True)) if wanted else set()
        if missing:
            faults[name] = [f"There is no {', '.join(sorted(missing))} at {site.name}."]
    if selection.min_confidence > selection.max_confidence:
        faults["min_confidence"] = [f"At most {selection.max_confidence}, the other end of the range."]
    if faults:
        raise Invalid.of({"selection": faults})


def _check_mix(shares: Mapping[str, float]) -> None:
    """
    Raises:
        Invalid: next to nothing of what the queue is for would be handed out.
    """
    if sum(shares[name] for name in MIXED) > MOST_MIXED + 1e-9:
        raise Invalid.of({"audit_share": [f"With known answers and repeats at most {MOST_MIXED:.0%} of the work."]})


def _said(queue: ReviewQueue) -> dict[str, Any]:
    names = ("code", "name", "order", "selection", "lease_s", "overlap_share", "overlap_reviewers",
             "audit_rate", *MIXED, "repeat_after_s")  # fmt: skip
    return {name: getattr(queue, name) for name in names}


def _record(
    action: Action,
    queue: ReviewQueue,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        action=action,
        object_type="review_queue",
        object_id=queue.pk,
        object_version=queue.version,
        before=before,
        after=after,
        actor=actor,
        at=now,
    )


def _announce(queue: ReviewQueue, *, now: datetime) -> None:
    outbox.announce(
        type=events.QUEUE_CHANGED,
        topics=[events.review_topic(queue.site_id)],
        payload={"queue": str(queue.pk), "version": queue.version},
        now=now,
    )
