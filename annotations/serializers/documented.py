"""What OpenAPI says about answers. Nothing is rendered by these; a test compares the two."""

from rest_framework import serializers

from annotations.choices import Change, Layer, QueueOrder, TaskKind, TaskState, Verdict
from annotations.serializers.inputs import SelectionIn
from core.schema import AnythingField
from inspection.choices import Severity


class ReviewQueueOut(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    order = serializers.ChoiceField(choices=QueueOrder.choices)
    selection = SelectionIn()
    open = serializers.IntegerField(help_text="Tasks with a seat for a reviewer, counted up to 1,000.")
    open_is_more = serializers.BooleanField(help_text="There are more than `open` says.")
    held = serializers.IntegerField(help_text="Tasks that reviewers hold now.")
    mine = serializers.IntegerField(help_text="Of those, the caller's.")
    oldest_at = serializers.DateTimeField(allow_null=True, help_text="Since when the oldest of the next 1,000 waits.")
    decided_today = serializers.IntegerField(help_text="Since midnight at the site.")
    mine_today = serializers.IntegerField()
    lease_s = serializers.IntegerField()
    overlap_share = serializers.FloatField(help_text="Of its tasks, how many want several reviewers.")
    overlap_reviewers = serializers.IntegerField(help_text="How many those want.")
    audit_rate = serializers.FloatField(help_text="Of the images inspected from now on, how many are audited.")
    audit_share = serializers.FloatField(help_text="Of what is handed out, how much is of the audit.")
    gold_rate = serializers.FloatField(help_text="Of what is handed out, how much has a known answer.")
    repeat_rate = serializers.FloatField(help_text="Of it, how much the reviewer has decided before.")
    repeat_after_s = serializers.IntegerField(help_text="How long ago that was, at least.")
    version = serializers.IntegerField()
    is_archived = serializers.BooleanField()
    is_filling = serializers.BooleanField(help_text="What was found before is still flowing in.")


class AnnotationOut(serializers.Serializer):
    number = serializers.IntegerField(help_text="The revision of the task that it was said of.")
    layer = serializers.ChoiceField(choices=Layer.choices)
    author = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    change = serializers.ChoiceField(choices=Change.choices)
    class_code = serializers.CharField(allow_null=True)
    bbox_px = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    shape = AnythingField(allow_null=True, help_text="What was drawn, where that is more than the box around it.")
    comment = serializers.CharField(allow_blank=True)
    linked_to = serializers.UUIDField(allow_null=True, help_text="Task that this is a part of, or was merged into.")
    took_ms = serializers.IntegerField(allow_null=True)
    made_at = serializers.DateTimeField()


class TaskHeadOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TaskKind.choices)
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=TaskState.choices)
    annotation = AnnotationOut(allow_null=True, help_text="The one that counts.")


class StepOut(serializers.Serializer):
    number = serializers.IntegerField(help_text="The revision of the task that it was made of.")
    state = serializers.ChoiceField(choices=TaskState.choices, help_text="That the task came to.")
    author = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()


class OtherOut(serializers.Serializer):
    id = serializers.UUIDField()
    class_code = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True, help_text="Null of what a person added.")
    severity = serializers.CharField()
    bbox_px = serializers.ListField(child=serializers.FloatField())


class TaskOut(TaskHeadOut):
    queue = serializers.UUIDField(allow_null=True, help_text="That the caller has it from.")
    held_until = serializers.DateTimeField(allow_null=True, help_text="By the caller.")
    why = serializers.CharField(help_text="Why a person is asked.")
    detection = AnythingField(allow_null=True, help_text="As `detections/{id}/` shows it.")
    class_code = serializers.CharField(allow_null=True, help_text="Null of a whole image.")
    bbox_px = serializers.ListField(child=serializers.FloatField())
    shape = AnythingField(allow_null=True, help_text="Of what a person added, where that is more than a box.")
    image = AnythingField(help_text="As `images/{id}/` shows it.")
    die_pitch_px = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="From one die to the next, across and down, in px of the image; null: not known.",
    )
    wafer = AnythingField()
    lot = AnythingField()
    layer = serializers.CharField()
    tool = serializers.CharField(allow_null=True)
    recipe = AnythingField()
    threshold = serializers.FloatField(allow_null=True, help_text="That the recipe sets for the class.")
    bands = AnythingField()
    others = OtherOut(many=True, help_text="What else the run found there; on a whole image also what people added.")
    draft = AnythingField(allow_null=True, help_text="What the caller has drawn and written and not decided.")
    wants = serializers.IntegerField(help_text="How many opinions.")
    opinions = AnnotationOut(many=True, help_text="The last word of each who has not taken theirs back.")
    history = AnnotationOut(many=True, help_text="While it wants more opinions, a reviewer sees their own only.")
    steps = StepOut(many=True)


class NextOut(serializers.Serializer):
    tasks = TaskOut(many=True)
    open = serializers.IntegerField()
    open_is_more = serializers.BooleanField()


class HandOut(serializers.Serializer):
    task = serializers.UUIDField()
    reviewer = serializers.CharField()
    class_code = serializers.CharField(allow_null=True, help_text="None of a whole image.")
    severity = serializers.ChoiceField(choices=Severity.choices)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="When others may have it unless its holder is heard of.")


class HandsOut(serializers.Serializer):
    hands = HandOut(many=True)
    is_more = serializers.BooleanField(help_text="There are more than 200.")
    reviewers = serializers.ListField(child=serializers.CharField(), help_text="Who reviews at the site.")


class AdvancedOut(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["done", "refused"])
    task = TaskHeadOut(required=False)
    problem = AnythingField(required=False)


class AdvancedAllOut(serializers.Serializer):
    results = AdvancedOut(many=True)


class RegionOut(serializers.Serializer):
    shape = AnythingField(help_text="An outline, or painted pixels where it has holes or several parts.")
    bbox_px = serializers.ListField(child=serializers.FloatField())


class BulkHeadOut(TaskHeadOut):
    annotated = serializers.IntegerField(help_text="The number of the annotation that was made.")


class BulkResultOut(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["done", "refused"])
    task = BulkHeadOut(required=False)
    problem = AnythingField(required=False)


class AckOut(serializers.Serializer):
    seq = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["done", "refused"])
    task = TaskHeadOut(required=False)
    results = BulkResultOut(many=True, required=False, help_text="Of an edit about many tasks.")
    problem = AnythingField(required=False)


class AcksOut(serializers.Serializer):
    acks = AckOut(many=True)
