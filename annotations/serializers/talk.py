"""Comments on places of images: what requests must look like, and what OpenAPI says about answers."""

from typing import Any

from rest_framework import serializers

from annotations.choices import CommentKind, TalkKind, ThreadState
from annotations.serializers.edits import MOST_EDITS
from annotations.serializers.inputs import FARTHEST_PX
from core.fields import KeyField, LabelField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField
from core.text import has_unshowable, normalised

MOST_CHARACTERS = 2000


class PlainTextField(LabelField):
    """What somebody says: plain text of several lines, with nothing in it that cannot be seen."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        lines = normalised(data.replace("\r\n", "\n")).split("\n")
        if any(has_unshowable(line) for line in lines):
            self.fail("unshowable")
        return "\n".join(lines)


class TextField(PlainTextField):
    def __init__(self, **options: Any) -> None:
        help_text = "Plain text. @name names somebody who can see the image."
        super().__init__(max_length=MOST_CHARACTERS, help_text=help_text, **options)


class PlaceField(serializers.ListField):
    """Left, top, width, height, in pixels of the image; without width and height a point."""

    def __init__(self, **options: Any) -> None:
        child = NumberField(min_value=0, max_value=FARTHEST_PX)
        super().__init__(child=child, min_length=4, max_length=4, **options)


class ThreadIn(serializers.Serializer):
    thread = KeyField(help_text="Made by whoever speaks: the same again says nothing twice.")
    comment = KeyField(help_text="As `thread`, of the first comment.")
    image = KeyField()
    task = KeyField(required=False, help_text="Of that image, where it is said of a task.")
    place_px = PlaceField()
    text = TextField()


class ReplyIn(serializers.Serializer):
    comment = KeyField(help_text="Made by whoever speaks: the same again says nothing twice.")
    text = TextField()


class ThreadsQuery(PageIn):
    image = KeyField(required=False)
    wafer = KeyField(required=False)
    task = KeyField(required=False)
    state = serializers.ChoiceField(choices=ThreadState.choices, required=False)
    mine = serializers.BooleanField(default=False, help_text="Those alone that I have spoken in or am named in.")


class PeopleQuery(serializers.Serializer):
    image = KeyField(help_text="That they are to see.")
    q = LabelField(max_length=150, required=False, allow_blank=True, help_text="Part of a name.")


class TalkEdit(serializers.Serializer):
    """One edit. What else it takes depends on its kind, and what a kind does not take is refused."""

    seq = WholeNumberField(min_value=1, max_value=2**53, help_text="Grows with every edit of the client.")
    kind = serializers.ChoiceField(choices=TalkKind.choices)
    thread = KeyField()


class StartEdit(TalkEdit, ThreadIn):
    pass


class ReplyEdit(TalkEdit, ReplyIn):
    pass


class TakeBackEdit(TalkEdit):
    comment = KeyField()


SHAPE_OF_TALK: dict[str, type[serializers.Serializer]] = {
    TalkKind.START: StartEdit,
    TalkKind.REPLY: ReplyEdit,
    TalkKind.TAKE_BACK: TakeBackEdit,
    TalkKind.RESOLVE: TalkEdit,
    TalkKind.REOPEN: TalkEdit,
}


class TalkIn(serializers.Serializer):
    client = KeyField(help_text="Who numbers the edits: one browser.")
    reviewer = LabelField(
        max_length=150, required=False, help_text="Whose edits these are; refused whole when it is not who sends them."
    )
    edits = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=MOST_EDITS, help_text="In order; see `Edit`."
    )


class CommentOut(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CommentKind.choices)
    author = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="Plain; empty of what was taken back.")
    mentions = serializers.ListField(child=serializers.CharField())
    made_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="So long its author may take it back.")


class ThreadOut(serializers.Serializer):
    id = serializers.UUIDField()
    image = AnythingField(help_text="As `images/{id}/` shows it.")
    wafer = AnythingField()
    lot = AnythingField()
    run = serializers.UUIDField(allow_null=True, help_text="That the wafer page shows the image with.")
    task = serializers.UUIDField(allow_null=True)
    place_px = serializers.ListField(child=serializers.FloatField())
    state = serializers.ChoiceField(choices=ThreadState.choices)
    revision = serializers.IntegerField(help_text="The number of its newest entry.")
    author = serializers.CharField()
    started_at = serializers.DateTimeField()
    is_unread = serializers.BooleanField(help_text="It names the caller, who has not read it.")
    comments = CommentOut(many=True)


class MentionOut(serializers.Serializer):
    id = serializers.UUIDField()
    comment = serializers.UUIDField(help_text="Which names the caller; it is in `thread`.")
    is_read = serializers.BooleanField()
    made_at = serializers.DateTimeField()
    thread = ThreadOut()


class UnreadOut(serializers.Serializer):
    unread = serializers.IntegerField(help_text="Mentions of the caller, counted up to 100.")


class PersonOut(serializers.Serializer):
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)


class PeopleOut(serializers.Serializer):
    people = PersonOut(many=True)
    is_more = serializers.BooleanField(help_text="There are more; ask with part of a name.")


class TalkAckOut(serializers.Serializer):
    seq = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["done", "refused"])
    thread = ThreadOut(required=False)
    problem = AnythingField(required=False)


class TalkAcksOut(serializers.Serializer):
    acks = TalkAckOut(many=True)
