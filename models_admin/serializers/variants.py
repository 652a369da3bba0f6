"""Forms of a version: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from models_admin.choices import Precision
from models_admin.serializers.work import WorkOut


class VariantIn(serializers.Serializer):
    precision = serializers.ChoiceField(choices=[Precision.INT8.value, Precision.FP16.value])
    dataset_sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", max_length=64, help_text="Of a frozen data set: its images set the ranges of INT8."
    )
    number = serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, required=False, help_text="By default the next free one."
    )


class VariantRunOut(WorkOut):
    model = serializers.CharField()
    parent = serializers.CharField(help_text="The version it is made from.")  # type: ignore[assignment]
    version = serializers.CharField(help_text="The number it gets.")
    precision = serializers.ChoiceField(choices=Precision.choices)
    dataset_sha256 = serializers.CharField()
    is_registered = serializers.BooleanField(help_text="Whether the version is there.")
