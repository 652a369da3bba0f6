"""Deployments and the time they judged for: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import LabelField, MomentField
from core.pagination import PageIn
from models_admin.choices import DeploymentState, RouteSlot

_NAME = r"^[a-z][a-z0-9_]{0,62}$"


class _Window(serializers.Serializer):
    model = serializers.RegexField(_NAME, max_length=63, required=False)
    since = MomentField(required=False, help_text="What held a place for some time after this (ISO 8601).")
    until = MomentField(required=False, help_text="What held a place for some time before this (ISO 8601).")


class TimelineQuery(_Window):
    """A model and a time."""


class JudgingQuery(serializers.Serializer):
    """Of whose images, and when."""

    model = serializers.RegexField(_NAME, max_length=63)
    recipe = LabelField(required=False)
    tool = LabelField(required=False)
    product = LabelField(required=False)
    at = MomentField(required=False, help_text="Default: now.")


class DeploymentsQuery(_Window, PageIn):
    state = serializers.ChoiceField(choices=DeploymentState.choices, required=False)


class TenureOut(serializers.Serializer):
    """A place of a route, and the time for which a deployment held it."""

    recipe = serializers.CharField(allow_blank=True, help_text="Empty: every recipe without a route of its own.")
    tool = serializers.CharField(allow_blank=True, help_text="Empty: every tool.")
    product = serializers.CharField(allow_blank=True, help_text="Empty: every product.")
    slot = serializers.ChoiceField(choices=RouteSlot.choices)
    since = serializers.DateTimeField()
    since_known = serializers.BooleanField(help_text="false: it began then at the latest; nothing older is known.")
    until = serializers.DateTimeField(allow_null=True, help_text="null: it still does.")
    taken_by = serializers.CharField(allow_blank=True, help_text="Who asked for it.")


class DeploymentOut(serializers.Serializer):
    id = serializers.IntegerField()
    model = serializers.CharField()
    version = serializers.CharField()
    triton_name = serializers.CharField()
    state = serializers.ChoiceField(choices=DeploymentState.choices)
    error = serializers.CharField(allow_blank=True, help_text="Why it failed, or what it waits for.")
    places = TenureOut(many=True, help_text="What it holds now.")
    since = serializers.DateTimeField(allow_null=True, help_text="When it first held a place; null: it never did.")
    until = serializers.DateTimeField(
        allow_null=True, help_text="When it held its last; null: it holds one, or never did."
    )
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    revision = serializers.IntegerField()


class StepOut(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.CharField()
    action = serializers.CharField(help_text="`deployment.request`, `.roll_back`, `.change` or `.ask_to_leave`.")
    state = serializers.CharField(allow_null=True, help_text="The state it came to; null: it stayed as it was.")
    recipe = serializers.CharField(allow_null=True, help_text="Of a request: the place it was for.")
    tool = serializers.CharField(allow_null=True)
    product = serializers.CharField(allow_null=True)
    slot = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    loaded_again = serializers.BooleanField(help_text="The server had lost it.")
    reason = serializers.CharField(allow_blank=True)


class DeploymentDetailOut(DeploymentOut):
    tenures = TenureOut(many=True, help_text="Every place it held, newest first.")
    steps = StepOut(many=True, help_text="What became of it, newest first.")


class HolderOut(TenureOut):
    deployment = serializers.IntegerField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=DeploymentState.choices)


class LaneOut(serializers.Serializer):
    model = serializers.CharField()
    recipe = serializers.CharField(allow_blank=True)
    tool = serializers.CharField(allow_blank=True)
    product = serializers.CharField(allow_blank=True)
    slot = serializers.ChoiceField(choices=RouteSlot.choices)
    tenures = HolderOut(many=True, help_text="Oldest first; no two at once.")


class TimelineOut(serializers.Serializer):
    lanes = LaneOut(many=True)
    has_more = serializers.BooleanField(help_text="There are older ones than fit; ask for another time.")
