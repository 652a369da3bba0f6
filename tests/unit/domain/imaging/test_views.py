import cv2
import numpy as np
import pytest

from domain.imaging import pyramid, quality
from domain.imaging.identity import pixel_sha256
from domain.imaging.thumbnail import shrunk, thumbnail_jpeg
from tests import image_files as files


def opened(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


class TestThumbnail:
    @pytest.mark.parametrize(
        ("shape", "expected"),
        [
            ((1000, 500), (256, 128)),
            ((500, 1000, 3), (128, 256, 3)),
            ((10, 20), (10, 20)),
            ((3000, 2), (256, 1)),
        ],
    )
    def test_fits_and_keeps_its_shape(self, shape, expected):
        assert opened(thumbnail_jpeg(np.zeros(shape, np.uint8), max_side_px=256)).shape == expected

    def test_shows_sixteen_bits_over_their_range(self):
        thumbnail = opened(thumbnail_jpeg(files.texture(dtype=np.uint16) >> 6, max_side_px=64))

        assert np.ptp(thumbnail) > 200

    def test_averages_instead_of_leaving_out(self):
        stripes = np.zeros((512, 512), np.uint8)
        stripes[:, ::2] = 255

        assert abs(int(shrunk(stripes, max_side_px=100).mean()) - 127) < 3

    def test_carries_no_metadata(self):
        assert b"Exif" not in thumbnail_jpeg(files.texture(), max_side_px=32)

    def test_refuses_no_size(self):
        with pytest.raises(ValueError, match="at least 1"):
            shrunk(files.texture(), max_side_px=0)


class TestPyramid:
    def test_levels_halve_down_to_one_pixel(self):
        assert pyramid.last_level(1000, 700) == 10
        assert [pyramid.level_size(1000, 700, level=level) for level in (10, 9, 1, 0)] == [
            (1000, 700),
            (500, 350),
            (2, 2),
            (1, 1),
        ]

    @pytest.mark.parametrize("level", range(10))
    def test_tiles_put_together_are_the_level(self, level):
        pixels = files.texture(300, 500)
        whole = pyramid.level_image(pixels, level=level)
        found = np.zeros_like(whole)
        columns, rows = pyramid.grid_size(500, 300, level=level, tile_px=128)
        for row in range(rows):
            for col in range(columns):
                left, top, right, bottom = pyramid.tile_box(500, 300, level=level, col=col, row=row, tile_px=128)
                tile = opened(pyramid.tile_png(pixels, level=level, col=col, row=row, tile_px=128))
                assert tile.shape == (bottom - top, right - left)
                found[top:bottom, left:right] = tile

        assert np.array_equal(found, whole)

    def test_neighbours_share_the_overlap(self):
        assert pyramid.tile_box(500, 300, level=9, col=1, row=0, tile_px=128, overlap_px=1) == (127, 0, 257, 129)

    def test_sixteen_bit_tiles_are_eight_bit_pictures(self):
        tile = opened(pyramid.tile_jpeg(files.texture(dtype=np.uint16), level=6, col=0, row=0))

        assert tile.dtype == np.uint8

    @pytest.mark.parametrize(
        "tile",
        [
            {"level": 99, "col": 0, "row": 0},
            {"level": 6, "col": 1, "row": 0},
            {"level": -1, "col": 0, "row": 0},
            {"level": 6, "col": 0, "row": -1},
        ],
    )
    def test_refuses_tiles_there_are_not(self, tile):
        with pytest.raises(ValueError, match="is not"):
            pyramid.tile_jpeg(files.texture(), **tile)

    def test_the_description_names_the_size(self):
        xml = pyramid.dzi_xml(500, 300)

        assert 'TileSize="256"' in xml
        assert '<Size Width="500" Height="300"/>' in xml


class TestQuality:
    def test_blur_is_seen(self):
        sharp = np.random.default_rng(0).integers(0, 255, (400, 400)).astype(np.uint8)
        soft = cv2.GaussianBlur(sharp, (0, 0), 3)

        assert quality.measure(soft)["blur"] < quality.measure(sharp)["blur"] / 20

    def test_exposure_and_clipping(self):
        half = np.zeros((300, 300), np.uint8)
        half[:, 150:] = 255

        assert quality.measure(half) == pytest.approx(
            {
                "exposure": 0.5,
                "contrast": 0.5,
                "saturation": 0.5,
                "darkness": 0.5,
                "blur": quality.measure(half)["blur"],
            },
            abs=0.01,
        )

    @pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (129, 127)])
    def test_any_shape_can_be_measured(self, shape):
        figures = quality.measure(np.full(shape, 51, np.uint8))

        assert figures["exposure"] == 0.2
        assert figures["blur"] == 0


class TestPixelDigest:
    def test_is_of_the_picture_and_not_of_the_file(self):
        pixels = files.texture()

        assert pixel_sha256(pixels) == pixel_sha256(np.asfortranarray(pixels))

    def test_knows_shape_and_depth(self):
        flat = np.zeros((4, 6), np.uint8)

        assert len({pixel_sha256(a) for a in (flat, flat.reshape(6, 4), np.zeros((4, 3), np.uint16))}) == 3
