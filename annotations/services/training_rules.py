"""Rules that say when there is enough to train on. They suggest, with reasons; nothing is started by itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction

from accounts.models import Site
from annotations import events
from annotations.choices import SuggestionState
from annotations.datasets.freshness import Freshness, fresh_words, reasons_of
from annotations.errors import StaleRule, SuggestionOver
from annotations.models import DatasetSnapshot, TrainingRule, TrainingSuggestion
from annotations.selectors import DatasetSelection, rule_visible_to, suggestion_visible_to
from annotations.services.dataset_choice import DEFAULT_SHARES, check_choice
from audit import services as audit
from audit.actions import Action
from core.actors import Actor, service_account
from core.errors import Invalid
from core.ids import uuid7
from outbox import services as outbox

logger = structlog.get_logger(__name__)
WEIGHER = service_account("training-rules")
_PUT_AWAY = "Its rule was put away."


@transaction.atomic
def create_rule(
    *,
    site: Site,
    code: str,
    selection: DatasetSelection,
    least_new: int | None,
    every_days: int | None,
    actor: Actor,
    now: datetime,
) -> tuple[TrainingRule, bool]:
    """Make a rule, or return the one of that code as it is.

    Returns:
        The rule, and whether it was made now.

    Raises:
        Invalid: it would never suggest anything, or selects what is not there.
    """
    _check(selection, least_new=least_new, every_days=every_days, site=site, actor=actor)
    values = {"selection": selection.as_dict(), "least_new": least_new, "every_days": every_days}
    rule, is_new = TrainingRule.objects.get_or_create(
        site=site,
        code=code,
        defaults={"id": uuid7(at=now), **values, "created_at": now, "created_by": actor.username},
    )
    if is_new:
        _record(Action.TRAINING_RULE_CREATED, rule, actor=actor, now=now, after={"code": code, **values})
        _announce(rule.site_id, now=now)
    return rule, is_new


@transaction.atomic
def change_rule(*, rule_id: UUID, seen_version: int, actor: Actor, now: datetime, **changes: Any) -> TrainingRule:
    """Change a rule, or put it away, which ends what it suggests.

    Args:
        changes: any of `selection` (a `DatasetSelection`), `least_new`, `every_days`, `is_archived`.

    Raises:
        NotFound: no such rule at the actor's sites.
        StaleRule: somebody changed it meanwhile.
        Invalid: as `create_rule`.
    """
    rule = rule_visible_to(actor, rule_id, is_locked=True)
    if rule.version != seen_version:
        raise StaleRule("The rule was changed after you looked at it. Look again.", current=rule.version)
    selection = changes.get("selection", DatasetSelection.of(rule.selection))
    least_new, every_days = (changes.get(name, getattr(rule, name)) for name in ("least_new", "every_days"))
    _check(selection, least_new=least_new, every_days=every_days, site=rule.site, actor=actor)
    if "selection" in changes:
        changes["selection"] = selection.as_dict()
    before = {name: getattr(rule, name) for name, value in changes.items() if getattr(rule, name) != value}
    if not before:
        return rule
    after = {name: changes[name] for name in before}
    for name, value in after.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.save(update_fields=[*before, "version"])
    _record(Action.TRAINING_RULE_CHANGED, rule, actor=actor, now=now, before=before, after=after)
    if after.get("is_archived"):
        waiting = TrainingSuggestion.objects.filter(rule=rule, state=SuggestionState.OPEN)
        for suggestion in waiting.select_for_update(no_key=True):
            _end(suggestion, SuggestionState.DISMISSED, reason=_PUT_AWAY, actor=actor, now=now)
    _announce(rule.site_id, now=now)
    return rule


def weigh_rules(*, now: datetime) -> int:
    """Ask every rule that suggests nothing yet whether there is enough. One that cannot be asked stops no other.

    Returns:
        How many suggestions were raised.
    """
    quiet = TrainingRule.objects.filter(is_archived=False).exclude(suggestions__state=SuggestionState.OPEN)
    raised = 0
    for key in list(quiet.order_by("id").values_list("pk", flat=True)):
        try:
            raised += _weigh(key, now=now)
        except DatabaseError:
            logger.exception("training_rule_not_weighed", rule=str(key))
    return raised


@transaction.atomic
def dismiss_suggestion(*, suggestion_id: UUID, reason: str, actor: Actor, now: datetime) -> TrainingSuggestion:
    """Say why not. The rule counts anew from now.

    Raises:
        NotFound: no such suggestion at the actor's sites.
        Invalid: without a reason.
        SuggestionOver: it is taken, or dismissed already.
    """
    if not reason.strip():
        raise Invalid.of({"reason": ["Say why; it stays with the record."]})
    suggestion = suggestion_visible_to(actor, suggestion_id, is_locked=True)
    if suggestion.state != SuggestionState.OPEN:
        raise SuggestionOver(f"This suggestion is {suggestion.state} already.", state=suggestion.state)
    _end(suggestion, SuggestionState.DISMISSED, reason=reason.strip(), actor=actor, now=now)
    _announce(suggestion.site_id, now=now)
    return suggestion


def take_suggestions(snapshot: DatasetSnapshot, *, actor: Actor, now: datetime) -> None:
    """End what is suggested of the very choice that was just frozen; within the transaction that froze it."""
    waiting = TrainingSuggestion.objects.select_for_update(of=("self",), no_key=True).select_related("rule")
    for suggestion in waiting.filter(site=snapshot.site, state=SuggestionState.OPEN):
        if suggestion.rule.selection == snapshot.selection:
            suggestion.snapshot = snapshot
            _end(suggestion, SuggestionState.TAKEN, reason="", actor=actor, now=now)


@transaction.atomic
def _weigh(rule_id: UUID, *, now: datetime) -> int:
    free = TrainingRule.objects.select_for_update(skip_locked=True, no_key=True)
    rule = free.filter(pk=rule_id, is_archived=False).first()
    if rule is None or rule.suggestions.filter(state=SuggestionState.OPEN).exists():
        return 0
    found = fresh_words(rule)
    reasons = reasons_of(rule, found, now=now)
    if not reasons:
        return 0
    _raise(rule, found, reasons=reasons, now=now)
    return 1


def _raise(rule: TrainingRule, found: Freshness, *, reasons: Iterable[dict[str, str]], now: datetime) -> None:
    suggestion = TrainingSuggestion.objects.create(
        id=uuid7(at=now),
        rule=rule,
        site_id=rule.site_id,
        reasons=list(reasons),
        new_words=found.count,
        counted_from=found.counted_from,
        raised_at=now,
    )
    after = {"rule": rule.code, "reasons": suggestion.reasons, "new_words": found.count}
    _record(Action.TRAINING_SUGGESTED, suggestion, actor=WEIGHER, now=now, after=after)
    _announce(rule.site_id, now=now)


def _end(suggestion: TrainingSuggestion, state: SuggestionState, *, reason: str, actor: Actor, now: datetime) -> None:
    suggestion.state, suggestion.reason = state, reason
    suggestion.ended_at, suggestion.ended_by = now, actor.username
    suggestion.save(update_fields=["state", "reason", "ended_at", "ended_by", "snapshot"])
    is_taken = state == SuggestionState.TAKEN
    action = Action.TRAINING_SUGGESTION_TAKEN if is_taken else Action.TRAINING_SUGGESTION_DISMISSED
    after = {"state": state, "dataset": str(suggestion.snapshot_id) if is_taken else None}
    _record(action, suggestion, actor=actor, now=now, after=after, reason=reason or None)


def _check(
    selection: DatasetSelection, *, least_new: int | None, every_days: int | None, site: Site, actor: Actor
) -> None:
    check_choice(selection, shares=DEFAULT_SHARES, site=site, actor=actor)
    if not least_new and not every_days:
        raise Invalid.of({"least_new": ["Say how many, or after how many days, or both: else it never suggests."]})


def _record(
    action: Action,
    row: TrainingRule | TrainingSuggestion,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    audit.record(
        action=action,
        object_type=row._meta.db_table,
        object_id=row.pk,
        actor=actor,
        at=now,
        before=before,
        after=after,
        reason=reason,
    )


def _announce(site_id: int, *, now: datetime) -> None:
    outbox.announce(type=events.TRAINING_CHANGED, topics=[events.review_topic(site_id)], payload={}, now=now)
