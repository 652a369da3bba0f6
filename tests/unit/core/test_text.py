"""Text that people read: names from outside, and sizes."""

import pytest

from core.text import has_unshowable, normalised, size_text, without_unshowable

UNSHOWABLE = [
    "\x00",
    "\n",
    "\x7f",
    "\u202e",
    "\u200f",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\ud800",
    "\ue000",
    "\u0378",
    "\u2028",
    "\u2029",
    "\ufffd",
]


class TestUnshowable:
    @pytest.mark.parametrize("character", UNSHOWABLE, ids=ascii)
    def test_is_seen_and_taken_out(self, character):
        text = f"wafer{character}1"

        assert has_unshowable(text)
        assert without_unshowable(text) == "wafer1"

    @pytest.mark.parametrize("space", ["\u00a0", "\u1680", "\u2003", "\u202f", "\u3000"], ids=ascii)
    def test_is_every_space_but_the_plain_one_which_takes_its_place(self, space):
        text = f"wafer{space}1"

        assert has_unshowable(text)
        assert without_unshowable(text) == "wafer 1"

    @pytest.mark.parametrize("text", ["W-07", "Übergröße", "晶圆", "a b", "µm²", "می\u200cخواهم"])
    def test_is_nothing_people_write(self, text):
        assert not has_unshowable(text)
        assert without_unshowable(text) == text


def test_the_same_name_is_the_same_text_however_it_was_typed():
    assert normalised("  Me\u0301tal ") == "M\u00e9tal"


class TestSizeText:
    @pytest.mark.parametrize(
        ("count", "text"), [(2**20, "1 MiB"), (64 * 2**20 + 2**16, "64 MiB"), (2**33, "8,192 MiB"), (2**16, "64 KiB")]
    )
    def test_is_in_the_unit_people_use(self, count, text):
        assert size_text(count) == text
