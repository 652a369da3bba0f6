"""What inspection knows of models: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import LabelField, WholeNumberField
from core.schema import AnythingField
from inspection.serializers.documented import BenchmarkOut
from inspection.serializers.inputs import BenchmarkIn

_VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$"
_FITS = ["ok", "warn", "refuse"]


class CompatibilityIn(serializers.Serializer):
    version = serializers.RegexField(_VERSION, max_length=14)
    recipe = LabelField(help_text="Its version in force is looked at.")
    site = LabelField(max_length=32, required=False)


class CheckOut(serializers.Serializer):
    check = serializers.CharField()
    fit = serializers.ChoiceField(choices=_FITS)
    words = serializers.CharField()


class CompatibilityOut(serializers.Serializer):
    model = serializers.CharField()
    version = serializers.CharField()
    recipe = serializers.CharField()
    recipe_version = serializers.IntegerField()
    fit = serializers.ChoiceField(choices=_FITS, help_text="The worst of the checks.")
    checks = CheckOut(many=True)


class ModelBenchmarkIn(BenchmarkIn):
    version = serializers.RegexField(
        _VERSION, max_length=14, default=None, help_text="One that is loaded. Default: the one in force for the recipe."
    )


class ModelBenchmarkOut(BenchmarkOut):
    """As of `inference/benchmark/`."""


class PerformanceQuery(serializers.Serializer):
    hours = WholeNumberField(min_value=1, max_value=720, default=168, help_text="How far back runs are looked at.")


class VersionPerformanceOut(serializers.Serializer):
    version = serializers.CharField()
    status = serializers.CharField()
    runs = AnythingField(allow_null=True, help_text="By state, with times; null where it judged nothing.")
    validation = AnythingField(allow_null=True, help_text="The newest report's figures; null where there is none.")


class PerformanceOut(serializers.Serializer):
    model = serializers.CharField()
    hours = serializers.IntegerField()
    versions = VersionPerformanceOut(many=True)


class DriftOut(serializers.Serializer):
    model = serializers.CharField()
    is_watched = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why there is nothing, where there is nothing.")
    statistics = serializers.ListField(child=AnythingField())
