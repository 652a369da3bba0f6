"""What one request of edits may hold."""

from uuid import uuid4

import pytest

from annotations.serializers.edits import MOST_SHAPES, EditsIn

SHAPE = {"kind": "tag"}


@pytest.mark.parametrize("more", [0, 1])
def test_shapes_are_counted_over_edits_and_parts(more):
    split = {"seq": 1, "kind": "split", "shape": SHAPE, "parts": [{"shape": SHAPE}] * 19}
    edits = [split, split, split, *[{"shape": SHAPE}] * more, {"parts": 7}]
    assert MOST_SHAPES == 60
    assert EditsIn(data={"client": str(uuid4()), "edits": edits}).is_valid() is (more == 0)
