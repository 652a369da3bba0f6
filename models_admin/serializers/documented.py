"""What OpenAPI says about answers. Nothing is rendered by these; a test compares the two."""

from rest_framework import serializers

from core.schema import AnythingField
from models_admin.choices import DeploymentState, IntakeState, ModelKind, VersionStatus


class PlaceOut(serializers.Serializer):
    recipe = serializers.CharField(allow_blank=True, help_text="Empty: every recipe without a route of its own.")
    tool = serializers.CharField(allow_blank=True, help_text="Empty: every tool.")
    product = serializers.CharField(allow_blank=True, help_text="Empty: every product.")
    slot = serializers.CharField(help_text="`champion` judges; `fallback` judges while Triton does not serve that.")


class VersionOut(serializers.Serializer):
    model = serializers.CharField()
    version = serializers.CharField()
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    precision = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="The version it was made from."
    )
    sha256 = serializers.CharField(help_text="Of the file.")
    bytes = serializers.IntegerField()
    classes = serializers.ListField(child=serializers.CharField(), help_text="In the order of the model's outputs.")
    state = serializers.ChoiceField(
        choices=DeploymentState.choices, allow_null=True, help_text="Of its newest deployment; null: it never had one."
    )
    places = PlaceOut(many=True, help_text="Where it judges now.")
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class VariantOut(serializers.Serializer):
    version = serializers.CharField()
    precision = serializers.CharField()


class VersionDetailOut(VersionOut):
    kind = serializers.ChoiceField(choices=ModelKind.choices)
    variants = VariantOut(many=True, help_text="Versions made from it.")
    intake = serializers.UUIDField(allow_null=True, help_text="The quarantine it came through; null: it was shipped.")
    metadata = AnythingField(help_text="`model.json`: tensors, calibration, thresholds, metrics.")
    card = serializers.CharField(help_text="Markdown.")
    graph = AnythingField(help_text="What the file holds: nodes, parameters, opset, operators. Empty where unknown.")
    tile_ms = serializers.FloatField(allow_null=True, help_text="One tile on one thread of who examined it.")


class ModelOut(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModelKind.choices)
    description = serializers.CharField()
    versions = serializers.IntegerField()
    newest = serializers.CharField(allow_null=True)
    champion = serializers.CharField(allow_null=True, help_text="Of every recipe without a route of its own.")
    created_at = serializers.DateTimeField()


class RouteOut(serializers.Serializer):
    recipe = serializers.CharField(allow_blank=True, help_text="Empty: every recipe without a route of its own.")
    tool = serializers.CharField(allow_blank=True, help_text="Empty: every tool.")
    product = serializers.CharField(allow_blank=True, help_text="Empty: every product.")
    champion = serializers.CharField(help_text="The version that judges.")
    fallback = serializers.CharField(allow_null=True, help_text="Judges while Triton does not serve the champion.")
    requested_by = serializers.CharField()
    generation = serializers.IntegerField(help_text="Grows with every change of the route.")
    changed_at = serializers.DateTimeField()


class ModelDetailOut(ModelOut):
    routes = RouteOut(many=True)


class ModelsOut(serializers.Serializer):
    results = ModelOut(many=True)


class RefusalOut(serializers.Serializer):
    rule = serializers.CharField()
    where = serializers.CharField(help_text="The part of the file, as its author named it.")
    detail = serializers.CharField(help_text="What is wrong, and what would be right.")


class IntakeOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=IntakeState.choices)
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
    refusals = RefusalOut(many=True)
    graph = AnythingField()
    tile_ms = serializers.FloatField(allow_null=True)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()
    changed_at = serializers.DateTimeField()
