"""What edits of the journal must look like, each kind its own."""

from typing import Any

from rest_framework import serializers

from annotations.choices import EditKind, Verdict
from annotations.serializers.inputs import LARGEST_WHOLE, BoxField, DecisionIn, ShapeField
from core.fields import KeyField, LabelField, NewKeyField, WholeNumberField
from core.shapes import Part

MOST_EDITS = 50
MOST_PARTS = 20
MOST_IN_BULK = 500
MOST_SHAPES = 60
"""Of one request, parts included: reading them costs more than all else of it."""


class AnyEdit(serializers.Serializer):
    """One edit. What else it takes depends on its kind, and what a kind does not take is refused."""

    seq = WholeNumberField(min_value=1, max_value=2**53, help_text="Grows with every edit of the client.")
    kind = serializers.ChoiceField(choices=EditKind.choices)


class EditIn(AnyEdit):
    task = KeyField()


class DecideEdit(EditIn, DecisionIn):
    pass


class DraftEdit(EditIn):
    class_code = LabelField(max_length=32, required=False)
    bbox_px = BoxField(required=False)
    shape = ShapeField(required=False)
    comment = LabelField(max_length=2000, required=False, allow_blank=True)


class GiveBackEdit(EditIn):
    reason = LabelField(max_length=300, required=False, allow_blank=True)


class MissedEdit(EditIn):
    new_task = NewKeyField(help_text="The key of the task that is made: a UUID version 7.")
    class_code = LabelField(max_length=32)
    bbox_px = BoxField(required=False, help_text="This or `shape`.")
    shape = ShapeField(required=False)
    comment = LabelField(max_length=2000, required=False, allow_blank=True)


class PartIn(Part):
    """A defect that had no box of its own."""

    new_task = NewKeyField(help_text="The key of the task that is made: a UUID version 7.")
    class_code = LabelField(max_length=32)
    bbox_px = BoxField(required=False, help_text="This or `shape`.")
    shape = ShapeField(required=False)


class _DefectEdit(EditIn):
    seen_revision = WholeNumberField(min_value=1, max_value=LARGEST_WHOLE)
    class_code = LabelField(max_length=32, required=False)
    bbox_px = BoxField(required=False)
    shape = ShapeField(required=False)
    comment = LabelField(max_length=2000, required=False, allow_blank=True)
    took_ms = WholeNumberField(min_value=0, max_value=LARGEST_WHOLE, required=False)


class SplitEdit(_DefectEdit):
    parts = serializers.ListField(child=PartIn(), min_length=1, max_length=MOST_PARTS)


class MergeEdit(_DefectEdit):
    detections = serializers.ListField(
        child=KeyField(), min_length=1, max_length=MOST_PARTS, help_text="The others. Default of the box: round all."
    )


class HoldEdit(EditIn):
    reason = LabelField(max_length=300, help_text="Why the task's wafer is put on hold.")


class MeantIn(Part):
    task = KeyField()
    seen_revision = WholeNumberField(min_value=1, max_value=LARGEST_WHOLE)
    detection = KeyField(required=False, help_text="Where it has no task yet.")


class BulkEdit(AnyEdit):
    wafer = KeyField()
    tasks = serializers.ListField(child=MeantIn(), min_length=1, max_length=MOST_IN_BULK)
    verdict = serializers.ChoiceField(choices=[Verdict.DEFECT, Verdict.NUISANCE])
    class_code = LabelField(max_length=32, required=False, help_text="Of a defect. Default: each one's own.")
    comment = LabelField(max_length=2000, required=False, allow_blank=True)


class UndoBulkEdit(AnyEdit):
    of = WholeNumberField(min_value=1, max_value=2**53, help_text="The number of the edit that said it.")


SHAPE_OF_KIND: dict[str, type[serializers.Serializer]] = {
    EditKind.DECIDE: DecideEdit,
    EditKind.UNDO: EditIn,
    EditKind.DRAFT: DraftEdit,
    EditKind.SKIP: GiveBackEdit,
    EditKind.RELEASE: GiveBackEdit,
    EditKind.MISSED: MissedEdit,
    EditKind.SPLIT: SplitEdit,
    EditKind.MERGE: MergeEdit,
    EditKind.HOLD: HoldEdit,
    EditKind.BULK: BulkEdit,
    EditKind.UNDO_BULK: UndoBulkEdit,
}


class EditsIn(serializers.Serializer):
    client = KeyField(help_text="Who numbers the edits: one browser.")
    reviewer = LabelField(
        max_length=150, required=False, help_text="Whose edits these are; refused whole when it is not who sends them."
    )
    edits = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=MOST_EDITS, help_text="In order; see `Edit`."
    )

    def validate_edits(self, edits: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if sum(map(_shapes_in, edits)) > MOST_SHAPES:
            raise serializers.ValidationError(f"At most {MOST_SHAPES} shapes are sent in one request.")
        return edits


def _shapes_in(edit: dict[str, Any]) -> int:
    parts = edit.get("parts")
    places = [edit, *(parts if isinstance(parts, list) else [])]
    return sum(isinstance(place, dict) and "shape" in place for place in places)
