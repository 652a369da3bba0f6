"""When there is enough for a new training run: rules of a site, and what they suggest."""

from django.db import models
from django.db.models import Q

from annotations.choices import SuggestionState


class TrainingRule(models.Model):
    """A choice of accepted words, and when enough of them are new. It suggests; a person starts.

    `selection` is as `annotations.selectors.DatasetSelection` reads it. What is new counts from the newest data set of
    the same choice, or from when its last suggestion was dismissed, whichever came later.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=64)
    selection = models.JSONField()
    least_new = models.PositiveIntegerField(null=True, help_text="So many newly accepted are enough.")
    every_days = models.PositiveIntegerField(null=True, help_text="After so many days any newly accepted is enough.")
    version = models.PositiveIntegerField(default=1)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "training_rule"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="training_rule_once"),
            models.CheckConstraint(
                condition=Q(least_new__gte=1) | Q(every_days__gte=1), name="training_rule_of_something"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class TrainingSuggestion(models.Model):
    """What a rule said, why, and what came of it: a data set, or a reason not to."""

    id = models.UUIDField(primary_key=True, editable=False)
    rule = models.ForeignKey(TrainingRule, on_delete=models.PROTECT, related_name="suggestions", db_index=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=12, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    reasons = models.JSONField(help_text="Code and text of each.")
    new_words = models.PositiveIntegerField(help_text="Accepted since `counted_from` when it was raised.")
    counted_from = models.DateTimeField(null=True, help_text="Null: from the beginning.")
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was dismissed.")
    snapshot = models.ForeignKey(
        "annotations.DatasetSnapshot", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        db_table = "training_suggestion"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule"], condition=Q(state="open"), name="training_suggestion_once"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | Q(state="dismissed", ended_at__isnull=False) & ~Q(reason="")
                | Q(state="taken", ended_at__isnull=False, snapshot__isnull=False),
                name="training_suggestion_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="training_suggestion_by_site"),
            models.Index(fields=["rule", "-ended_at"], name="training_suggestion_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.state}"
