"""Names as they are kept: refused where people chose them, cleaned where a file brought them."""

import pytest

from core.errors import Invalid
from inspection.services.labels import checked_label, file_label


class TestCheckedLabel:
    def test_is_kept_in_one_form(self):
        assert checked_label(" Me\u0301tal ", field="layer") == "M\u00e9tal"

    @pytest.mark.parametrize(
        ("text", "says"), [("", "empty"), ("  ", "empty"), ("x" * 65, "too long"), ("a\u202eb", "cannot be shown")]
    )
    def test_that_cannot_be_is_refused_by_the_fields_name(self, text, says):
        with pytest.raises(Invalid, match=f"layer .*{says}") as refusal:
            checked_label(text, field="layer")

        assert "layer" in refusal.value.extra["fields"]


class TestFileLabel:
    @pytest.mark.parametrize(
        ("name", "label"),
        [
            ("a.png", "a.png"),
            ("C:\\scans\\W07.tif", "W07.tif"),
            ("../../etc/passwd", "passwd"),
            ("gnp.\u202ea", "gnp.a"),
            ("a\x00\n.png ", "a.png"),
            ("x" * 300, "x" * 255),
            ("/", ""),
        ],
    )
    def test_is_the_last_part_with_nothing_in_it_that_cannot_be_shown(self, name, label):
        assert file_label(name) == label
