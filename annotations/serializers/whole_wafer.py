"""What a whole wafer under review is asked for and answered with."""

from rest_framework import serializers

from annotations.choices import TaskState, Verdict
from core.fields import LabelField
from core.schema import AnythingField
from inspection.choices import Band, Severity


class WaferItemsQuery(serializers.Serializer):
    layer = LabelField(max_length=64, required=False, help_text="Default: the one inspected last.")


class ItemWordOut(serializers.Serializer):
    author = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    class_code = serializers.CharField(allow_null=True)


class WaferItemOut(serializers.Serializer):
    task = serializers.UUIDField(help_text="The key of its task, also before there is one.")
    detection = serializers.UUIDField()
    is_made = serializers.BooleanField(help_text="There is a task. Otherwise a word about it names the `detection`.")
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=TaskState.choices)
    is_taken = serializers.BooleanField(help_text="In others' hands, and the caller never had it.")
    said = ItemWordOut(allow_null=True, help_text="What counts; while it wants more opinions the caller's own word.")
    image = serializers.UUIDField()
    ordinal = serializers.IntegerField()
    class_code = serializers.CharField(help_text="That the model named.")
    severity = serializers.ChoiceField(choices=Severity.choices)
    band = serializers.ChoiceField(choices=Band.choices)
    confidence = serializers.FloatField()
    bbox_px = serializers.ListField(child=serializers.FloatField())
    size_um = serializers.FloatField(allow_null=True)
    die = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    wafer_x_um = serializers.FloatField(allow_null=True)
    wafer_y_um = serializers.FloatField(allow_null=True)


class WaferItemsOut(serializers.Serializer):
    layer = serializers.CharField(allow_null=True, help_text="Null of a wafer that was never inspected.")
    layers = serializers.ListField(child=serializers.CharField(), help_text="Inspected last first.")
    images = serializers.ListField(child=AnythingField(), help_text="As `images/{id}/` shows them.")
    items = WaferItemOut(many=True, help_text="The gravest first.")
    is_more = serializers.BooleanField(help_text="There are more than 2,000.")
