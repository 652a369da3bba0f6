"""Parts of files as `Range` asks for them."""

import pytest

from core.ranges import NOT_SATISFIABLE, wanted_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", None),
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=50-1000", (50, 99)),
        ("Bytes = 5-5", (5, 5)),
        ("bytes=100-", NOT_SATISFIABLE),
        ("bytes=-0", NOT_SATISFIABLE),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=-", None),
        ("bytes=1--2", None),
        ("bytes=99999999999999999999-", None),
        ("lines=1-2", None),
        ("bytes", None),
    ],
)
def test_a_range_is_within_the_file_or_the_whole_is_given(header, wanted):
    assert wanted_range(header, size=100) == wanted
