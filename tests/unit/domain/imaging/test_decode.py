import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from domain.imaging.decode import DecodeLimits, ImageRefused, decode, inspect
from tests import image_files as files

LIMITS = DecodeLimits()


def refusal(data: bytes, *, limits: DecodeLimits = LIMITS) -> ImageRefused:
    with pytest.raises(ImageRefused) as refused:
        decode(data, limits=limits)
    assert len(refused.value.message) > 20
    return refused.value


class TestWhatIsTaken:
    @pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
    def test_colours_come_back_as_they_were(self, kind):
        pixels = files.colours()

        image = decode(files.encoded(pixels, kind, lossless=True), limits=LIMITS)

        assert np.array_equal(image.pixels, pixels)
        assert (image.format, image.bit_depth, image.width_px, image.height_px) == (kind, 8, 64, 48)

    @pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "jpeg"])
    def test_a_grey_file_stays_two_dimensional(self, kind):
        pixels = files.texture()

        image = decode(files.encoded(pixels, kind), limits=LIMITS)

        assert image.pixels.shape == (48, 64)
        assert np.abs(image.pixels.astype(int) - pixels).max() <= (8 if kind == "jpeg" else 0)

    @pytest.mark.parametrize("kind", ["png", "tiff"])
    def test_sixteen_bits_stay_sixteen_bits(self, kind):
        pixels = files.texture(dtype=np.uint16)

        image = decode(cv2.imencode("." + kind, pixels)[1].tobytes(), limits=LIMITS)

        assert image.bit_depth == 16
        assert np.array_equal(image.pixels, pixels)

    def test_red_is_red(self):
        pixels = np.zeros((4, 4, 3), np.uint8)
        pixels[..., 0] = 255

        for kind in ("png", "bmp", "tiff", "jpeg", "webp"):
            image = decode(files.encoded(pixels, kind, quality=100), limits=LIMITS)
            assert image.pixels[2, 2, 0] > 240, kind
            assert image.pixels[2, 2, 2] < 15, kind

    def test_the_name_of_a_format_is_its_content(self):
        assert inspect(files.encoded(files.texture(), "tiff"), limits=LIMITS).format == "tiff"


class TestAlpha:
    def test_opaque_pixels_keep_their_colour(self):
        pixels = np.dstack([files.colours(), np.full((48, 64), 255, np.uint8)])

        assert np.array_equal(decode(files.encoded(pixels, "png"), limits=LIMITS).pixels, pixels[..., :3])

    @pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
    def test_transparent_parts_become_black(self, kind):
        pixels = np.dstack([files.colours(), np.zeros((48, 64), np.uint8)])

        assert not decode(files.encoded(pixels, kind, lossless=True), limits=LIMITS).pixels.any()

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_half_of_the_colour_shines_through_half_of_the_alpha(self, dtype):
        full = np.iinfo(dtype).max
        pixels = np.full((2, 2, 4), full, dtype)
        pixels[..., 3] = full // 2

        image = decode(cv2.imencode(".png", pixels)[1].tobytes(), limits=LIMITS)

        assert image.pixels.tolist() == np.full((2, 2, 3), full // 2).tolist()


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
    def test_is_undone_as_everybody_undoes_it(self, tmp_path, kind, orientation):
        picture = Image.fromarray(files.colours())
        meta = Image.Exif()
        meta[274] = orientation
        path = tmp_path / f"turned.{kind}"
        picture.save(path, exif=meta, lossless=True, quality=95)
        with Image.open(path) as stored:
            expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))

        image = decode(path.read_bytes(), limits=LIMITS)

        assert image.orientation == orientation
        assert image.pixels.shape == expected.shape
        assert np.abs(image.pixels.astype(int) - expected).max() <= 2
        assert (image.width_px, image.height_px) == expected.shape[1::-1]

    def test_is_read_from_xmp_where_there_is_no_exif(self):
        xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
        data = files.jpeg_with(files.encoded(files.texture(), "jpeg"), 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)

        assert decode(data, limits=LIMITS).orientation == 6

    @pytest.mark.parametrize(
        "block",
        [
            b"",
            b"Exif\0\0",
            b"Exif\0\0II*\0",
            b"Exif\0\0" + files.exif(9),
            b"Exif\0\0" + files.exif(0),
            b"Exif\0\0II*\0\xff\xff\xff\xff",
            b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
            b"Exif\0\0" + b"\xff" * 200,
        ],
    )
    def test_broken_exif_is_no_orientation(self, block):
        data = files.jpeg_with(files.encoded(files.texture(), "jpeg"), 0xE1, block)

        assert decode(data, limits=LIMITS).orientation == 1


