import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.detection.boxes import pairwise_iou
from domain.detection.filter import apply_thresholds, most_confident
from domain.detection.suppress import suppress
from tests.detections import detections

boxes = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(1, 50), st.floats(1, 50)), min_size=0, max_size=30
)


class TestSuppress:
    def test_the_most_confident_of_duplicates_stays(self):
        found = suppress(detections([[0, 0, 10, 10], [1, 0, 10, 10]], confidence=[0.6, 0.8]), iou=0.5)

        assert found.boxes_px.tolist() == [[1, 0, 10, 10]]

    def test_neighbours_that_hardly_touch_both_stay(self):
        assert len(suppress(detections([[0, 0, 10, 10], [8, 0, 10, 10]]), iou=0.5)) == 2

    def test_classes_do_not_suppress_each_other(self):
        two = detections([[0, 0, 10, 10], [0, 0, 10, 10]], classes=[0, 1])

        assert len(suppress(two, iou=0.5)) == 2

    def test_classes_suppress_each_other_where_that_is_asked_for(self):
        two = detections([[0, 0, 10, 10], [0, 0, 10, 10]], classes=[0, 1])

        assert suppress(two, iou=0.5, across_classes_iou=0.8).class_index.tolist() == [0]

    def test_what_a_suppressed_box_covered_stays(self):
        chain = detections([[0, 0, 10, 10], [4, 0, 10, 10], [8, 0, 10, 10]])

        assert suppress(chain, iou=0.3).boxes_px[:, 0].tolist() == [0, 8]

    @given(boxes)
    def test_nothing_left_overlaps_and_nothing_gone_is_uncovered(self, placed):
        every = detections(placed)
        left = suppress(every, iou=0.4)
        among = pairwise_iou(left.boxes_px, left.boxes_px) - np.eye(len(left))
        covered = pairwise_iou(every.boxes_px, left.boxes_px)

        assert (among <= 0.4 + 1e-9).all()
        assert len(every) == 0 or ((covered > 0.4).any(axis=1) | (covered > 1 - 1e-6).any(axis=1)).all()

    def test_ten_thousand_boxes_are_no_matrix(self):
        grid = np.stack(np.meshgrid(np.arange(100) * 20, np.arange(100) * 20), axis=-1).reshape(-1, 2)
        every = detections(np.concatenate([grid, np.full_like(grid, 10)], axis=1))

        assert len(suppress(every, iou=0.5)) == 10_000


class TestThresholds:
    def test_each_class_has_its_own(self):
        three = detections([[0, 0, 1, 1]] * 3, classes=[0, 1, 1], confidence=[0.3, 0.3, 0.5])

        assert apply_thresholds(three, thresholds=np.array([0.2, 0.5])).confidence.tolist() == pytest.approx([0.3, 0.5])

    def test_a_class_without_threshold_is_a_mistake(self):
        with pytest.raises(ValueError, match="class 3"):
            apply_thresholds(detections([[0, 0, 1, 1]], classes=[3]), thresholds=np.zeros(3))

    def test_a_flood_is_cut_to_its_most_confident(self):
        assert most_confident(detections([[0, 0, 1, 1]] * 5), limit=2).confidence.tolist() == pytest.approx([0.9, 0.8])

    def test_fewer_than_the_limit_all_stay(self):
        assert len(most_confident(detections([[0, 0, 1, 1]] * 2), limit=100)) == 2
