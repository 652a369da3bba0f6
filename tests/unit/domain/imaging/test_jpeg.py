import io

import numpy as np
import pytest
from PIL import Image

from domain.imaging.decode import DecodeLimits, ImageRefused, decode
from tests import image_files as files

LIMITS = DecodeLimits()


def code_of(data: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        decode(data, limits=LIMITS)
    return refused.value.code


def changed(data: bytes, marker: bytes, offset: int, value: int) -> bytes:
    copy = bytearray(data)
    copy[copy.index(marker) + offset] = value
    return bytes(copy)


class TestKindsOfJpeg:
    grey = files.encoded(files.texture(), "jpeg")
    colour = files.encoded(files.colours(), "jpeg", quality=95)

    def test_progressive(self):
        data = files.encoded(files.colours(), "jpeg", progressive=True, quality=95)

        assert np.abs(decode(data, limits=LIMITS).pixels.astype(int) - files.colours()).mean() < 4

    def test_printing_colours_are_converted_and_said(self):
        out = io.BytesIO()
        Image.fromarray(files.colours()).convert("CMYK").save(out, "jpeg", quality=95)
        data = out.getvalue()
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)

        image = decode(data, limits=LIMITS)

        assert np.abs(image.pixels - expected).max() <= 2
        assert "CMYK" in image.notes[0]

    def test_metadata_changes_no_pixel(self):
        plain = decode(self.grey, limits=LIMITS).pixels
        data = self.grey
        for marker, body in ((0xE1, b"Exif\0\0" + files.exif(1)), (0xE2, b"ICC_PROFILE\0junk"), (0xFE, b"\xff\xd9")):
            data = files.jpeg_with(data, marker, body)

        assert np.array_equal(decode(data, limits=LIMITS).pixels, plain)

    def test_bytes_behind_the_image_are_ignored_and_said(self):
        image = decode(self.grey + b"<?php", limits=LIMITS)

        assert image.notes == ("5 bytes after the end of the image were ignored.",)

    def test_padding_before_markers(self):
        data = self.grey[:2] + b"\xff\xff\xff" + self.grey[2:]

        assert np.array_equal(decode(data, limits=LIMITS).pixels, decode(self.grey, limits=LIMITS).pixels)


class TestBrokenJpeg:
    grey = files.encoded(files.texture(), "jpeg")

    @pytest.mark.parametrize("frame", [0xC3, 0xC5, 0xC9, 0xCF])
    def test_rare_kinds_are_refused(self, frame):
        assert code_of(changed(self.grey, b"\xff\xc0", 1, frame)) == "unsupported_variant"

    def test_twelve_bits(self):
        assert code_of(changed(self.grey, b"\xff\xc0", 4, 12)) == "unsupported_variant"

    def test_no_height(self):
        data = changed(changed(self.grey, b"\xff\xc0", 5, 0), b"\xff\xc0", 6, 0)

        assert code_of(data) == "unsupported_variant"

    def test_two_channels(self):
        assert code_of(changed(self.grey, b"\xff\xc0", 9, 2)) == "unsupported_variant"

    def test_a_segment_that_runs_over_the_end(self):
        assert code_of(changed(self.grey, b"\xff\xdb", 2, 0xFF)) == "truncated"

    def test_junk_between_segments(self):
        at = self.grey.index(b"\xff\xdb")

        assert code_of(self.grey[:at] + b"junk" + self.grey[at:]) == "corrupt"

    def test_no_picture_at_all(self):
        assert code_of(b"\xff\xd8\xff\xd9") in ("truncated", "corrupt")

    def test_thousands_of_scans(self):
        data = files.encoded(files.texture(), "jpeg", progressive=True)
        at = data.index(b"\xff\xda")

        assert code_of(data[:-2] + (data[at : at + 10] + b"\x00") * 2000 + b"\xff\xd9") == "corrupt"

    def test_an_end_hidden_in_a_table_between_scans_is_not_the_end(self):
        data = files.encoded(files.colours(200, 200), "jpeg", progressive=True)
        at = data.rindex(b"\xff\xda")
        comment = b"\xff\xfe\x00\x06\xff\xd9\xff\xd9"

        image = decode(data[:at] + comment + data[at:], limits=LIMITS)

        assert np.array_equal(image.pixels, decode(data, limits=LIMITS).pixels)
        assert image.notes == ()
