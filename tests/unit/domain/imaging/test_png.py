import itertools
import struct
import zlib

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


class TestKindsOfPng:
    @pytest.mark.parametrize("depth", [1, 2, 4, 8])
    def test_grey_of_few_bits_fills_the_range(self, depth):
        packed = bytes([0b11100100] * 8)
        data = files.png(8 * 8 // depth, 1, b"\0" + packed, depth=depth)

        pixels = decode(data, limits=LIMITS).pixels

        values = np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(-1, depth) @ (1 << np.arange(depth)[::-1])
        assert pixels[0].tolist() == (values * (255 // ((1 << depth) - 1))).tolist()

    @pytest.mark.parametrize("depth", [1, 2, 4, 8])
    def test_palette(self, depth):
        palette = bytes(itertools.chain.from_iterable((i * 7 % 256, i * 3 % 256, 255 - i) for i in range(1 << depth)))
        rows = b"\0" + bytes([0b00011011, 0b11100100])
        data = files.png(16 // depth, 1, rows, depth=depth, colour=3, before=files.chunk(b"PLTE", palette))

        pixels = decode(data, limits=LIMITS).pixels

        values = np.unpackbits(np.frombuffer(rows[1:], np.uint8)).reshape(-1, depth) @ (1 << np.arange(depth)[::-1])
        assert pixels[0].tolist() == np.frombuffer(palette, np.uint8).reshape(-1, 3)[values].tolist()

    def test_grey_with_alpha_is_grey_over_black(self):
        rows = files.png_rows(np.array([[[200, 255], [200, 0], [200, 51]]], np.uint8))

        assert decode(files.png(3, 1, rows, colour=4), limits=LIMITS).pixels.tolist() == [[200, 0, 40]]

    def test_transparent_grey_value(self):
        before = files.chunk(b"tRNS", struct.pack(">H", 7))

        image = decode(files.png(3, 1, b"\0\x05\x07\x09", before=before), limits=LIMITS)

        assert image.pixels.tolist() == [[5, 0, 9]]

    def test_transparent_palette_entry(self):
        before = files.chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60])) + files.chunk(b"tRNS", b"\xff\x00")

        image = decode(files.png(2, 1, b"\0\0\1", colour=3, before=before), limits=LIMITS)

        assert image.pixels.tolist() == [[[10, 20, 30], [0, 0, 0]]]

    def test_sixteen_bit_colours_with_alpha(self):
        rows = files.png_rows(np.array([[[1000, 2000, 3000, 65535]]], np.uint16))

        image = decode(files.png(1, 1, rows, depth=16, colour=6), limits=LIMITS)

        assert image.pixels.tolist() == [[[1000, 2000, 3000]]]

    def test_interlaced(self, tmp_path):
        # One pixel is the same interlaced or not; Pillow writes no interlaced files.
        assert decode(files.png(1, 1, b"\0\x80", interlace=1), limits=LIMITS).pixels.tolist() == [[128]]

    def test_an_animation_shows_its_still_image(self, tmp_path):
        frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (10, 200)]
        frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])

        image = decode((tmp_path / "moving.png").read_bytes(), limits=LIMITS)

        assert int(image.pixels.max()) == 10
        assert "animated" in image.notes[0]
        assert image.is_first_of_several


class TestBrokenPng:
    good = files.png(2, 2, b"\0\1\2\0\3\4")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("depth", 3),
            ("colour", 5),
            ("compression", 1),
            ("filter", 1),
            ("interlace", 2),
        ],
    )
    def test_header_of_no_image_there_is(self, field, value):
        header = bytearray(struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
        header[8 + ["depth", "colour", "compression", "filter", "interlace"].index(field)] = value
        data = files.PNG_SIGNATURE + files.chunk(b"IHDR", bytes(header)) + self.good[33:]

        assert code_of(data) == "corrupt"

    @pytest.mark.parametrize("size", [(0, 2), (2, 0), (1 << 31, 2)])
    def test_impossible_size(self, size):
        assert code_of(files.png(*size, b"\0")) == "corrupt"

    def test_header_with_a_wrong_check_sum(self):
        data = bytearray(self.good)
        data[30] ^= 1

        assert code_of(bytes(data)) == "corrupt"

    def test_image_data_with_a_wrong_check_sum(self):
        data = bytearray(self.good)
        data[-14] ^= 1

        assert code_of(bytes(data)) == "corrupt"

    def test_without_image_data(self):
        assert code_of(self.good.replace(self.good[33:-12], b"")) == "truncated"

    def test_without_end(self):
        assert code_of(self.good[:-12]) == "truncated"

    def test_too_few_rows(self):
        assert code_of(files.png(2, 2, b"\0\1\2")) in ("corrupt", "truncated")

    def test_a_profile_that_unpacks_without_end_is_not_looked_at(self):
        bomb = b"profile\0\0" + zlib.compress(bytes(50_000_000))

        image = decode(files.png(2, 1, b"\0\1\2", before=files.chunk(b"iCCP", bomb)), limits=LIMITS)

        assert image.pixels.tolist() == [[1, 2]]

    def test_a_damaged_profile_harms_nobody(self):
        wrong = bytearray(files.chunk(b"iCCP", b"profile\0\x07junk"))
        wrong[-1] ^= 1

        assert decode(files.png(2, 1, b"\0\1\2", before=bytes(wrong)), limits=LIMITS).pixels.tolist() == [[1, 2]]
