import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from domain.imaging.decode import DecodeLimits, ImageRefused, decode
from tests import image_files as files

LIMITS = DecodeLimits()


def refusal(data: bytes) -> ImageRefused:
    with pytest.raises(ImageRefused) as refused:
        decode(data, limits=LIMITS)
    return refused.value


def page(pieces: list[bytes], tags: dict, **how) -> np.ndarray:
    return decode(files.tiff(pieces, tags, **how), limits=LIMITS).pixels


class TestDepths:
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("big", [False, True])
    def test_sixteen_bits_in_either_byte_order(self, order, big):
        pixels = files.texture(dtype=np.uint16)

        found = page([pixels.astype(order + "u2").tobytes()], files.grey_tags(64, 48, bits=16), order=order, big=big)

        assert found.dtype == np.uint16
        assert np.array_equal(found, pixels)

    @pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 7, 10, 12, 14])
    def test_odd_depths_fill_the_range(self, bits):
        values = np.arange(1 << bits)[-40:].reshape(2, -1)
        spread = (values[..., None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(2, -1)

        found = page([np.packbits(spread, axis=1).tobytes()], files.grey_tags(values.shape[1], 2, bits=bits))

        full = 255 if bits <= 8 else 65535
        assert found.tolist() == np.rint(values * (full / ((1 << bits) - 1))).astype(int).tolist()

    @pytest.mark.parametrize(
        ("case", "tags"),
        [
            ("32 bits", files.grey_tags(4, 4, bits=32)),
            ("64 bits", files.grey_tags(4, 4, bits=64)),
            ("signed", files.grey_tags(4, 4, t339=(2,))),
            ("floating", files.grey_tags(4, 4, bits=32, t339=(3,))),
            ("half precision", files.grey_tags(4, 4, bits=16, t339=(3,))),
            ("complex", files.grey_tags(4, 4, bits=64, t339=(6,))),
            ("channels of different depth", files.grey_tags(4, 4, samples=3, t258=(8, 8, 16), t262=(2,))),
        ],
    )
    def test_other_numbers_are_refused_by_name(self, case, tags):
        refused = refusal(files.tiff([bytes(512)], tags))

        assert refused.code == "unsupported_variant"
        assert "Save it as unsigned 8 or 16 bit" in refused.message


class TestMeaning:
    def test_white_is_zero(self):
        assert page([b"\0\1\xff"], files.grey_tags(3, 1, t262=(0,))).tolist() == [[255, 254, 0]]

    def test_white_is_zero_in_sixteen_bits(self):
        found = page([np.array([0, 1000], "<u2").tobytes()], files.grey_tags(2, 1, bits=16, t262=(0,)))

        assert found.tolist() == [[65535, 64535]]

    def test_palette_of_sixteen_bit_colours(self):
        palette = (*(256 * i for i in range(4)), *(512 * i for i in range(4)), *(768 * i for i in range(4)))

        found = page([b"\x1b"], files.grey_tags(4, 1, bits=2, t262=(3,), t320=palette))

        assert found.tolist() == [[[0, 0, 0], [1, 2, 3], [2, 4, 6], [3, 6, 9]]]

    def test_palette_of_colours_taken_for_bytes(self):
        palette = tuple(range(256)) * 3

        assert page([b"\5\xff"], files.grey_tags(2, 1, t262=(3,), t320=palette)).tolist() == [[5, 255]]

    def test_alpha_is_laid_over_black(self):
        tags = files.grey_tags(1, 1, samples=4, t262=(2,), t338=(2,))

        assert page([bytes([200, 100, 50, 51])], tags).tolist() == [[[40, 20, 10]]]

    def test_alpha_that_was_multiplied_is_not_multiplied_again(self):
        tags = files.grey_tags(1, 1, samples=4, t262=(2,), t338=(1,))

        assert page([bytes([40, 20, 10, 51])], tags).tolist() == [[[40, 20, 10]]]

    def test_grey_with_alpha(self):
        tags = files.grey_tags(2, 1, samples=2, t338=(2,))

        assert page([bytes([200, 51, 200, 255])], tags).tolist() == [[40, 200]]

    def test_further_channels_are_dropped_and_said(self):
        tags = files.grey_tags(1, 1, samples=5, t262=(2,), t338=(0, 0))

        image = decode(files.tiff([bytes([1, 2, 3, 4, 5])], tags), limits=LIMITS)

        assert image.pixels.tolist() == [[[1, 2, 3]]]
        assert "Further channels" in image.notes[0]

    @pytest.mark.parametrize(
        ("photometric", "name"), [(5, "CMYK"), (8, "CIE L\\*a\\*b"), (32803, "camera"), (77, "77")]
    )
    def test_other_colour_spaces_are_refused_by_name(self, photometric, name):
        data = files.tiff([bytes(64)], files.grey_tags(4, 4, samples=4, t262=(photometric,)))

        with pytest.raises(ImageRefused, match=name):
            decode(data, limits=LIMITS)


class TestPieces:
    pixels = files.colours(50, 70)

    def test_strips(self):
        tags = files.grey_tags(70, 50, samples=3, t262=(2,), t278=(16,))
        pieces = [self.pixels[top : top + 16].tobytes() for top in range(0, 50, 16)]

        assert np.array_equal(page(pieces, tags), self.pixels)

    def test_planes(self):
        tags = files.grey_tags(70, 50, samples=3, t262=(2,), t278=(16,), t284=(2,))
        pieces = [self.pixels[top : top + 16, :, plane].tobytes() for plane in range(3) for top in range(0, 50, 16)]

        assert np.array_equal(page(pieces, tags), self.pixels)

    @pytest.mark.parametrize("compression", [1, 8])
    def test_tiles(self, compression):
        tags = files.grey_tags(70, 50, samples=3, t262=(2,), t322=(32,), t323=(16,), t259=(compression,))
        padded = np.zeros((64, 96, 3), np.uint8)
        padded[:50, :70] = self.pixels
        pieces = [padded[y : y + 16, x : x + 32].tobytes() for y in range(0, 64, 16) for x in range(0, 96, 32)]
        if compression == 8:
            pieces = [zlib.compress(piece) for piece in pieces]

        assert np.array_equal(page(pieces, tags, tiled=True), self.pixels)

    @pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"])
    @pytest.mark.parametrize(
        "pixels", [files.texture(), files.texture(dtype=np.uint16), files.colours()], ids=["grey", "16 bit", "colour"]
    )
    def test_lossless_packings(self, compression, pixels):
        assert np.array_equal(
            decode(files.encoded(pixels, "tiff", compression=compression), limits=LIMITS).pixels, pixels
        )

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_differences_are_summed_up(self, dtype):
        pixels = files.colours(dtype=dtype)
        stored = pixels.copy()
        stored[:, 1:] = np.diff(pixels, axis=1)
        tags = files.grey_tags(64, 48, bits=stored.itemsize * 8, samples=3, t262=(2,), t259=(8,), t317=(2,))

        assert np.array_equal(page([zlib.compress(stored.tobytes())], tags), pixels)

    def test_mirrored_bits(self):
        assert page([b"\x01"], files.grey_tags(8, 1, bits=1, t266=(2,))).tolist() == [[255, *[0] * 7]]

    @pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
    def test_fax(self, tmp_path, compression):
        pattern = files.texture(100, 120) > 100
        Image.fromarray(pattern).save(tmp_path / "fax.tif", compression=compression)

        image = decode((tmp_path / "fax.tif").read_bytes(), limits=LIMITS)

        assert image.bit_depth == 1
        assert np.array_equal(image.pixels, pattern * np.uint8(255))

    @pytest.mark.parametrize("pixels", [files.texture(), files.colours()], ids=["grey", "colour"])
    def test_jpeg_inside(self, pixels):
        found = decode(files.encoded(pixels, "tiff", compression="jpeg", quality=95), limits=LIMITS).pixels

        assert found.shape == pixels.shape
        assert np.abs(found.astype(int) - pixels).mean() < 4

    @pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
    def test_jpeg_tiles_in_subsampled_colours(self, subsampling):
        pixels = cv2.GaussianBlur(files.colours(64, 96), (0, 0), 4)
        factor = {(1, 1): 0x111111, (2, 1): 0x211111, (2, 2): 0x221111}[subsampling]
        settings = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
        tiles = [pixels[y : y + 32, x : x + 48] for y in (0, 32) for x in (0, 48)]
        pieces = [cv2.imencode(".jpg", tile[..., ::-1], settings)[1].tobytes() for tile in tiles]
        tags = files.grey_tags(96, 64, samples=3, t262=(6,), t259=(7,), t322=(48,), t323=(32,), t530=subsampling)

        found = page(pieces, tags, tiled=True)

        assert np.abs(found.astype(int) - pixels).mean() < 4

    def test_only_the_first_page_is_shown(self, tmp_path):
        first, second = (Image.fromarray(files.texture(seed=seed)) for seed in (1, 2))
        first.save(tmp_path / "pages.tif", save_all=True, append_images=[second])

        image = decode((tmp_path / "pages.tif").read_bytes(), limits=LIMITS)

        assert np.array_equal(image.pixels, files.texture(seed=1))
        assert image.notes == ("This TIFF has 2 pages; only the first is shown.",)
        assert image.is_first_of_several

    def test_pages_that_run_in_a_circle(self):
        data = bytearray(files.tiff([b"\7"], files.grey_tags(1, 1)))
        at = int.from_bytes(data[4:8], "little")
        end = at + 2 + 12 * int.from_bytes(data[at : at + 2], "little")
        data[end : end + 4] = data[4:8]

        assert decode(bytes(data), limits=LIMITS).pixels.tolist() == [[7]]


class TestBrokenTiff:
    @pytest.mark.parametrize(
        ("case", "pieces", "tags", "code"),
        [
            ("a strip too short", [bytes(10)], files.grey_tags(4, 4), "truncated"),
            ("strips missing", [bytes(8)], files.grey_tags(4, 4, t278=(2,)), "corrupt"),
            ("packed data too short", [zlib.compress(bytes(10))], files.grey_tags(4, 4, t259=(8,)), "truncated"),
            ("packed data damaged", [b"\x07\x07junkjunk"], files.grey_tags(4, 4, t259=(8,)), "corrupt"),
            ("no width", [bytes(16)], files.grey_tags(0, 4), "corrupt"),
            ("no rows in a strip", [bytes(16)], files.grey_tags(4, 4, t278=(0,)), "corrupt"),
            ("thousands of samples", [bytes(16)], files.grey_tags(4, 4, t277=(65535,)), "corrupt"),
            ("colours in two samples", [bytes(32)], files.grey_tags(4, 4, samples=2, t262=(2,)), "corrupt"),
            ("a palette of another length", [bytes(16)], files.grey_tags(4, 4, t262=(3,), t320=(1, 2, 3)), "corrupt"),
            ("no palette", [bytes(16)], files.grey_tags(4, 4, t262=(3,)), "corrupt"),
            ("fax of grey values", [bytes(16)], files.grey_tags(4, 4, t259=(4,)), "corrupt"),
            ("old-style JPEG", [bytes(16)], files.grey_tags(4, 4, t259=(6,)), "unsupported_variant"),
            ("unknown packing", [bytes(16)], files.grey_tags(4, 4, t259=(999,)), "unsupported_variant"),
            (
                "floating-point differences",
                [bytes(16)],
                files.grey_tags(4, 4, t259=(5,), t317=(3,)),
                "unsupported_variant",
            ),
            (
                "tiles of gigabytes",
                [bytes(16)],
                files.grey_tags(4, 4, t259=(8,), t322=(60000,), t323=(60000,), t324=(8,), t325=(16,)),
                "unsupported_variant",
            ),
        ],
    )
    def test_is_refused(self, case, pieces, tags, code):
        assert refusal(files.tiff(pieces, tags)).code == code

    def test_a_packed_bomb_is_unpacked_no_further_than_its_image(self):
        bomb = zlib.compress(bytes(200_000_000))

        assert not page([bomb], files.grey_tags(4, 4, t259=(8,))).any()

    def test_lengths_written_wrong_do_not_matter_where_they_follow(self):
        data = files.tiff([bytes(range(16))], files.grey_tags(4, 4))
        wrong = data.replace(
            (279).to_bytes(2, "little") + b"\4\0\1\0\0\0\x10\0\0\0",
            (279).to_bytes(2, "little") + b"\4\0\1\0\0\0\xff\xff\xff\x7f",
        )

        assert wrong != data
        assert decode(wrong, limits=LIMITS).pixels.ravel().tolist() == list(range(16))

    @pytest.mark.parametrize("at", [0, 7, 1 << 20, (1 << 32) - 1])
    def test_a_directory_outside_the_file(self, at):
        assert refusal(b"II*\0" + at.to_bytes(4, "little") + bytes(64)).code == "corrupt"
