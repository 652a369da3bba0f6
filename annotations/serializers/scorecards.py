"""What is asked and answered about reviewers: scorecards, the items behind them, appeals."""

from rest_framework import serializers

from annotations.choices import AppealKind, AppealState, Verdict
from annotations.serializers.documented import TaskOut
from annotations.serializers.trust import EstimateOut, WindowQuery
from core.fields import KeyField, LabelField
from core.pagination import PageIn

MOST_ITEMS = 60
FIGURES = ("peers", "rulings", "gold", "repeat")


class SiteQuery(serializers.Serializer):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")


class ScorecardQuery(WindowQuery):
    reviewer = LabelField(max_length=150, required=False, help_text="User name. Default: the caller.")


class ScorecardItemsQuery(ScorecardQuery):
    figure = serializers.ChoiceField(choices=FIGURES, help_text="What the reviewer's word was held against.")


class ReviewerOut(serializers.Serializer):
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)


class ReviewersOut(serializers.Serializer):
    results = ReviewerOut(many=True)


class ShareOut(serializers.Serializer):
    items = serializers.IntegerField(help_text="Answers that were compared.")
    agreed = EstimateOut(help_text="Share that was the same: verdict, class and place.")


class KappaOut(serializers.Serializer):
    items = serializers.IntegerField()
    kappa = EstimateOut()


class PeersOut(ShareOut):
    kappa = EstimateOut(help_text="Cohen's kappa of the class, with all others taken together.")


class GoldScoreOut(ShareOut):
    told = serializers.IntegerField(help_text="Items that may be seen, where the answer was another.")
    least = serializers.IntegerField(help_text="So many answers make a score. Those of today do not count yet.")


class ClassScoreOut(serializers.Serializer):
    class_code = serializers.CharField(help_text="`nuisance` is one of the answers.")
    decisions = serializers.IntegerField()
    peers = KappaOut()
    gold = ShareOut(help_text="By the known class; empty below `gold.least` answers.")


class WeekOut(serializers.Serializer):
    monday = serializers.DateField()
    decisions = serializers.IntegerField()
    median_ms = serializers.FloatField(allow_null=True)
    peers = EstimateOut(help_text="Share of the same class as others said, of what was settled in the week.")


class ScorecardOut(serializers.Serializer):
    reviewer = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)
    site = serializers.CharField()
    days = serializers.IntegerField()
    is_sample = serializers.BooleanField(help_text="There are more words in the window than the newest `most`.")
    most = serializers.IntegerField()
    decisions = serializers.IntegerField()
    median_ms = serializers.FloatField(allow_null=True)
    slow_ms = serializers.FloatField(allow_null=True, help_text="Nine in ten looks took less.")
    peers = PeersOut()
    rulings = ShareOut(help_text="Of disputes that a lead decided: how often it was the reviewer's word.")
    gold = GoldScoreOut()
    repeats = PeersOut(help_text="The reviewer against themselves, on items that came again unmarked.")
    classes = ClassScoreOut(many=True)
    weeks = WeekOut(many=True)


class SaidOut(serializers.Serializer):
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    class_code = serializers.CharField(allow_null=True)
    bbox_px = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class ScorecardItemOut(serializers.Serializer):
    task = TaskOut()
    said = SaidOut()
    against = SaidOut(allow_null=True, help_text="Null of peers: the task has their opinions.")


class ScorecardItemsOut(serializers.Serializer):
    results = ScorecardItemOut(many=True)
    total = serializers.IntegerField(help_text="How many there are in the window; the newest are in `results`.")


class AppealsQuery(PageIn):
    state = serializers.ChoiceField(choices=AppealState.choices, required=False)


class AppealIn(serializers.Serializer):
    task = KeyField()
    kind = serializers.ChoiceField(choices=AppealKind.choices)
    reason = LabelField(max_length=1000)


class AppealAnswerIn(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=[AppealState.UPHELD, AppealState.OVERTURNED])
    answer = LabelField(max_length=1000, help_text="Why; the reviewer reads it.")


class AppealOut(serializers.Serializer):
    id = serializers.UUIDField()
    task = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=AppealKind.choices)
    state = serializers.ChoiceField(choices=AppealState.choices)
    author = serializers.CharField()
    contests = serializers.CharField(
        allow_null=True, help_text="Whose word, while it is open: they may overturn it, and not say that it stands."
    )
    reason = serializers.CharField()
    made_at = serializers.DateTimeField()
    answered_by = serializers.CharField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)
