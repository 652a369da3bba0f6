"""What one request of edits may hold."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from annotations.serializers.edits import MOST_SHAPES, EditsIn, MissedEdit
from core.errors import Invalid
from core.ids import uuid7
from core.shapes import checked

SHAPE = {"kind": "tag"}


@pytest.mark.parametrize("more", [0, 1])
def test_shapes_are_counted_over_edits_and_parts(more):
    split = {"seq": 1, "kind": "split", "shape": SHAPE, "parts": [{"shape": SHAPE}] * 19}
    edits = [split, split, split, *[{"shape": SHAPE}] * more, {"parts": 7}]
    assert MOST_SHAPES == 60
    assert EditsIn(data={"client": str(uuid4()), "edits": edits}).is_valid() is (more == 0)


def missed(key):
    return {"seq": 1, "kind": "missed", "task": str(uuid4()), "new_task": str(key), "class_code": "pit"}


def test_what_is_made_has_a_key_that_begins_with_its_time():
    """Lists have the newest first by their keys."""
    key = uuid7(at=datetime(2026, 11, 21, tzinfo=UTC))
    assert checked(MissedEdit, missed(key))["new_task"] == key
    with pytest.raises(Invalid):
        checked(MissedEdit, missed(uuid4()))
