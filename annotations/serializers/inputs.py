"""What requests must look like. Shape and range only; what exists, and who holds it, is the services' business."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.choices import QueueOrder, TaskState, Verdict
from annotations.selectors import Selection
from core.fields import KeyField, LabelField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.shapes import Part
from domain.shapes.kinds import Kind, Shape
from domain.shapes.said import ShapeFault
from domain.shapes.said import read as read_shape
from inspection.choices import Band

FARTHEST_PX = 1_000_000.0
MOST_AT_ONCE = 6
MOST_CODES = 100
MOST_ADVANCED = 200
MOST_SCRIBBLED = 200
LARGEST_WHOLE = 2**31 - 1
_NUMBERS = {"type": "array", "items": {"type": "number"}}
SHAPE_SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
        **dict.fromkeys(("bbox_px", "center_px", "size_px", "at_px"), _NUMBERS),
        "angle_deg": {"type": "number"},
        "points_px": {"type": "array", "items": _NUMBERS},
        "counts": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["kind"],
}


class CodesField(serializers.ListField):
    """Codes, each once is enough."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=LabelField(), max_length=MOST_CODES, required=False, **options)


class SelectionIn(Part):
    """Which detections a queue takes. What is left out takes all."""

    recipes = CodesField()
    layers = CodesField()
    tools = CodesField()
    classes = CodesField()
    bands = serializers.ListField(
        child=serializers.ChoiceField(choices=Band.choices), max_length=len(Band.choices), required=False
    )
    min_confidence = NumberField(min_value=0, max_value=1, required=False)
    max_confidence = NumberField(min_value=0, max_value=1, required=False)
    min_disagreement = NumberField(
        min_value=0,
        max_value=1,
        required=False,
        help_text="How far the newest earlier version that looked at the image says something else; 0 where none has.",
    )


class QueuesQuery(PageIn):
    archived = serializers.BooleanField(default=False, help_text="Archived ones instead of those in use.")


class _QueueSettings(serializers.Serializer):
    name = LabelField(max_length=120, required=False, allow_blank=True)
    order = serializers.ChoiceField(choices=QueueOrder.choices, required=False)
    selection = SelectionIn(required=False)
    lease_s = WholeNumberField(
        min_value=30, max_value=86_400, required=False, help_text="How long a reviewer keeps a task without a word."
    )
    overlap_share = NumberField(
        min_value=0, max_value=1, required=False, help_text="Of its tasks, how many want several reviewers."
    )
    overlap_reviewers = WholeNumberField(min_value=2, max_value=9, required=False, help_text="How many those want.")
    audit_rate = NumberField(
        min_value=0, max_value=1, required=False, help_text="Of the images inspected from now on, how many are audited."
    )
    audit_share = NumberField(
        min_value=0, max_value=0.5, required=False, help_text="Of what is handed out, how much is of the audit."
    )
    gold_rate = NumberField(
        min_value=0, max_value=0.5, required=False, help_text="Of what is handed out, how much has a known answer."
    )
    repeat_rate = NumberField(
        min_value=0, max_value=0.5, required=False, help_text="Of it, how much the reviewer has decided before."
    )
    repeat_after_s = WholeNumberField(
        min_value=0, max_value=LARGEST_WHOLE, required=False, help_text="How long ago that was, at least."
    )


class QueueIn(_QueueSettings):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    code = LabelField()


class QueueChangeIn(_QueueSettings):
    seen_version = WholeNumberField(
        min_value=1, max_value=LARGEST_WHOLE, help_text="The version that was looked at; 409 when it is another."
    )
    is_archived = serializers.BooleanField(required=False)


class NextIn(serializers.Serializer):
    count = WholeNumberField(
        min_value=1, max_value=MOST_AT_ONCE, default=1, help_text="How many to hold at once, what is held included."
    )
    first = serializers.ChoiceField(
        choices=["queue", "saving"],
        default="queue",
        help_text="`saving`: of the next 2,000, what saves most per second first, as `GET review/plan/` counts it.",
    )


