import struct

import numpy as np
import pytest

from domain.imaging.decode import DecodeLimits, ImageRefused, decode
from tests import image_files as files

LIMITS = DecodeLimits()
GREYS = b"".join(bytes([level, level, level, 0]) for level in range(256))


def code_of(data: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        decode(data, limits=LIMITS)
    return refused.value.code


def pixels_of(data: bytes) -> list:
    return decode(data, limits=LIMITS).pixels.tolist()


class TestKindsOfBmp:
    def test_rows_are_stored_from_the_bottom(self):
        assert pixels_of(files.bmp(1, 2, 8, b"\1\0\0\0\2\0\0\0", palette=GREYS)) == [[2], [1]]

    def test_rows_are_stored_from_the_top_when_the_height_is_negative(self):
        assert pixels_of(files.bmp(1, -2, 8, b"\1\0\0\0\2\0\0\0", palette=GREYS)) == [[1], [2]]

    def test_one_bit(self):
        palette = bytes([255, 255, 255, 0, 0, 0, 0, 0])

        assert pixels_of(files.bmp(8, 1, 1, b"\xa5\0\0\0", palette=palette)) == [[0, 255, 0, 255, 255, 0, 255, 0]]

    def test_four_bits(self):
        palette = b"".join(bytes([index, 2 * index, 3 * index, 0]) for index in range(16))

        assert pixels_of(files.bmp(3, 1, 4, b"\x1f\x20\0\0", palette=palette)) == [[[3, 2, 1], [45, 30, 15], [6, 4, 2]]]

    def test_twenty_four_bits_are_blue_green_red(self):
        assert pixels_of(files.bmp(1, 1, 24, b"\1\2\3\0")) == [[[3, 2, 1]]]

    def test_the_fourth_byte_is_not_alpha(self):
        assert pixels_of(files.bmp(1, 1, 32, b"\1\2\3\0")) == [[[3, 2, 1]]]

    def test_sixteen_bits(self):
        assert pixels_of(files.bmp(1, 1, 16, struct.pack("<HH", 0b0_11111_00000_10000, 0))) == [[[255, 0, 132]]]

    def test_colours_where_the_masks_say(self):
        masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)

        assert pixels_of(files.bmp(1, 1, 16, struct.pack("<HH", 0x07E0, 0), compression=3, masks=masks)) == [
            [[0, 255, 0]]
        ]

    def test_os2_header(self):
        header = struct.pack("<IHHHH", 12, 2, 1, 1, 8)
        palette = b"".join(bytes([i, i, i]) for i in range(256))
        at = 14 + 12 + len(palette)
        data = b"BM" + struct.pack("<IHHI", at + 4, 0, 0, at) + header + palette + b"\7\10\0\0"

        assert pixels_of(data) == [[7, 8]]

    def test_run_lengths(self):
        packed = b"\3\7\1\11\0\0" + b"\4\5\0\0" + b"\0\1"

        assert pixels_of(files.bmp(4, 2, 8, packed, palette=GREYS, compression=1)) == [[5] * 4, [7, 7, 7, 9]]

    def test_run_lengths_of_four_bits(self):
        packed = b"\5\x12\0\0" + b"\0\5\x34\x56\x70\0" + b"\0\1"
        found = pixels_of(files.bmp(5, 2, 4, packed, palette=GREYS[:64], compression=2))

        assert found == [[3, 4, 5, 6, 7], [1, 2, 1, 2, 1]]

    def test_what_runs_leave_out_has_the_first_colour(self):
        packed = b"\1\7\0\2\1\1\2\x08\0\1"

        assert pixels_of(files.bmp(4, 2, 8, packed, palette=GREYS, compression=1)) == [[0, 0, 8, 8], [7, 0, 0, 0]]

    def test_a_palette_longer_than_it_can_be_used(self):
        data = files.bmp(1, 1, 8, b"\5\0\0\0", palette=GREYS + bytes(176), colours_used=300)

        assert pixels_of(data) == [[5]]

    def test_a_grey_palette_is_a_grey_image(self):
        assert decode(files.bmp(2, 1, 8, b"\1\2\0\0", palette=GREYS), limits=LIMITS).pixels.ndim == 2


class TestBrokenBmp:
    @pytest.mark.parametrize(
        ("case", "data", "code"),
        [
            ("no width", files.bmp(0, 1, 24, b"\0" * 4), "corrupt"),
            ("negative width", files.bmp(-1, 1, 24, b"\0" * 4), "corrupt"),
            ("rows missing", files.bmp(4, 4, 24, b"\0" * 20), "truncated"),
            ("seven bits", files.bmp(1, 1, 7, b"\0" * 4, palette=GREYS), "unsupported_variant"),
            ("a JPEG inside", files.bmp(1, 1, 24, b"\0" * 4, compression=4), "unsupported_variant"),
            ("no palette", files.bmp(1, 1, 8, b""), "corrupt"),
            (
                "a colour the palette has not",
                files.bmp(1, 1, 8, b"\5\0\0\0", palette=GREYS[:8], colours_used=2),
                "corrupt",
            ),
            ("a palette of millions", files.bmp(1, 1, 8, b"\0" * 4, palette=GREYS, colours_used=1 << 30), "corrupt"),
            (
                "masks that overlap",
                files.bmp(1, 1, 16, b"\0" * 4, compression=3, masks=struct.pack("<III", 7, 7, 7)),
                "corrupt",
            ),
            (
                "masks with holes",
                files.bmp(1, 1, 16, b"\0" * 4, compression=3, masks=struct.pack("<III", 5, 8, 16)),
                "corrupt",
            ),
        ],
    )
    def test_is_refused(self, case, data, code):
        assert code_of(data) == code

    @pytest.mark.parametrize(
        ("case", "packed", "code"),
        [
            ("a run over the edge", b"\5\1\0\1", "corrupt"),
            ("pixels over the edge", b"\0\5\1\2\3\4\5\0\0\1", "corrupt"),
            ("a row too many", b"\0\0\0\0\1\1\0\1", "corrupt"),
            ("a jump outside", b"\0\2\0\7\1\1\0\1", "corrupt"),
            ("no end", b"\4\1", "truncated"),
            ("half a jump", b"\0\2\1", "truncated"),
            ("half a row of pixels", b"\0\4\1\2", "truncated"),
        ],
    )
    def test_runs_that_lead_astray_are_refused(self, case, packed, code):
        assert code_of(files.bmp(4, 2, 8, packed, palette=GREYS, compression=1)) == code

    def test_an_unknown_header(self):
        data = bytearray(files.bmp(1, 1, 24, b"\0" * 4))
        data[14] = 42

        assert code_of(bytes(data)) == "corrupt"

    def test_texture_comes_back(self):
        pixels = files.colours()

        assert np.array_equal(decode(files.encoded(pixels, "bmp"), limits=LIMITS).pixels, pixels)
