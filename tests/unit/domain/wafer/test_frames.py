import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wafer.die_grid import DieGrid, WaferShape
from domain.wafer.frames import (
    die_to_wafer_um,
    dies_or_none,
    image_px_to_wafer_um,
    wafer_um_to_die,
    wafer_um_to_die_offset_um,
    wafer_um_to_image_px,
)

GRID = DieGrid(pitch_um=(8000.0, 6000.0), centre_um=(4000.0, 3000.0))
coordinates = st.floats(-150_000, 150_000)


class TestDieToWaferUm:
    @pytest.mark.parametrize(
        ("case", "offset_um", "die", "expected_um"),
        [
            ("middle of die (0, 0) is the wafer centre", (4000, 3000), (0, 0), (0, 0)),
            ("one column right is one pitch in x", (4000, 3000), (1, 0), (8000, 0)),
            ("dies left of and below the first are negative", (0, 0), (-1, -1), (-12000, -9000)),
        ],
    )
    def test_places(self, case, offset_um, die, expected_um):
        placed_um = die_to_wafer_um(np.array([offset_um], float), np.array([die]), GRID)

        assert placed_um.tolist() == [list(expected_um)]

    def test_refuses_arrays_that_do_not_pair_up(self):
        with pytest.raises(ValueError, match=r"\(3, 2\) and \(2, 2\)"):
            die_to_wafer_um(np.zeros((3, 2)), np.zeros((2, 2), int), GRID)


class TestWaferUmToDie:
    @pytest.mark.parametrize(
        ("case", "point_um", "die"),
        [
            ("the centre lies in die (0, 0)", (0, 0), (0, 0)),
            ("a border belongs to the die on its right", (4000, 0), (1, 0)),
            ("a border belongs to the die above it", (0, 3000), (0, 1)),
            ("just left of a border", (-4000.001, 0), (-1, 0)),
            ("far below", (0, -9000.5), (0, -2)),
        ],
    )
    def test_finds(self, case, point_um, die):
        assert wafer_um_to_die(np.array([point_um], float), grid=GRID).tolist() == [list(die)]

    @given(coordinates, coordinates)
    def test_there_and_back(self, x, y):
        point_um = np.array([[x, y]])
        dies = wafer_um_to_die(point_um, grid=GRID)
        offsets_um = wafer_um_to_die_offset_um(point_um, grid=GRID)

        assert np.allclose(die_to_wafer_um(offsets_um, dies, GRID), point_um, atol=1e-6)
        assert (offsets_um >= 0).all()
        assert (offsets_um <= np.array(GRID.pitch_um)).all()

    def test_outside_the_wafer_there_is_no_die(self):
        points_um = np.array([[0.0, 0.0], [149_999.0, 0.0], [120_000.0, 120_000.0]])

        assert dies_or_none(points_um, grid=GRID, wafer=WaferShape(diameter_um=300_000)) == [(0, 0), (19, 0), None]

    def test_no_points(self):
        assert wafer_um_to_die(np.zeros((0, 2)), grid=GRID).shape == (0, 2)


class TestImagePxToWaferUm:
    @pytest.mark.parametrize(
        ("case", "point_px", "expected_um"),
        [
            ("the top left corner is the origin", (0, 0), (-1000, 2000)),
            ("right in the image is right on the wafer", (10, 0), (-995, 2000)),
            ("down in the image is down on the wafer", (0, 10), (-1000, 1995)),
        ],
    )
    def test_places(self, case, point_px, expected_um):
        placed_um = image_px_to_wafer_um(np.array([point_px]), origin_um=(-1000, 2000), pixel_um=0.5)

        assert placed_um.tolist() == [list(expected_um)]

    @given(coordinates, coordinates, coordinates, coordinates, st.floats(0.01, 100))
    def test_there_and_back(self, x, y, origin_x, origin_y, pixel_um):
        where = {"origin_um": (origin_x, origin_y), "pixel_um": pixel_um}
        points_px = np.array([[x, y]])

        back_px = wafer_um_to_image_px(image_px_to_wafer_um(points_px, **where), **where)

        assert np.allclose(back_px, points_px, rtol=1e-6, atol=1e-3)

    @pytest.mark.parametrize("pixel_um", [0, -1, float("nan"), float("inf")])
    def test_refuses_no_pixel_size(self, pixel_um):
        with pytest.raises(ValueError, match="above 0"):
            image_px_to_wafer_um(np.zeros((1, 2)), origin_um=(0, 0), pixel_um=pixel_um)

    def test_refuses_other_shapes(self):
        with pytest.raises(ValueError, match=r"\(N, 2\)"):
            image_px_to_wafer_um(np.zeros((1, 3)), origin_um=(0, 0), pixel_um=1)
