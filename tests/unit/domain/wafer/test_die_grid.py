import numpy as np
import pytest

from domain.wafer.die_grid import DieGrid, WaferShape, dies_on_wafer
from domain.wafer.zones import Zone, in_edge_exclusion, zones_of

WAFER = WaferShape(diameter_um=300_000, edge_exclusion_um=3_000)


class TestDieGrid:
    @pytest.mark.parametrize("pitch_um", [(0, 1), (1, -1), (float("inf"), 1)])
    def test_refuses_pitches_there_are_not(self, pitch_um):
        with pytest.raises(ValueError, match="die"):
            DieGrid(pitch_um=pitch_um, centre_um=(0, 0))


class TestWaferShape:
    @pytest.mark.parametrize("shape", [(0, 0), (100, 50), (100, -1), (float("nan"), 0)])
    def test_refuses_wafers_without_area(self, shape):
        with pytest.raises(ValueError, match="radius"):
            WaferShape(diameter_um=shape[0], edge_exclusion_um=shape[1])


class TestDiesOnWafer:
    def test_whole_dies_lie_inside_the_usable_radius(self):
        grid = DieGrid(pitch_um=(10_000, 7_000), centre_um=(5_000, 3_500))

        dies = dies_on_wafer(grid=grid, wafer=WAFER)
        low = dies * np.array(grid.pitch_um) - np.array(grid.centre_um)
        corners = np.concatenate([low + np.array(step) for step in ((0, 0), (10_000, 0), (0, 7_000), (10_000, 7_000))])

        assert np.hypot(*corners.T).max() <= WAFER.usable_radius_um
        assert 850 < len(dies) < 147_000**2 * np.pi / 70e6

    def test_a_grid_centred_on_a_die_is_symmetric(self):
        dies = dies_on_wafer(grid=DieGrid(pitch_um=(10_000, 7_000), centre_um=(5_000, 3_500)), wafer=WAFER)

        assert sorted(map(tuple, dies.tolist())) == sorted(map(tuple, (-dies).tolist()))

    def test_cut_dies_come_on_top(self):
        grid = DieGrid(pitch_um=(10_000, 7_000), centre_um=(0, 0))
        whole = {tuple(die) for die in dies_on_wafer(grid=grid, wafer=WAFER).tolist()}
        every = {tuple(die) for die in dies_on_wafer(grid=grid, wafer=WAFER, whole_only=False).tolist()}

        assert whole < every

    def test_a_die_larger_than_the_wafer(self):
        grid = DieGrid(pitch_um=(1e6, 1e6), centre_um=(5e5, 5e5))

        assert len(dies_on_wafer(grid=grid, wafer=WAFER)) == 0
        assert dies_on_wafer(grid=grid, wafer=WAFER, whole_only=False).tolist() == [[0, 0]]


class TestZones:
    @pytest.mark.parametrize(
        ("distance_um", "zone"),
        [
            (0, Zone.CENTRE),
            (84_000, Zone.CENTRE),
            (86_000, Zone.MIDDLE),
            (121_000, Zone.EDGE),
            (147_000, Zone.EDGE),
            (147_001, Zone.EXCLUSION),
            (150_000, Zone.EXCLUSION),
            (150_001, Zone.OUTSIDE),
        ],
    )
    def test_by_distance_from_the_centre(self, distance_um, zone):
        points_um = np.array([[distance_um, 0], [0, -distance_um]], float)

        assert zones_of(points_um, wafer=WAFER).tolist() == [zone, zone]

    def test_rings_catch_equally_many_random_points(self):
        rng = np.random.default_rng(0)
        points_um = rng.uniform(-150_000, 150_000, (60_000, 2))
        zones = zones_of(points_um, wafer=WAFER)
        counts = np.bincount(zones, minlength=5)[:3]

        assert np.ptp(counts) < 0.03 * counts.sum()

    def test_exclusion_is_beyond_the_usable_radius(self):
        assert in_edge_exclusion(np.array([[0.0, 0.0], [148_000.0, 0.0]]), wafer=WAFER).tolist() == [False, True]

    def test_names(self):
        assert Zone.EXCLUSION.label == "exclusion"