class BoxField(serializers.ListField):
    """Left, top, width, height, in pixels of the image."""

    def __init__(self, **options: Any) -> None:
        child = NumberField(min_value=0, max_value=FARTHEST_PX)
        super().__init__(child=child, min_length=4, max_length=4, **options)


@extend_schema_field(SHAPE_SCHEMA)
class ShapeField(serializers.Field):
    """What was drawn, as `docs/api.md` has it. Its box follows from it, so the two are not sent together."""

    def to_internal_value(self, data: Any) -> Shape:
        try:
            return read_shape(data)
        except ShapeFault as fault:
            raise serializers.ValidationError(str(fault)) from fault

    def to_representation(self, value: Any) -> Any:
        return value


class DecisionIn(serializers.Serializer):
    """What a person says of a task."""

    seen_revision = WholeNumberField(
        min_value=1, max_value=LARGEST_WHOLE, help_text="Of the task as it was looked at; 409 when somebody decided."
    )
    verdict = serializers.ChoiceField(choices=[Verdict.DEFECT, Verdict.NUISANCE, Verdict.COMPLETE])
    class_code = LabelField(max_length=32, required=False, help_text="Of a defect. Default: the detection's.")
    bbox_px = BoxField(required=False, help_text="Of a defect. Default: the detection's.")
    shape = ShapeField(required=False, help_text="In the place of `bbox_px`, where more than a box was drawn.")
    comment = LabelField(max_length=2000, required=False, allow_blank=True)
    took_ms = WholeNumberField(min_value=0, max_value=LARGEST_WHOLE, required=False)


class RulingIn(DecisionIn):
    """A lead's word between opinions."""

    reason = LabelField(max_length=300, required=False, allow_blank=True)


class ReopenIn(serializers.Serializer):
    seen_revision = WholeNumberField(min_value=1, max_value=LARGEST_WHOLE)
    reason = LabelField(max_length=300, help_text="Why it is wanted again; it stays with the record.")


class HandOverIn(serializers.Serializer):
    holder = LabelField(max_length=150, help_text="User name of who holds it; 409 when they do not any more.")
    to = LabelField(
        max_length=150, required=False, allow_null=True, help_text="Who is to have it. Left out: whoever asks next."
    )
    reason = LabelField(max_length=300, required=False, allow_blank=True)


class SeenTaskIn(Part):
    id = KeyField()
    seen_revision = WholeNumberField(min_value=1, max_value=LARGEST_WHOLE)


class AdvanceIn(serializers.Serializer):
    tasks = serializers.ListField(child=SeenTaskIn(), min_length=1, max_length=MOST_ADVANCED)


class TasksQuery(PageIn):
    limit = WholeNumberField(min_value=1, max_value=60, default=30, help_text="Tasks on the page.")
    state = serializers.ChoiceField(choices=TaskState.choices, required=False)
    wafer = KeyField(required=False)
    class_code = LabelField(max_length=32, required=False, help_text="That the model, or who added it, named.")


class PlaceField(serializers.ListField):
    """x and y, in pixels of the image."""

    def __init__(self, **options: Any) -> None:
        child = NumberField(min_value=0, max_value=FARTHEST_PX)
        super().__init__(child=child, min_length=2, max_length=2, **options)


class RegionIn(serializers.Serializer):
    scribble_px = serializers.ListField(
        child=PlaceField(), min_length=1, max_length=MOST_SCRIBBLED, help_text="Places along the scribble, in order."
    )
    how = serializers.ChoiceField(
        choices=["scribble", "tap"], default="scribble", help_text="A tap finds what is as bright as its place."
    )
    tolerance = WholeNumberField(
        min_value=1, max_value=255, default=26, help_text="How much it may differ from there, in grey levels."
    )


class ReleaseIn(serializers.Serializer):
    skip = serializers.BooleanField(default=False, help_text="Do not hand it to me again.")
    reason = LabelField(max_length=300, required=False, allow_blank=True)


def settings_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as the services take them. A selection that is sent replaces the whole one."""
    settings = dict(values)
    if "selection" in settings:
        settings["selection"] = Selection.of(settings["selection"])
    return settings
