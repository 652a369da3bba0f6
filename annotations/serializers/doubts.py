"""What is asked and answered about suspected label errors."""

from rest_framework import serializers

from annotations.serializers.documented import TaskOut
from annotations.serializers.inputs import LARGEST_WHOLE
from core.fields import LabelField, WholeNumberField
from core.schema import CountsField


class DoubtDismissIn(serializers.Serializer):
    seen_revision = WholeNumberField(min_value=1, max_value=LARGEST_WHOLE)
    reason = LabelField(max_length=300, required=False, allow_blank=True)


class VersionCallOut(serializers.Serializer):
    version = serializers.CharField(help_text="`name version` of a model that looked at the image.")
    class_code = serializers.CharField(allow_null=True, help_text="Null where it found nothing there.")
    confidence = serializers.FloatField(allow_null=True)


class DoubtOut(serializers.Serializer):
    task = TaskOut()
    score = serializers.FloatField(help_text="0 to 1: how strongly look-alikes and models both say something else.")
    neighbours = TaskOut(many=True, help_text="What looks most alike on other images, and was said to be another.")
    neighbours_say = CountsField(help_text="What the nearest were said to be.")
    versions = VersionCallOut(many=True)


class DoubtsOut(serializers.Serializer):
    site = serializers.CharField()
    days = serializers.IntegerField()
    compared = serializers.IntegerField(help_text="Settled words that were compared with each other.")
    most = serializers.IntegerField(help_text="At most so many of the newest.")
    total = serializers.IntegerField(help_text="How many are doubted; the most doubtful are in `results`.")
    results = DoubtOut(many=True)
