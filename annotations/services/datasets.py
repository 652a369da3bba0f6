"""Freezing: a selection of settled annotations is to become a snapshot that nobody changes any more."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Site
from annotations import events
from annotations.choices import BuildState
from annotations.errors import CodeTaken
from annotations.models import DatasetSnapshot
from annotations.selectors import DatasetSelection
from annotations.services.building import note_again
from annotations.services.dataset_choice import DEFAULT_SHARES, check_choice
from annotations.services.training_rules import take_suggestions
from audit import services as audit
from audit.actions import Action
from core import jobs
from core.actors import Actor
from core.ids import uuid7
from outbox import services as outbox

BUILD = "annotations.build_datasets"


@transaction.atomic
def freeze_dataset(
    *,
    site: Site,
    code: str,
    name: str = "",
    selection: DatasetSelection | None = None,
    seed: int = 0,
    shares: tuple[float, ...] = DEFAULT_SHARES,
    actor: Actor,
    now: datetime,
) -> tuple[DatasetSnapshot, bool]:
    """Begin a snapshot; workers build it. One that is there already, and says the same, is given as it is.

    One that failed is tried once more.

    Returns:
        The snapshot, and whether it is new.

    Raises:
        Invalid: shares that do not make a whole, or a selection of what is not there.
        CodeTaken: another data set has this code.
    """
    chosen = selection or DatasetSelection()
    check_choice(chosen, shares=shares, site=site, actor=actor)
    snapshot = DatasetSnapshot(
        id=uuid7(at=now),
        site=site,
        code=code,
        name=name,
        selection=chosen.as_dict(),
        seed=seed,
        shares=list(shares),
        created_at=now,
        created_by=actor.username,
    )
    try:
        with transaction.atomic():
            snapshot.save(force_insert=True)
    except IntegrityError:
        return _known(snapshot, actor=actor, now=now), False
    record(Action.DATASET_FROZEN, snapshot, actor=actor, now=now, after=_said(snapshot))
    take_suggestions(snapshot, actor=actor, now=now)
    announce(snapshot, now=now)
    jobs.enqueue_on_commit(BUILD)
    return snapshot, True


def _known(wanted: DatasetSnapshot, *, actor: Actor, now: datetime) -> DatasetSnapshot:
    snapshot = DatasetSnapshot.objects.select_for_update(no_key=True).get(site=wanted.site, code=wanted.code)
    if any(getattr(snapshot, name) != getattr(wanted, name) for name in ("selection", "seed", "shares")):
        raise CodeTaken("A data set that says something else has this code. Take another.", current=str(snapshot.pk))
    if snapshot.state == BuildState.FAILED:
        snapshot.is_collected = snapshot.is_split = False
        snapshot.parts, snapshot.after_image, snapshot.statistics = 0, None, {}
        note_again(snapshot, also=("is_collected", "is_split", "parts", "after_image", "statistics"))
        record(Action.DATASET_FROZEN, snapshot, actor=actor, now=now, reason="Tried again.")
        jobs.enqueue_on_commit(BUILD)
    return snapshot


def _said(snapshot: DatasetSnapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in ("code", "name", "selection", "seed", "shares")}


def record(
    action: Action,
    snapshot: DatasetSnapshot,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Put what became of a snapshot into the trail."""
    audit.record(
        action=action, object_type="dataset", object_id=snapshot.pk, actor=actor, at=now, after=after, reason=reason
    )


def announce(snapshot: DatasetSnapshot, *, now: datetime) -> None:
    """Tell open pages what became of a snapshot."""
    outbox.announce(
        type=events.DATASET_CHANGED,
        topics=[events.review_topic(snapshot.site_id)],
        payload={"dataset": str(snapshot.pk), "code": snapshot.code, "state": snapshot.state},
        now=now,
    )
