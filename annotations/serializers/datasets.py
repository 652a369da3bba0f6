"""Data sets: what requests must look like, and what OpenAPI says of the answers."""

from typing import Any

from rest_framework import serializers

from annotations.choices import SETTLED, BuildState
from annotations.serializers.inputs import CodesField
from core.fields import KeyField, LabelField, MomentField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField, CountsField
from core.shapes import Part
from domain.datasets.formats import READERS, Format
from inspection.choices import Band

LARGEST_SEED = 2**31 - 1


class DatasetSelectionIn(Part):
    """Which images a data set takes: those on which something that fits is settled, with all that is settled there."""

    recipes = CodesField()
    layers = CodesField()
    tools = CodesField()
    lots = CodesField()
    classes = CodesField(help_text="Of what people said.")
    bands = serializers.ListField(
        child=serializers.ChoiceField(choices=Band.choices), max_length=len(Band.choices), required=False
    )
    min_confidence = NumberField(min_value=0, max_value=1, required=False)
    max_confidence = NumberField(min_value=0, max_value=1, required=False)
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=[(one.value, one.label) for one in SETTLED]),
        min_length=1,
        max_length=len(SETTLED),
        required=False,
        help_text="Of tasks. Default: accepted ones.",
    )
    since = MomentField(required=False, help_text="When the image was received.")
    until = MomentField(required=False, help_text="Not included.")


class LotsIn(serializers.Serializer):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    selection = DatasetSelectionIn(required=False, help_text="Its `lots` say nothing here.")


class PreviewIn(serializers.Serializer):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    selection = DatasetSelectionIn(required=False)
    seed = WholeNumberField(min_value=0, max_value=LARGEST_SEED, default=0, help_text="Of the split.")
    shares = serializers.ListField(
        child=NumberField(min_value=0, max_value=1), min_length=3, max_length=3, required=False,
        help_text="Of train, validation and test; they make 1. Default: 0.7, 0.15 and 0.15.",
    )  # fmt: skip


class DatasetIn(PreviewIn):
    code = LabelField(help_text="Of the data set; unique at the site.")
    name = LabelField(max_length=120, required=False, allow_blank=True)


class DatasetsQuery(PageIn):
    pass


class DiffQuery(serializers.Serializer):
    other = KeyField(help_text="The data set to compare with: what is there and not here is `added`.")


class ExportQuery(serializers.Serializer):
    def get_fields(self) -> dict[str, Any]:
        # `format` would hide what serializers call so themselves.
        return {
            "format": serializers.ChoiceField(choices=[one.value for one in Format], default=Format.COCO.value),
            "images": serializers.BooleanField(default=False, help_text="With the files of the images, in a ZIP."),
        }


class ExportIn(serializers.Serializer):
    def get_fields(self) -> dict[str, Any]:
        return ExportQuery().get_fields()


class ImportIn(serializers.Serializer):
    def get_fields(self) -> dict[str, Any]:
        return {
            "file": serializers.FileField(allow_empty_file=True, help_text="YOLO and VOC: a ZIP."),
            "format": serializers.ChoiceField(choices=[one.value for one in READERS]),
            "site": LabelField(max_length=32, required=False, help_text="Default: the caller's first."),
            "dry_run": serializers.BooleanField(default=True, help_text="Only report what would be written."),
            "skip_faults": serializers.BooleanField(
                default=False, help_text="Write what is right of a file that has faults."
            ),
        }


class ProgressOut(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="0 while it is not known.")
    share = serializers.FloatField()


class BuildErrorOut(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class LossOut(serializers.Serializer):
    kind = serializers.CharField(help_text="Of a shape.")
    count = serializers.IntegerField()
    what = serializers.CharField(help_text="What became of them.")


class ExportOut(serializers.Serializer):
    def get_fields(self) -> dict[str, Any]:
        return {
            "format": serializers.ChoiceField(choices=[one.value for one in Format]),
            "images": serializers.BooleanField(),
            "state": serializers.ChoiceField(choices=BuildState.choices),
            "progress": ProgressOut(),
            "sha256": serializers.CharField(allow_null=True),
            "bytes": serializers.IntegerField(),
            "losses": LossOut(many=True, help_text="What the format cannot say as it was drawn."),
            "error": BuildErrorOut(allow_null=True),
        }


class DatasetOut(serializers.Serializer):
    id = serializers.UUIDField()
    site = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=BuildState.choices)
    progress = ProgressOut()
    selection = AnythingField()
    seed = serializers.IntegerField()
    shares = serializers.ListField(child=serializers.FloatField())
    images = CountsField(help_text="By split, once it is ready.")
    objects = CountsField(help_text="By split, once it is ready.")
    duplicates = serializers.IntegerField(help_text="Images left out because another has the same pixels.")
    sha256 = serializers.CharField(allow_null=True, help_text="Of the manifest: it names the data.")
    bytes = serializers.IntegerField(help_text="Of the manifest.")
    exports = ExportOut(many=True)
    error = BuildErrorOut(allow_null=True)
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class WarningOut(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()
    split = serializers.CharField(required=False)
    classes = serializers.ListField(child=serializers.CharField(), required=False)


class PreviewOut(serializers.Serializer):
    images = CountsField(help_text="By split.")
    lots = CountsField(help_text="By split.")
    objects = CountsField(help_text="By split: defects as people said them.")
    complete = CountsField(help_text="By split: images on which nothing waits for a word.")
    classes = AnythingField(help_text="Defects by split and class.")
    duplicates = serializers.IntegerField(help_text="Images left out because another has the same pixels.")
    warnings = WarningOut(many=True, help_text="What whoever trains on it would regret, gravest first.")


class LotOfferedOut(serializers.Serializer):
    code = serializers.CharField()
    product = serializers.CharField()
    images = serializers.IntegerField(help_text="On which something is settled that fits the choice.")
    received_at = serializers.DateTimeField(help_text="The newest of them.")


class LotsOut(serializers.Serializer):
    results = LotOfferedOut(many=True, help_text="The newest first, at most 500.")
    is_more = serializers.BooleanField(help_text="There are older ones.")


class StatisticsOut(serializers.Serializer):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    statistics = AnythingField(help_text="Counts by name, nested: images, objects, classes, sizes, lots and more.")


class DiffOut(serializers.Serializer):
    id = serializers.UUIDField()
    other = serializers.UUIDField()
    is_same = serializers.BooleanField(help_text="Byte by byte.")
    difference = AnythingField(help_text="Images, objects and classes that differ, with examples.")


class FaultOut(serializers.Serializer):
    where = serializers.CharField(help_text="A line, a file with its line, or the path of a value.")
    what = serializers.CharField()
    advice = serializers.CharField()


class ImportOut(serializers.Serializer):
    def get_fields(self) -> dict[str, Any]:
        return {
            "format": serializers.ChoiceField(choices=[one.value for one in READERS]),
            "sha256": serializers.CharField(help_text="Of the file."),
            "is_dry_run": serializers.BooleanField(),
            "images": serializers.IntegerField(help_text="In the file."),
            "matched": serializers.IntegerField(help_text="Of those, images that are here."),
            "boxes": serializers.IntegerField(help_text="In the file."),
            "known": serializers.IntegerField(help_text="Boxes that say what is settled here already."),
            "new": serializers.IntegerField(help_text="Boxes that nobody here has said yet."),
            "written": serializers.IntegerField(help_text="Tasks that were made of them."),
            "nuisances": serializers.IntegerField(help_text="Boxes of what is no defect; they are not taken over."),
            "fault_count": serializers.IntegerField(),
            "faults": FaultOut(many=True, help_text="The first 500."),
        }
