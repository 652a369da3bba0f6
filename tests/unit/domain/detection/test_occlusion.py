import numpy as np
import pytest

from domain.detection.occlusion import CELLS, covered, heat_of, scene_of, strengths, windows_of


class TestSceneOf:
    @pytest.mark.parametrize(
        ("case", "box_px", "tile_px", "region_px"),
        [
            ("in the middle", (500, 400, 20, 20), (254, 154, 512, 512), (220, 220, 72, 72)),
            ("in the corner it is moved inside", (0, 0, 20, 20), (0, 0, 512, 512), (0, 0, 72, 72)),
            ("three times a large box", (400, 300, 100, 40), (194, 64, 512, 512), (106, 106, 300, 300)),
            ("never more than the tile", (100, 100, 400, 400), (44, 44, 512, 512), (0, 0, 512, 512)),
        ],
    )
    def test_lies_around_the_box(self, case, box_px, tile_px, region_px):
        scene = scene_of(box_px, width_px=1024, height_px=1024, tile_px=512)

        assert (scene.tile_px, scene.region_px) == (tile_px, region_px)
        assert scene.box_px[:2] == (box_px[0] - tile_px[0], box_px[1] - tile_px[1])

    def test_a_small_image_is_its_own_tile(self):
        assert scene_of((10, 10, 5, 5), width_px=100, height_px=60, tile_px=512).tile_px == (0, 0, 100, 60)


def test_windows_cover_the_region_and_nothing_else():
    scene = scene_of((500, 400, 20, 20), width_px=1024, height_px=1024, tile_px=512)
    windows = windows_of(scene)

    assert windows.shape == (CELLS * CELLS, 4)
    assert windows[0].tolist() == [220, 220, 12, 12]
    assert windows[CELLS + 1].tolist() == [220, 220, 18, 18]
    ends = windows[:, :2] + windows[:, 2:]
    assert (windows[:, :2].min(), ends.max()) == (220, 292)


def test_what_is_covered_loses_its_spot_and_the_rest_stays():
    tile = np.full((64, 64), 100, np.uint8)
    tile[30:34, 30:34] = 255

    (copy,) = covered(tile, np.array([[24, 24, 16, 16]]))[:, 0]

    assert copy[30:34, 30:34].max() < 130
    assert (copy[:12] == 100).all()
    assert tile[31, 31] == 255, "the tile itself is left alone"


def test_strength_is_the_best_overlap_times_score_of_the_class():
    boxes = np.array([[[0, 0, 10, 10], [5, 0, 10, 10]], [[50, 50, 10, 10], [0, 0, 10, 10]]], float)
    chances = np.array([[[0.6, 0.9], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]], float)

    found = strengths(boxes, chances, box_px=np.array([0, 0, 10, 10], float), class_index=0)

    assert found.tolist() == pytest.approx([0.6, 0.0])


def test_heat_is_the_share_that_is_lost():
    left = np.full(CELLS * CELLS, 0.8)
    left[0], left[1] = 0.2, 1.0

    heat = heat_of(0.8, left)

    assert heat[0, :3].tolist() == pytest.approx([0.75, -0.25, 0.0])
    assert not heat_of(0.0, left).any()
