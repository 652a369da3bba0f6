"""Rules of training and what they suggest, as people see them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotations.models import TrainingRule, TrainingSuggestion
from core.actors import Actor
from inspection import selectors as inspection


def rules_visible_to(actor: Actor) -> QuerySet[TrainingRule]:
    """Rules of the actor's sites, newest first."""
    rules = TrainingRule.objects.select_related("site").order_by("-id")
    return rules if actor.is_system else rules.filter(site_id__in=actor.site_ids)


def suggestions_visible_to(actor: Actor) -> QuerySet[TrainingSuggestion]:
    """Suggestions at the actor's sites, newest first, with what lists show."""
    rows = TrainingSuggestion.objects.select_related("rule", "site", "snapshot").order_by("-id")
    return rows if actor.is_system else rows.filter(site_id__in=actor.site_ids)


def rule_visible_to(actor: Actor, key: UUID, *, is_locked: bool = False) -> TrainingRule:
    """
    Args:
        is_locked: hold its row until the transaction ends.

    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    rows = rules_visible_to(actor)
    rule: TrainingRule = inspection.one(
        rows.select_for_update(of=("self",), no_key=True) if is_locked else rows, key, what="training rule"
    )
    return rule


def suggestion_visible_to(actor: Actor, key: UUID, *, is_locked: bool = False) -> TrainingSuggestion:
    """As `rule_visible_to`."""
    rows = suggestions_visible_to(actor)
    suggestion: TrainingSuggestion = inspection.one(
        rows.select_for_update(of=("self",), no_key=True) if is_locked else rows, key, what="suggestion"
    )
    return suggestion


def rule_of(rule: TrainingRule) -> dict[str, Any]:
    """A rule as JSON; its site must be loaded."""
    return {
        "id": str(rule.pk),
        "site": rule.site.code,
        "code": rule.code,
        "selection": rule.selection,
        "least_new": rule.least_new,
        "every_days": rule.every_days,
        "version": rule.version,
        "is_archived": rule.is_archived,
        "created_at": rule.created_at.isoformat(),
        "created_by": rule.created_by,
    }


def suggestion_of(suggestion: TrainingSuggestion) -> dict[str, Any]:
    """A suggestion as JSON; its rule, site and data set must be loaded."""
    ended_at, snapshot = suggestion.ended_at, suggestion.snapshot
    return {
        "id": str(suggestion.pk),
        "site": suggestion.site.code,
        "rule": suggestion.rule.code,
        "selection": suggestion.rule.selection,
        "state": suggestion.state,
        "reasons": suggestion.reasons,
        "new_words": suggestion.new_words,
        "counted_from": suggestion.counted_from.isoformat() if suggestion.counted_from else None,
        "raised_at": suggestion.raised_at.isoformat(),
        "ended_at": ended_at.isoformat() if ended_at else None,
        "ended_by": suggestion.ended_by,
        "reason": suggestion.reason,
        "dataset": {"id": str(snapshot.pk), "code": snapshot.code} if snapshot else None,
    }
