"""What is asked and answered about a reviewer's time."""

from rest_framework import serializers

from core.fields import KeyField, LabelField, WholeNumberField

MOST_MINUTES = 480


class PlanQuery(serializers.Serializer):
    minutes = WholeNumberField(min_value=1, max_value=MOST_MINUTES, default=30)
    queue = KeyField(required=False, help_text="Plan for this one, and no other.")
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")


class PlannedQueueOut(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class QueueSavingOut(PlannedQueueOut):
    items = serializers.IntegerField(help_text="Decided in the time.")
    saved = serializers.FloatField(help_text="Cost that this is expected to save.")


class WaitingOut(serializers.Serializer):
    items = serializers.IntegerField(help_text="All that was weighed: the next 2,000 of the queue, and its audit.")
    seconds = serializers.FloatField()
    saved = serializers.FloatField()
    is_more = serializers.BooleanField(help_text="More waits than was weighed.")


class AuditPartOut(serializers.Serializer):
    items = serializers.IntegerField()
    seconds = serializers.FloatField()


class ClassPartOut(serializers.Serializer):
    class_code = serializers.CharField(allow_null=True, help_text="Null of whole images.")
    items = serializers.IntegerField()
    seconds_each = serializers.FloatField(help_text="Median of the site's last decisions; 3 s, or 20 s, until known.")
    seconds = serializers.FloatField()
    saved = serializers.FloatField()


class PointOut(serializers.Serializer):
    minutes = serializers.FloatField()
    items = serializers.IntegerField()
    saved = serializers.FloatField()


class QueuePlanOut(serializers.Serializer):
    queue = PlannedQueueOut()
    items = serializers.IntegerField()
    seconds = serializers.FloatField()
    saved = serializers.FloatField(help_text="Expected cost; a wafer rejected for nothing costs `unit_per_reject`.")
    waiting = WaitingOut()
    audit = AuditPartOut(help_text="Of `items` and `seconds`, what the random audit drew.")
    checks_seconds = serializers.FloatField(help_text="Of the time, what goes to known answers and blind repeats.")
    classes = ClassPartOut(many=True, help_text="What saves most first.")
    curve = PointOut(many=True, help_text="What other times save, up to twice this one or until nothing is left.")


class PlanOut(serializers.Serializer):
    minutes = serializers.IntegerField()
    unit_per_reject = serializers.FloatField()
    queues = QueueSavingOut(many=True, help_text="Where anything waits for the caller, what saves most first.")
    plan = QueuePlanOut(allow_null=True, help_text="Of the first of them; null where nothing waits.")