class TestLimits:
    def test_bytes(self):
        assert refusal(bytes(2000), limits=DecodeLimits(max_bytes=1000)).code == "too_large"

    def test_nothing(self):
        assert refusal(b"").code == "not_an_image"

    @pytest.mark.parametrize(
        ("case", "data"),
        [
            ("png", files.png(60_000, 60_000, b"\0")),
            ("png of one long row", files.png(1, 60_000, b"\0")),
            ("bmp", files.bmp(60_000, 60_000, 8, b"\0" * 64, palette=bytes(1024), compression=1)),
            ("tiff", files.tiff([b"\0" * 64], files.grey_tags(60_000, 60_000, t259=(5,)))),
        ],
    )
    def test_pixels_are_counted_before_they_are_decoded(self, case, data):
        assert refusal(data).code == "too_large"

    def test_a_jpeg_bomb(self):
        data = bytearray(files.encoded(files.texture(), "jpeg"))
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", 65_000, 65_000)

        assert refusal(bytes(data)).code == "too_large"

    def test_a_webp_bomb(self):
        data = files.webp_with_exif(
            files.encoded(files.texture(), "webp"), files.exif(1), width=16_000_000, height=16_000_000
        )

        assert refusal(data).code in ("too_large", "corrupt")

    def test_decoded_size_counts_depth_and_channels(self):
        data = cv2.imencode(".png", files.colours(dtype=np.uint16))[1].tobytes()

        assert refusal(data, limits=DecodeLimits(max_decoded_bytes=48 * 64 * 6 - 1)).code == "too_large"
        assert decode(data, limits=DecodeLimits(max_decoded_bytes=48 * 64 * 6)).bit_depth == 16

    def test_messages_say_the_limit(self):
        message = refusal(files.encoded(files.texture(), "png"), limits=DecodeLimits(max_side_px=50)).message

        assert "64 x 48" in message
        assert "50" in message

    def test_limits_must_allow_something(self):
        with pytest.raises(ValueError, match="above 0"):
            DecodeLimits(max_pixels=0)


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("start", "name"),
        [
            (b"%PDF-1.7\n", "PDF"),
            (b"GIF89a", "GIF"),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
            (b"8BPS\0\x01", "Photoshop"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x7fELF", "program"),
            (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
            (b"<svg onload=alert(1)>", "SVG"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"RIFF\0\0\0\0AVI LIST", "video"),
            (b"P5\n4 4\n255\n", "PNM"),
            (b"FileVersion 1 2;\n", "KLARF"),
            (b"lot,wafer\n1,2\n", "text"),
            (b"\0" * 600, "zeros"),
            (b"\x93\x01\x02\x03", "not an image Waferdeck reads"),
        ],
    )
    def test_are_named_and_refused(self, start, name):
        refused = refusal(start + (b"" if start.startswith((b"lot", b"\0\0\0\0")) else b"\0" * 300))

        assert refused.code in ("unsupported_format", "not_an_image")
        assert name in refused.message

    def test_a_name_hidden_in_an_image_changes_nothing(self):
        data = files.encoded(files.texture(), "png") + b"PK\x03\x04<html><script>"

        image = decode(data, limits=LIMITS)

        assert image.format == "png"
        assert "after the end of the image were ignored" in image.notes[0]


class TestIncompleteFiles:
    @pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.999])
    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "bmp", "tiff"])
    def test_are_refused_and_never_shown_half(self, kind, share):
        data = files.encoded(files.texture(200, 200), kind)

        assert refusal(data[: int(len(data) * share)]).code in ("truncated", "corrupt", "not_an_image")

    def test_library_complaints_are_listened_to(self):
        whole = files.encoded(files.texture(200, 200), "jpeg")
        heard = iter(["", "Corrupt JPEG data: premature end of data segment\n"])

        with pytest.raises(ImageRefused, match="part of the picture is missing"):
            decode(whole, limits=LIMITS, messages=lambda: next(heard))

    def test_words_about_an_earlier_image_are_forgotten(self):
        heard = iter(["Corrupt JPEG data: premature end of data segment\n", ""])

        decode(files.encoded(files.texture(), "jpeg"), limits=LIMITS, messages=lambda: next(heard))
