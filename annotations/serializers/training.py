"""Rules of training and suggestions: what requests must look like, and what OpenAPI says of the answers."""

from typing import Any

from rest_framework import serializers

from annotations.choices import SuggestionState
from annotations.datasets.freshness import MOST_COUNTED
from annotations.selectors import DatasetSelection
from annotations.serializers.datasets import DatasetSelectionIn
from annotations.serializers.inputs import LARGEST_WHOLE
from core.fields import LabelField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField

MOST_DAYS = 3650


class TrainingSelectionIn(DatasetSelectionIn):
    """As for data sets, of what is accepted."""

    # What is not accepted is nothing to train on.
    states = None  # type: ignore[assignment]


class RuleSettingsIn(serializers.Serializer):
    selection = TrainingSelectionIn(required=False)
    least_new = WholeNumberField(
        min_value=1, max_value=MOST_COUNTED, required=False, allow_null=True,
        help_text="So many newly accepted annotations are enough.",
    )  # fmt: skip
    every_days = WholeNumberField(
        min_value=1, max_value=MOST_DAYS, required=False, allow_null=True,
        help_text="After so many days any newly accepted annotation is enough.",
    )  # fmt: skip


class RuleIn(RuleSettingsIn):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    code = LabelField(help_text="Of the rule; unique at the site.")


class RuleChangeIn(RuleSettingsIn):
    seen_version = WholeNumberField(
        min_value=1, max_value=LARGEST_WHOLE, help_text="Of the rule as it was looked at; 409 when somebody changed it."
    )
    is_archived = serializers.BooleanField(required=False)


class RulesQuery(PageIn):
    archived = serializers.BooleanField(default=False)


class SuggestionsQuery(PageIn):
    state = serializers.ChoiceField(choices=SuggestionState.choices, required=False)


class SuggestionDismissIn(serializers.Serializer):
    reason = LabelField(max_length=300, help_text="Why not; it stays with the record.")


class RuleOut(serializers.Serializer):
    id = serializers.UUIDField()
    site = serializers.CharField()
    code = serializers.CharField()
    selection = AnythingField()
    least_new = serializers.IntegerField(allow_null=True)
    every_days = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()
    is_archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class ReasonOut(serializers.Serializer):
    code = serializers.ChoiceField(choices=["count", "schedule"])
    text = serializers.CharField()


class SnapshotRefOut(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()


class SuggestionOut(serializers.Serializer):
    id = serializers.UUIDField()
    site = serializers.CharField()
    rule = serializers.CharField()
    selection = AnythingField(help_text="To be frozen.")
    state = serializers.ChoiceField(choices=SuggestionState.choices)
    reasons = ReasonOut(many=True)
    new_words = serializers.IntegerField()
    counted_from = serializers.DateTimeField(allow_null=True)
    raised_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    dataset = SnapshotRefOut(allow_null=True, help_text="What it became.")


def settings_of(values: dict[str, Any]) -> dict[str, Any]:
    """The checked body of a rule as the services take it."""
    if "selection" in values:
        return {**values, "selection": DatasetSelection.of(values["selection"])}
    return values
