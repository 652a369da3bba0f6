import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.detection.merge import merge_across_seams
from domain.detection.suppress import suppress
from domain.detection.types import Detections
from domain.imaging.tiling import plan_tiles
from tests.detections import detections

TWO = plan_tiles(960, 512, tile_px=512, overlap_px=64)
"""Tiles 0..512 and 448..960."""
FOUR = plan_tiles(960, 960, tile_px=512, overlap_px=64)


def seen_by_tiles(box, tiles, *, least_px=2.0) -> Detections:
    """What tiles see of one box: to each its piece."""
    x, y, w, h = box
    pieces = []
    for tx, ty, tw, th in tiles.tolist():
        left, top = max(x, tx), max(y, ty)
        right, bottom = min(x + w, tx + tw), min(y + h, ty + th)
        if right - left >= least_px and bottom - top >= least_px:
            pieces.append([left, top, right - left, bottom - top])
    return detections(pieces)


class TestMergeAcrossSeams:
    def test_a_scratch_over_two_tiles_is_one_scratch(self):
        found = merge_across_seams(detections([[100, 200, 412, 12], [448, 203, 300, 12]]), tiles=TWO)

        assert found.boxes_px.tolist() == [[100, 200, 648, 15]]
        assert found.confidence.tolist() == pytest.approx([0.9])

    def test_a_crack_over_four_tiles_is_one_crack(self):
        found = merge_across_seams(seen_by_tiles((300, 300, 400, 400), FOUR), tiles=FOUR)

        assert found.boxes_px.tolist() == [[300, 300, 400, 400]]

    def test_a_scratch_over_many_tiles_is_one_scratch(self):
        tiles = plan_tiles(4000, 512, tile_px=512, overlap_px=64)

        found = merge_across_seams(seen_by_tiles((10, 100, 3900, 20), tiles), tiles=tiles)

        assert found.boxes_px.tolist() == [[10, 100, 3900, 20]]

    def test_the_most_confident_piece_speaks_for_all(self):
        pieces = detections([[100, 200, 412, 12], [448, 200, 300, 12]], confidence=[0.4, 0.8])

        assert merge_across_seams(pieces, tiles=TWO).confidence.tolist() == pytest.approx([0.8])

    def test_the_cut_half_of_something_another_tile_saw_whole_is_part_of_it(self):
        found = merge_across_seams(detections([[500, 100, 12, 30], [500, 100, 30, 30]]), tiles=TWO)

        assert found.boxes_px.tolist() == [[500, 100, 30, 30]]

    def test_two_tiles_that_guess_the_end_of_a_crack_differently_saw_one_crack(self):
        found = merge_across_seams(detections([[300, 100, 190, 80], [330, 110, 200, 120]]), tiles=TWO)

        assert found.boxes_px.tolist() == [[300, 100, 230, 130]]

    def test_half_a_crack_that_is_called_a_scratch_is_part_of_the_crack(self):
        crack_and_half = detections([[300, 100, 300, 80], [330, 110, 150, 60]], classes=[4, 0])
        crack_and_half.top3_class[:, 1] = [0, 4]

        found = merge_across_seams(crack_and_half, tiles=TWO)

        assert found.boxes_px.tolist() == [[300, 100, 300, 80]]
        assert found.class_index.tolist() == [4]

    def test_a_small_crack_within_the_wide_box_of_a_long_one_stays_a_crack(self):
        assert len(merge_across_seams(detections([[300, 10, 380, 390], [350, 300, 50, 28]]), tiles=TWO)) == 2

    def test_a_particle_on_a_stain_stays_a_particle(self):
        stain_and_particle = detections([[300, 100, 300, 80], [330, 110, 20, 20]], classes=[3, 1])
        stain_and_particle.top3_class[:, 1] = [5, 3]

        assert len(merge_across_seams(stain_and_particle, tiles=TWO)) == 2

    def test_what_one_tile_saw_is_left_as_it_is(self):
        one = plan_tiles(512, 512, tile_px=512, overlap_px=64)

        assert len(merge_across_seams(detections([[30, 10, 30, 30], [35, 12, 30, 30]]), tiles=one)) == 2

    @pytest.mark.parametrize(
        ("case", "boxes", "classes"),
        [
            ("of different classes", [[100, 200, 412, 12], [448, 200, 300, 12]], [0, 1]),
            ("at different heights", [[100, 200, 412, 12], [448, 300, 300, 12]], [0, 0]),
            ("that end before the seam", [[100, 200, 380, 12], [448, 200, 300, 12]], [0, 0]),
            ("that share less than half", [[100, 200, 50, 12], [130, 200, 50, 12]], [0, 0]),
            ("in the middle of a tile", [[100, 200, 50, 12], [150, 200, 50, 12]], [0, 0]),
            ("at the edge of the image", [[900, 100, 60, 12], [890, 300, 70, 12]], [0, 0]),
        ],
    )
    def test_boxes_stay_apart(self, case, boxes, classes):
        assert len(merge_across_seams(detections(boxes, classes=classes), tiles=TWO)) == 2

    def test_tiles_without_overlap_meet_too(self):
        tiles = plan_tiles(1024, 512, tile_px=512, overlap_px=0)

        found = merge_across_seams(detections([[100, 200, 412, 12], [512, 201, 100, 12]]), tiles=tiles)

        assert found.boxes_px.tolist() == [[100, 200, 512, 13]]

    def test_nothing_to_merge(self):
        assert len(merge_across_seams(Detections.empty(), tiles=TWO)) == 0
        assert len(merge_across_seams(detections([[1, 1, 5, 5]]), tiles=TWO)) == 1

    @given(
        st.integers(0, 1800),
        st.integers(0, 1800),
        st.integers(6, 1500),
        st.integers(6, 1500),
        st.sampled_from([32, 64, 128]),
    )
    def test_any_box_survives_being_tiled(self, x, y, w, h, overlap_px):
        w, h = min(w, 2000 - x), min(h, 2000 - y)
        if w < 6 or h < 6:
            return
        tiles = plan_tiles(2000, 2000, tile_px=512, overlap_px=overlap_px)

        found = suppress(merge_across_seams(seen_by_tiles((x, y, w, h), tiles), tiles=tiles), iou=0.5)

        assert found.boxes_px.tolist() == [[x, y, w, h]]

    @given(
        st.lists(
            st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(2, 60), st.integers(2, 60)), max_size=20
        )
    )
    def test_no_pixel_of_any_box_is_lost(self, boxes):
        every = detections(boxes)

        found = merge_across_seams(every, tiles=FOUR)

        low, high = found.boxes_px[:, :2], found.boxes_px[:, :2] + found.boxes_px[:, 2:]
        for box in every.boxes_px:
            inside = (low <= box[:2] + 0.01).all(axis=1) & (high >= box[:2] + box[2:] - 0.01).all(axis=1)
            assert inside.any()
        assert len(found) <= len(every)

    def test_input_is_not_changed(self):
        pieces = detections([[100, 200, 412, 12], [448, 203, 300, 12]])
        before = pieces.boxes_px.copy()

        merge_across_seams(pieces, tiles=TWO)

        assert np.array_equal(pieces.boxes_px, before)
