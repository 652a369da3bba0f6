"""A scribble finds what it lies on, and is quick enough for a hand that waits."""

import math
import time

import numpy as np
import pytest

from domain.imaging.parts import cut_part
from domain.imaging.region import MOST_SIDE_PX, Frame, scribbled, shape_of, tapped
from domain.imaging.thumbnail import encode_jpeg
from domain.shapes.kinds import Mask, Polygon
from domain.shapes.raster import raster
from domain.shapes.said import fitted, read, write

WHOLE = Frame(0, 0, 1.0, 512, 512)


def stain(side=256, *, noise=8.0, hole=False):
    """A dark ellipse on grey ground, and where it is."""
    rng = np.random.default_rng(1)
    pixels = 120 + rng.normal(0, noise, (side, side))
    y, x = np.mgrid[:side, :side] + 0.5
    is_in = ((x - 0.5 * side) / (0.2 * side)) ** 2 + ((y - 0.5 * side) / (0.1 * side)) ** 2 < 1
    if hole:
        is_in &= ((x - 0.5 * side) ** 2 + (y - 0.5 * side) ** 2) > (0.06 * side) ** 2
    pixels[is_in] = 60 + rng.normal(0, noise, is_in.sum())
    return np.clip(pixels, 0, 255).astype(np.uint8), is_in


def same(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("noise", [0.0, 8.0])
class TestFinding:
    def test_by_a_tap_takes_what_is_as_bright_there(self, noise):
        pixels, is_in = stain(noise=noise)

        assert same(tapped(pixels, [(128.5, 128.5)], tolerance=26), is_in) > 0.95

    def test_by_a_scribble_takes_what_it_lies_on(self, noise):
        pixels, is_in = stain(noise=noise)

        assert same(scribbled(pixels, [(100, 128), (128, 124), (150, 130)], tolerance=26), is_in) > 0.95

    def test_gives_the_same_again(self, noise):
        pixels, _ = stain(noise=noise)
        first, again = (scribbled(pixels, [(100, 128), (150, 130)], tolerance=26) for _ in range(2))

        assert (first == again).all()


class TestFindingElsewhere:
    def test_at_the_edge_of_the_picture_is_no_fault(self):
        pixels, _ = stain(64)

        assert tapped(pixels, [(64.0, 64.0)], tolerance=5).any()
        assert scribbled(pixels, [(0.0, 0.0), (64.0, 64.0)], tolerance=5).any()

    def test_in_one_colour_takes_all_of_it(self):
        assert scribbled(np.full((40, 40), 90, np.uint8), [(3, 3), (20, 20)], tolerance=4).all()

    def test_is_quick_enough_for_a_hand_that_waits(self):
        pixels, _ = stain(MOST_SIDE_PX)
        scribbled(pixels, [(200, 256), (300, 260)], tolerance=26)

        started_s = time.thread_time()
        scribbled(pixels, [(200, 256), (300, 260)], tolerance=26)

        assert time.thread_time() - started_s < 0.3


class TestTheShape:
    def test_of_one_part_is_an_outline_that_can_be_edited(self):
        pixels, is_in = stain()

        shape = shape_of(tapped(pixels, [(128, 128)], tolerance=26), WHOLE)

        assert isinstance(shape, Polygon)
        assert len(shape.points_px) < 120
        assert same(raster(shape, (0, 0, 256, 256)), is_in) > 0.95

    def test_with_a_hole_is_painted_in_pixels_of_the_image(self):
        pixels, is_in = stain(hole=True)
        found = tapped(pixels, [(90, 128)], tolerance=26)

        shape = shape_of(found, Frame(1000, 500, 2.0, 4000, 4000))

        assert isinstance(shape, Mask)
        assert same(raster(shape, (1000, 500, 512, 512), step=2), is_in) > 0.9

    def test_of_nothing_is_none(self):
        assert shape_of(np.zeros((9, 9), bool), WHOLE) is None


def ragged(side=MOST_SIDE_PX):
    """A band from corner to corner, about a pixel wide, whose edges are all noise."""
    rng = np.random.default_rng(3)
    bits = np.zeros((side, side), bool)
    at = np.arange(side - 2)
    for off in range(2):
        bits[at + off, at + rng.integers(0, 2, at.size)] = True
        bits[at, at + off] = True
    return bits


def sponge(side=MOST_SIDE_PX):
    """All of a picture, full of holes."""
    bits = np.random.default_rng(4).random((side, side)) > 0.3
    bits[::16] = True
    return bits


def rings(side=MOST_SIDE_PX):
    """A frame with a hole: no outline says it."""
    bits = np.ones((side, side), bool)
    bits[side // 4 : side // 2, side // 4 : side // 2] = False
    return bits


class TestWhatIsProposed:
    """Whatever is found, what is proposed is taken when it is said."""

    @pytest.mark.parametrize(
        "bits", [ragged(), sponge(), rings(), np.ones((512, 512), bool)], ids=["ragged", "sponge", "rings", "all"]
    )
    @pytest.mark.parametrize("scale", [1.0, 3.017, 61.3])
    def test_can_be_said(self, bits, scale):
        size = {"width_px": math.floor(512 * scale), "height_px": math.floor(512 * scale)}

        shape = shape_of(bits, Frame(0, 0, scale, **size))

        assert fitted(read(write(shape)), **size)

    def test_is_quick_enough_of_noise_too(self):
        bits = np.random.default_rng(5).random((MOST_SIDE_PX, MOST_SIDE_PX)) > 0.5
        started_s = time.thread_time()
        shape_of(bits, WHOLE)
        assert time.thread_time() - started_s < 1.0

    def test_at_the_rim_lies_within_the_image(self):
        shape = shape_of(rings(64), Frame(100.4, 200.6, 1.0, 164, 264))

        assert isinstance(shape, Mask)
        assert fitted(shape, width_px=164, height_px=264)


class TestAPart:
    def test_is_put_together_from_tiles_at_their_size(self):
        whole = np.arange(64, dtype=np.uint8).reshape(1, 64).repeat(64, axis=0) * 3
        tiles = [(x, y, encode_jpeg(whole[y : y + 32, x : x + 32], 95)) for x in (0, 32) for y in (0, 32)]

        part = cut_part(tiles, (64, 64), left_px=40, top_px=20, side_px=60, step=2, most_px=512)

        assert (part.left_px, part.top_px, part.scale, part.pixels.shape) == (40, 20, 2.0, (30, 30))
        assert np.abs(part.pixels.astype(int) - whole[10:40, 20:50]).max() < 12

    def test_that_is_too_large_is_made_smaller(self):
        tile = encode_jpeg(np.full((100, 80), 7, np.uint8), 95)

        part = cut_part([(0, 0, tile)], (80, 100), left_px=0, top_px=0, side_px=100, step=1, most_px=50)

        assert (part.pixels.shape, part.scale) == ((50, 40), 2.0)


class TestAScribbleOfOnePlace:
    def test_finds_what_it_lies_on(self):
        pixels, is_in = stain()
        assert same(scribbled(pixels, [(128.5, 128.5)], tolerance=26), is_in) > 0.9

    def test_outside_of_the_picture_finds_nothing(self):
        pixels, _ = stain()
        assert not scribbled(pixels, [(900.0, 900.0)], tolerance=26).any()
