"""Shapes: read strictly, measured by their pixels, and the same after every way there and back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain.shapes.kinds import Mask, Point, Polygon, Rotated, Tag, Upright
from domain.shapes.measure import area_of, bbox_of, iou, sameness
from domain.shapes.outline import outline_of, rings_of, simplified
from domain.shapes.raster import filled, raster
from domain.shapes.runs import bits_of, decode, encode, mask_of, whole_counts
from domain.shapes.said import MOST_POINTS, MOST_RUNS, ShapeFault, crosses, fitted, read, restored, write

SIZE = {"width_px": 64, "height_px": 48}
SQUARE = {"kind": "polygon", "points_px": [[2, 2], [10, 2], [10, 8], [2, 8]]}
MASK = {"kind": "mask", "bbox_px": [4, 5, 2, 3], "counts": [1, 4, 1]}
SHAPES = [
    {"kind": "box", "bbox_px": [1.5, 2.0, 3.0, 4.0]},
    {"kind": "rotated", "center_px": [20.0, 20.0], "size_px": [12.0, 4.0], "angle_deg": 30.0},
    {"kind": "polygon", "points_px": [[2.0, 2.0], [10.0, 2.0], [10.0, 8.0]]},
    {"kind": "mask", "bbox_px": [4, 5, 2, 3], "counts": [1, 4, 1]},
    {"kind": "point", "at_px": [7.25, 8.5]},
    {"kind": "tag"},
]
bitmaps = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def any_cross(points):
    """Side by side."""
    sides = list(zip(points, np.roll(points, -1, axis=0), strict=True))

    def parts(start, end, before, after):
        way = end - start
        turns = [way[0] * (at - start)[1] - way[1] * (at - start)[0] for at in (before, after)]
        return turns[0] * turns[1] < 0

    return any(parts(*one, *other) and parts(*other, *one) for one in sides for other in sides)


class TestReading:
    @pytest.mark.parametrize("said", SHAPES, ids=lambda said: said["kind"])
    def test_gives_back_what_was_written(self, said):
        assert write(read(said)) == said
        assert fitted(read(said), **SIZE)

    @pytest.mark.parametrize("said", SHAPES, ids=lambda said: said["kind"])
    def test_restores_what_it_has_written(self, said):
        assert restored(write(read(said))) == read(said)

    def test_restores_without_looking_at_it_again(self):
        """Comparing every side with every other takes longer than all else that is done while a task is locked."""
        crossing = {"kind": "polygon", "points_px": [[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 5.0]]}
        assert write(restored(crossing)) == crossing

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ([], "object"),
            ({}, "no kind"),
            ({"kind": ["box"]}, "no kind"),
            ({"kind": "circle"}, "Known: box"),
            ({"kind": "tag", "bbox_px": [0, 0, 1, 1]}, "nothing else"),
            ({"kind": "box", "bbox_px": [0, 0, 1]}, "4 numbers"),
            ({"kind": "box", "bbox_px": [0, 0, 0.5, 3]}, "at least a pixel"),
            ({"kind": "box", "bbox_px": [0, 0, math.nan, 3]}, "a number"),
            ({"kind": "point", "at_px": [True, 1]}, "a number"),
            ({"kind": "point", "at_px": [1e9, 1]}, "not between"),
            ({"kind": "point", "at_px": [10**400, 1]}, "not between"),
            ({"kind": "point", "at_px": [math.inf, 1]}, "not between"),
            ({"kind": "rotated", "center_px": [1, 1], "size_px": [3, 3], "angle_deg": 1e3}, "not between"),
            ({"kind": "polygon", "points_px": [[1, 1], [2, 2]]}, "3 to"),
            ({"kind": "polygon", "points_px": [[at, at % 2] for at in range(MOST_POINTS + 1)]}, "3 to"),
            ({"kind": "polygon", "points_px": [[1, 1], [5, 5], [9, 9]]}, "less than a pixel"),
            ({"kind": "polygon", "points_px": [[0, 0], [9, 9], [9, 0], [0, 5]]}, "cross"),
            (MASK | {"bbox_px": [4.5, 5, 2, 3]}, "whole numbers"),
            (MASK | {"bbox_px": [0, 0, 5000, 5000]}, "at most"),
            (MASK | {"bbox_px": [4, 5, 2049, 2048], "counts": [0, 2049 * 2048]}, "at most"),
            (MASK | {"bbox_px": [4, 5, -2, -3]}, "at least a pixel"),
            (MASK | {"bbox_px": [4, 5, 0, 0], "counts": [0, 0]}, "at least a pixel"),
            (MASK | {"counts": [6]}, "run lengths"),
            (MASK | {"counts": [1] * (MOST_RUNS + 1)}, "run lengths"),
            (MASK | {"counts": [1, 2, 1, 2.0]}, "whole numbers"),
            (MASK | {"counts": [1, 2, 1, 3]}, "6 pixels together"),
            (MASK | {"counts": [1, 2, 0, 3]}, "only the first"),
            (MASK | {"counts": [-1, 7]}, "only the first"),
            (MASK | {"counts": [3, 3]}, "larger than what is painted"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_says_what_is_wrong(self, said, why):
        with pytest.raises(ShapeFault, match=why):
            read(said)

    @pytest.mark.parametrize(
        "said",
        [
            {"kind": "box", "bbox_px": [60, 0, 5, 5]},
            {"kind": "point", "at_px": [-1, 3]},
            {"kind": "polygon", "points_px": [[60, 40], [70, 40], [60, 47]]},
            MASK | {"bbox_px": [63, 0, 2, 3]},
            {"kind": "rotated", "center_px": [70, 3], "size_px": [4, 4], "angle_deg": 0},
            {"kind": "rotated", "center_px": [0, 20], "size_px": [1, 9], "angle_deg": 0},
        ],
        ids=lambda said: said["kind"],
    )
    def test_refuses_what_is_not_in_the_image(self, said):
        with pytest.raises(ShapeFault, match="image"):
            fitted(read(said), **SIZE)

    def test_lets_a_turned_box_reach_over_the_edge_and_cuts_the_box_around_it(self):
        shape = fitted(Rotated((2.0, 20.0), (12.0, 4.0), 90.0), **SIZE)

        assert bbox_of(shape, **SIZE) == pytest.approx((0, 14, 4, 12))

    def test_sides_that_touch_do_not_cross(self):
        assert not crosses(((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)))

    def test_is_asked_of_every_two_sides(self):
        """Of those alone whose boxes meet, which must not miss any."""
        rng = np.random.default_rng(4)
        outlines = [rng.integers(0, most, (count, 2)) for most in (3, 9, 99) for count in (3, 5, 9) for _ in range(60)]
        found = [(crosses(tuple(map(tuple, points.tolist()))), any_cross(points)) for points in outlines]

        assert {one for one, _ in found} == {True, False}
        assert all(one == other for one, other in found)


class TestRuns:
    @settings(max_examples=60, deadline=None)
    @given(bits=bitmaps)
    def test_are_the_same_pixels_again(self, bits):
        height, width = bits.shape
        assert (decode(encode(bits), width=width, height=height) == bits).all()

    @settings(max_examples=60, deadline=None)
    @given(bits=bitmaps, left=st.integers(0, 5), top=st.integers(0, 5))
    def test_of_a_mask_are_tight_and_can_be_spread_over_the_image(self, bits, left, top):
        mask = mask_of(bits, left=left, top=top)
        if mask is None:
            assert not bits.any()
            return
        assert read(write(mask)) == mask
        whole = np.zeros((20, 18), bool)
        whole[top : top + bits.shape[0], left : left + bits.shape[1]] = bits
        counts = whole_counts(mask, width_px=18, height_px=20)
        assert (decode(counts, width=18, height=20) == whole).all()
        assert min(counts[1:]) > 0

    def test_that_are_too_short_are_refused(self):
        with pytest.raises(ValueError, match="runs of 5"):
            decode([2, 3], width=2, height=3)


class TestPixels:
    def test_of_a_box_and_of_its_outline_are_the_same(self):
        outline = Polygon(((2, 2), (10, 2), (10, 8), (2, 8)))

        assert iou(Upright((2, 2, 8, 6)), outline) == 1.0
        assert area_of(outline) == 48

    def test_of_a_box_that_is_turned_by_a_right_angle_are_those_of_one_that_is_not(self):
        assert iou(Rotated((20.0, 20.0), (12.0, 4.0), 90.0), Upright((18, 14, 4, 12))) == 1.0

    def test_of_a_slanted_box_are_as_many_as_its_area(self):
        shape = Rotated((32.0, 24.0), (30.0, 10.0), 30.0)

        assert raster(shape, (0, 0, 64, 48)).sum() == pytest.approx(300, rel=0.03)

    def test_of_very_large_shapes_are_looked_at_here_and_there(self):
        one, other = Upright((0, 0, 8000, 8000)), Upright((4000, 0, 8000, 8000))

        assert iou(one, other) == pytest.approx(1 / 3, abs=0.01)

    def test_of_a_hand_drawn_mask_are_where_they_were_painted(self):
        mask = mask_of(np.array([[1, 0], [1, 1]], bool), left=3, top=4)

        assert np.argwhere(raster(mask, (0, 0, 8, 8))).tolist() == [[4, 3], [5, 3], [5, 4]]
        assert area_of(mask) == 3


class TestSameness:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            (Point((10.0, 10.0)), Point((14.0, 13.0)), 1.0),
            (Point((10.0, 10.0)), Point((30.0, 10.0)), 0.0),
            (Point((12.0, 12.0)), Upright((10, 10, 5, 5)), 1.0),
            (Point((40.0, 40.0)), Upright((10, 10, 5, 5)), 0.0),
            (Tag(), Upright((10, 10, 5, 5)), 1.0),
            (Upright((0, 0, 10, 10)), Upright((0, 5, 10, 10)), pytest.approx(1 / 3)),
        ],
        ids=str,
    )
    def test_is_what_both_say_of_the_place(self, one, other, same):
        assert sameness(one, other) == same
        assert sameness(other, one) == same

    def test_of_two_outlines_is_not_that_of_the_boxes_around_them(self):
        low = Polygon(((0, 0), (20, 20), (0, 20)))
        high = Polygon(((0, 0), (20, 0), (20, 20)))

        assert bbox_of(low, **SIZE) == bbox_of(high, **SIZE)
        assert sameness(low, high) < 0.1


class TestOutlines:
    @settings(max_examples=80, deadline=None)
    @given(bits=bitmaps)
    def test_filled_again_are_the_same_pixels(self, bits):
        height, width = bits.shape
        again = np.zeros_like(bits)
        for ring in rings_of(bits):
            again ^= filled([ring], (0, 0, width, height))
        assert (again == bits).all()
        assert not any(crosses(tuple(ring)) for ring in rings_of(bits))

    def test_of_one_part_is_the_whole_of_it(self):
        mask = mask_of(np.array([[0, 1, 1], [1, 1, 0]], bool), left=5, top=6)

        points, is_whole = outline_of(mask)

        assert is_whole
        assert iou(Polygon(tuple(points)), mask) == 1.0

    def test_of_one_with_a_hole_is_not(self):
        ring = np.ones((5, 5), bool)
        ring[2, 2] = False

        points, is_whole = outline_of(mask_of(ring))

        assert (len(points), is_whole) == (4, False)

    def test_with_fewer_points_stay_near(self):
        turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
        circle = [(32 + 20 * math.cos(turn), 24 + 20 * math.sin(turn)) for turn in turns]

        few = simplified(circle, within_px=0.5)

        assert 8 <= len(few) < 40
        assert iou(Polygon(tuple(few)), Polygon(tuple(circle))) > 0.95

    def test_of_three_points_keep_all_three(self):
        assert simplified([(0, 0), (5, 0), (0, 5)], within_px=100) == [(0, 0), (5, 0), (0, 5)]


def test_a_mask_gives_back_its_pixels():
    assert bits_of(Mask((0, 0, 2, 2), (0, 1, 2, 1))).tolist() == [[True, False], [False, True]]


def test_the_pixel_of_a_point_on_the_rim_is_in_the_image():
    for place in ((-0.005, -0.005), (64.005, 48.005)):
        left, top, width, height = bbox_of(Point(place), **SIZE)
        assert left >= 0 and top >= 0 and left + width <= 64 and top + height <= 48


class TestWithoutTheMiddleOfAPixel:
    SLIVER = Polygon(((10.6, 2.0), (11.4, 2.0), (11.4, 9.0), (10.6, 9.0)))

    def test_a_shape_is_the_same_as_itself(self):
        assert sameness(self.SLIVER, self.SLIVER) == 1.0

    def test_others_share_what_their_boxes_share(self):
        lower = Polygon(tuple((x, y + 3.5) for x, y in self.SLIVER.points_px))
        assert sameness(self.SLIVER, lower) == pytest.approx(1 / 3)
