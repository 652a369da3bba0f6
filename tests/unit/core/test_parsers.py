"""JSON that anybody may send, before anybody knows who."""

import time

import pytest

from core.errors import Invalid
from core.parsers import JSON_MAX_BYTES, strict_json


class TestNamesThatStandTwice:
    def test_are_named_and_the_others_are_not(self):
        with pytest.raises(Invalid) as refusal:
            strict_json('{"lot": 1, "wafer": 2, "lot": 3, "slot": {"n": 4}}')

        assert list(refusal.value.extra["fields"]) == ["lot"]

    def test_are_no_name_that_stands_in_two_objects(self):
        assert strict_json('{"a": {"n": 1}, "b": {"n": 2}}') == {"a": {"n": 1}, "b": {"n": 2}}

    def test_are_found_in_the_largest_body_at_once(self):
        names = ",".join(f'"{number:06}":1' for number in range(JSON_MAX_BYTES // 11 - 10))
        began_s = time.process_time()

        with pytest.raises(Invalid, match="twice"):
            strict_json(f'{{{names},"000000":1}}')

        assert time.process_time() - began_s < 2
