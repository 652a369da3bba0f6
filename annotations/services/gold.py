"""Items with a known answer: what a lead knows to be right, asked of reviewers once more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from annotations.choices import LOCKED, TaskKind
from annotations.errors import NotGold, StaleTask
from annotations.models import Annotation, GoldItem, ReviewTask
from annotations.selectors import task_visible_to
from annotations.services.handing import reviewer_of
from annotations.services.words import current
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.ids import uuid7
from core.rows import insert_row

_ANSWER = ("verdict", "defect_class_id", "x_px", "y_px", "width_px", "height_px", "shape")


@transaction.atomic
def make_gold(*, task_id: UUID, seen_revision: int, actor: Actor, now: datetime) -> GoldItem:
    """Ask reviewers about a task whose answer is known: the one that counts for it.

    Where another answer was known before, it is used no more, and stays what earlier words are measured by. The same
    answer again changes nothing.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: something was said after the actor looked.
        NotGold: it is not validated or accepted, or not what a model found.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    if task.revision != seen_revision:
        raise StaleTask("Something was said of this after you looked at it. Look again.", **current(task))
    if task.kind != TaskKind.DETECTION or task.state not in LOCKED:
        raise NotGold("Only what a model found, and people have validated or accepted, has a known answer.")
    said = Annotation.objects.get(task=task, number=task.annotation_number)
    before = newest_gold(task)
    if before is not None and before.retired_at is None:
        if all(getattr(before, name) == getattr(said, name) for name in _ANSWER):
            return before
        retire(before, reason="Another answer is known now.", actor=actor, now=now)
    gold = GoldItem(
        id=uuid7(at=now),
        task=task,
        number=before.number + 1 if before else 1,
        site_id=task.site_id,
        made_by_id=reviewer_of(actor),
        made_at=now,
        **{name: getattr(said, name) for name in _ANSWER},
    )
    insert_row(gold)
    after = {"verdict": gold.verdict, "annotation": said.number, "version": gold.number}
    _record(Action.GOLD_MADE, gold, actor=actor, now=now, after=after)
    return gold


@transaction.atomic
def retire_gold(*, task_id: UUID, reason: str, actor: Actor, now: datetime) -> GoldItem:
    """Ask nobody about it any more. Answers that were given stay. One that is retired already stays as it is.

    Raises:
        NotFound: no such item at the actor's sites.
        Invalid: without a reason.
    """
    if not reason.strip():
        raise Invalid.of({"reason": ["Say why it is not used any more; it stays with the record."]})
    task = task_visible_to(actor, task_id, is_locked=True)
    gold = newest_gold(task)
    if gold is None:
        raise NotFound("This is no item with a known answer.")
    if gold.retired_at is None:
        retire(gold, reason=reason, actor=actor, now=now)
    return gold


def retire_opened(task: ReviewTask, *, reason: str, actor: Actor, now: datetime) -> None:
    """The answer of a task that is opened again is not known any more."""
    gold = newest_gold(task)
    if gold is not None and gold.retired_at is None:
        retire(gold, reason=f"Opened again: {reason}"[:300], actor=actor, now=now)


def newest_gold(task: ReviewTask) -> GoldItem | None:
    """The answer of a task that was known last, whether it is still used or not."""
    return GoldItem.objects.filter(task=task).order_by("-number").first()


def retire(gold: GoldItem, *, reason: str, actor: Actor, now: datetime) -> None:
    """Put it away, in the caller's transaction."""
    gold.retired_by_id, gold.retired_at, gold.reason = reviewer_of(actor), now, reason
    gold.save(update_fields=["retired_by", "retired_at", "reason"])
    _record(Action.GOLD_RETIRED, gold, actor=actor, now=now, after={}, reason=reason)


def _record(
    action: Action, gold: GoldItem, *, actor: Actor, now: datetime, after: dict[str, object], reason: str | None = None
) -> None:
    audit.record(
        action=action,
        object_type="review_task",
        object_id=gold.task_id,
        actor=actor,
        at=now,
        after=after,
        reason=reason,
    )
