"""The defect book: what requests must look like, and what OpenAPI says about answers."""

from rest_framework import serializers

from annotations.choices import BookEditKind, ExampleKind
from annotations.serializers.edits import MOST_EDITS
from annotations.serializers.inputs import LARGEST_WHOLE
from annotations.serializers.talk import PlainTextField
from core.fields import KeyField, LabelField, WholeNumberField
from core.schema import AnythingField


class BookQuery(serializers.Serializer):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")


class BookPageIn(BookQuery):
    seen_version = WholeNumberField(
        min_value=0, max_value=LARGEST_WHOLE, help_text="The version that was looked at; 409 when it is another."
    )
    definition = PlainTextField(max_length=600, allow_blank=True)
    look_for = PlainTextField(max_length=1200, allow_blank=True)


class ExampleIn(serializers.Serializer):
    id = KeyField(help_text="Made by whoever adds it: the same again adds nothing.")
    task = KeyField()
    class_code = LabelField(max_length=32)
    kind = serializers.ChoiceField(choices=ExampleKind.choices)
    why = LabelField(max_length=300, required=False, allow_blank=True)


class BookEdit(serializers.Serializer):
    """One edit of the book."""

    seq = WholeNumberField(min_value=1, max_value=2**53, help_text="Grows with every edit of the client.")
    kind = serializers.ChoiceField(choices=BookEditKind.choices)


class AddEdit(BookEdit):
    id = KeyField(help_text="Made by whoever adds it: the same again adds nothing.")
    task = KeyField()
    class_code = LabelField(max_length=32)
    shows = serializers.ChoiceField(choices=ExampleKind.choices)
    why = LabelField(max_length=300, required=False, allow_blank=True)


SHAPE_OF_BOOK_EDIT: dict[str, type[serializers.Serializer]] = {BookEditKind.ADD: AddEdit}


class BookEditsIn(serializers.Serializer):
    client = KeyField(help_text="Who numbers the edits: one browser.")
    reviewer = LabelField(
        max_length=150, required=False, help_text="Whose edits these are; refused whole when it is not who sends them."
    )
    edits = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MOST_EDITS)


class MoveIn(serializers.Serializer):
    before = KeyField(allow_null=True, help_text="The item that comes after it; null puts it last.")


class ExampleOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ExampleKind.choices)
    task = serializers.UUIDField()
    image = AnythingField(help_text="As `images/{id}/` shows it.")
    wafer = serializers.UUIDField()
    bbox_px = serializers.ListField(child=serializers.FloatField())
    truth = serializers.CharField(allow_blank=True, help_text="What people said it is: a class, nuisance, or nothing.")
    why = serializers.CharField(allow_blank=True)
    author = serializers.CharField()
    added_at = serializers.DateTimeField()


class BookAckOut(serializers.Serializer):
    seq = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["done", "refused"])
    example = ExampleOut(required=False)
    problem = AnythingField(required=False)


class BookAcksOut(serializers.Serializer):
    acks = BookAckOut(many=True)


class BookPageOut(serializers.Serializer):
    class_code = serializers.CharField()
    class_name = serializers.CharField()
    severity = serializers.CharField()
    definition = serializers.CharField(allow_blank=True)
    look_for = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(help_text="0 while nothing is written.")
    written_by = serializers.CharField(allow_null=True)
    written_at = serializers.DateTimeField(allow_null=True)
    counts = AnythingField(help_text="Items by kind.")
    examples = ExampleOut(many=True)


class BookOut(serializers.Serializer):
    pages = BookPageOut(many=True, help_text="Of each kind the first three items.")


class BookTextOut(serializers.Serializer):
    number = serializers.IntegerField()
    definition = serializers.CharField(allow_blank=True)
    look_for = serializers.CharField(allow_blank=True)
    author = serializers.CharField()
    made_at = serializers.DateTimeField()
