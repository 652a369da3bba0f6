"""Forms of a version: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from models_admin.choices import Precision, WorkState


class VariantIn(serializers.Serializer):
    precision = serializers.ChoiceField(choices=[Precision.INT8.value, Precision.FP16.value])
    dataset_sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", max_length=64, help_text="Of a frozen data set: its images set the ranges of INT8."
    )
    number = serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, required=False, help_text="By default the next free one."
    )


class VariantErrorOut(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class VariantRunOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField()
    parent = serializers.CharField(help_text="The version it is made from.")  # type: ignore[assignment]
    version = serializers.CharField(help_text="The number it gets.")
    precision = serializers.ChoiceField(choices=Precision.choices)
    dataset_sha256 = serializers.CharField()
    state = serializers.ChoiceField(choices=WorkState.choices)
    steps_done = serializers.IntegerField()
    steps_total = serializers.IntegerField()
    doing = serializers.CharField(allow_blank=True)
    waiting_for = serializers.CharField(allow_blank=True)
    error = VariantErrorOut(allow_null=True)
    is_registered = serializers.BooleanField(help_text="Whether the version is there.")
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
