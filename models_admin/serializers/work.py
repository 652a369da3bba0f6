"""What OpenAPI says of work that takes a while."""

from rest_framework import serializers

from models_admin.choices import WorkState


class WorkFaultOut(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField(help_text="For a person.")


class WorkOut(serializers.Serializer):
    """How far it is."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=WorkState.choices)
    doing = serializers.CharField(allow_blank=True, help_text="What it is at.")
    waiting_for = serializers.CharField(allow_blank=True, help_text="Why it is still queued.")
    steps_done = serializers.IntegerField()
    steps_total = serializers.IntegerField(help_text="0 while nobody knows.")
    is_cancel_asked = serializers.BooleanField()
    error = WorkFaultOut(allow_null=True)
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()
