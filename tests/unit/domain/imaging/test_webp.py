import struct

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


def resized(data: bytes) -> bytes:
    """With a container that says it is as long as it is."""
    return b"RIFF" + struct.pack("<I", len(data) - 8) + data[8:]


class TestWebp:
    lossy = files.encoded(files.colours(), "webp", quality=95)

    def test_lossy(self):
        assert np.abs(decode(self.lossy, limits=LIMITS).pixels.astype(int) - files.colours()).mean() < 6

    def test_an_animation_shows_its_first_picture(self, tmp_path):
        frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (10, 200)]
        frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:], lossless=True)

        image = decode((tmp_path / "moving.webp").read_bytes(), limits=LIMITS)

        assert int(image.pixels.max()) == 10
        assert "animated" in image.notes[0]
        assert image.is_first_of_several

    def test_two_different_sizes(self):
        data = files.webp_with_exif(self.lossy, files.exif(1), width=65, height=48)

        assert code_of(data) == "corrupt"

    def test_a_picture_cut_short_in_a_whole_container(self):
        half = self.lossy[: len(self.lossy) // 2]
        data = half[:16] + struct.pack("<I", len(half) - 20) + half[20:]

        assert code_of(resized(data)) == "corrupt"

    def test_no_picture_in_it(self):
        assert code_of(resized(b"RIFF\0\0\0\0WEBPJUNK\4\0\0\0abcd")) == "truncated"

    def test_a_picture_without_header(self):
        assert code_of(resized(b"RIFF\0\0\0\0WEBPVP8 \4\0\0\0abcd")) == "corrupt"

    def test_bytes_behind_the_image_are_said(self):
        assert "ignored" in decode(self.lossy + b"<script>", limits=LIMITS).notes[0]
