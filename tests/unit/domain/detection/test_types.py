import numpy as np
import pytest

from domain.detection.types import Detections
from tests.detections import detections


class TestDetections:
    def test_empty_has_no_rows_and_the_width_asked_for(self):
        empty = Detections.empty(embedding_size=16)

        assert len(empty) == 0
        assert empty.embedding.shape == (0, 16)

    def test_parts_follow_each_other(self):
        whole = Detections.concatenate([detections([[1, 2, 3, 4]]), Detections.empty(), detections([[5, 6, 7, 8]])])

        assert whole.boxes_px.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]

    def test_no_parts_are_no_detections(self):
        assert len(Detections.concatenate([])) == 0

    def test_take_by_position_and_by_mask(self):
        three = detections([[1, 0, 1, 1], [2, 0, 1, 1], [3, 0, 1, 1]])

        assert three.take(np.array([2, 0])).boxes_px[:, 0].tolist() == [3, 1]
        assert three.take(np.array([False, True, False])).boxes_px[:, 0].tolist() == [2]

    def test_order_by_confidence_keeps_ties(self):
        three = detections([[1, 0, 1, 1], [2, 0, 1, 1], [3, 0, 1, 1]], confidence=[0.5, 0.9, 0.5])

        assert three.sorted_by_confidence().boxes_px[:, 0].tolist() == [2, 1, 3]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("boxes_px", np.zeros((2, 4), np.float64)),
            ("boxes_px", np.zeros((2, 5), np.float32)),
            ("class_index", np.zeros(3, np.int16)),
            ("confidence", np.zeros((2, 1), np.float32)),
            ("top3_class", np.zeros((2, 2), np.int16)),
            ("embedding", np.zeros((1, 64), np.float16)),
        ],
    )
    def test_refuses_arrays_that_do_not_fit_by_name(self, field, value):
        two = detections([[0, 0, 1, 1], [0, 0, 1, 1]])
        arrays = {name: getattr(two, name) for name in Detections.__slots__}

        with pytest.raises(ValueError, match=field if field != "boxes_px" or value.shape[1] else "boxes"):
            Detections(**{**arrays, field: value})
