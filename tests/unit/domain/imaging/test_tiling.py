import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.imaging.tiling import cut_tiles, plan_tiles

sides = st.integers(1, 3000)
tilings = st.tuples(st.integers(100, 600), st.floats(0, 0.8)).map(lambda pair: (pair[0], int(pair[0] * pair[1])))


class TestPlanTiles:
    @pytest.mark.parametrize(
        ("case", "size", "expected"),
        [
            ("an image of one tile is one tile", (512, 512), [[0, 0, 512, 512]]),
            ("a smaller image is one smaller tile", (100, 200), [[0, 0, 100, 200]]),
            ("neighbours overlap", (960, 512), [[0, 0, 512, 512], [448, 0, 512, 512]]),
            ("tiles are spread evenly", (1024, 512), [[0, 0, 512, 512], [256, 0, 512, 512], [512, 0, 512, 512]]),
        ],
    )
    def test_plans(self, case, size, expected):
        assert plan_tiles(*size, tile_px=512, overlap_px=64).tolist() == expected

    @given(sides, sides, tilings)
    def test_every_pixel_is_covered_and_every_tile_lies_inside(self, width, height, tiling):
        tile_px, overlap_px = tiling
        tiles = plan_tiles(width, height, tile_px=tile_px, overlap_px=overlap_px)

        for start, length, whole in ((0, 2, width), (1, 3, height)):
            spans = np.unique(tiles[:, [start, length]], axis=0)
            assert spans[0, 0] == 0
            assert spans[-1].sum() == whole
            assert (spans[1:, 0] <= spans[:-1].sum(axis=1) - overlap_px).all()
            assert (spans[:, 1] == min(whole, tile_px)).all()

    @given(sides, sides, tilings)
    def test_no_tile_is_there_twice(self, width, height, tiling):
        tiles = plan_tiles(width, height, tile_px=tiling[0], overlap_px=tiling[0] // 4)

        assert len(np.unique(tiles, axis=0)) == len(tiles)

    @pytest.mark.parametrize(
        "how",
        [
            {"width_px": 0, "height_px": 5, "tile_px": 8, "overlap_px": 0},
            {"width_px": 5, "height_px": 5, "tile_px": 8, "overlap_px": 8},
            {"width_px": 5, "height_px": 5, "tile_px": 8, "overlap_px": -1},
        ],
    )
    def test_refuses_what_cannot_be_tiled(self, how):
        with pytest.raises(ValueError, match="want"):
            plan_tiles(**how)


class TestCutTiles:
    def test_tiles_are_pieces_of_the_image(self):
        image = np.arange(40 * 50, dtype=np.uint16).reshape(40, 50).astype(np.uint8)
        tiles = plan_tiles(50, 40, tile_px=32, overlap_px=8)

        cut = cut_tiles(image, tiles, tile_px=32)

        assert cut.shape == (len(tiles), 1, 32, 32)
        for (x, y, w, h), tile in zip(tiles.tolist(), cut, strict=True):
            assert np.array_equal(tile[0, :h, :w], image[y : y + h, x : x + w])

    @pytest.mark.parametrize("size", [(1, 1), (5, 3), (31, 32)])
    def test_small_images_go_on_as_their_mirror(self, size):
        image = np.random.default_rng(0).integers(1, 255, size[::-1]).astype(np.uint8)

        tile = cut_tiles(image, plan_tiles(*size, tile_px=32, overlap_px=8), tile_px=32)[0, 0]

        assert tile[0, size[0] - 1] == tile[0, min(31, size[0])]
        assert tile.min() > 0

    def test_refuses_tiles_outside_the_image(self):
        with pytest.raises(ValueError, match="does not fit"):
            cut_tiles(np.zeros((10, 10), np.uint8), np.array([[5, 5, 10, 10]]), tile_px=16)
