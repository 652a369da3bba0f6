import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from domain.detection.calibrate import PlattCalibration, calibrated
from domain.detection.decode import decode_outputs

IDENTITY = PlattCalibration.identity(8)


def answer(boxes, scores, *, classes=None):
    """(1, K) outputs of one tile."""
    count = len(scores)
    per_class = np.full((1, count, 8), 0.01, np.float32)
    for row, index in enumerate(classes or [0] * count):
        per_class[0, row, index] = scores[row]
    return (
        np.asarray(boxes, np.float32).reshape(1, count, 4),
        np.asarray(scores, np.float32).reshape(1, count),
        per_class,
        np.zeros((1, count, 64), np.float32),
    )


def decoded(*outputs, tiles, calibration=IDENTITY, floor=0.1):
    return decode_outputs(*outputs, tiles=np.asarray(tiles), calibration=calibration, floor=floor)


class TestDecodeOutputs:
    def test_boxes_are_moved_to_where_their_tile_lies(self):
        found = decoded(*answer([[10, 20, 30, 40]], [0.8]), tiles=[[448, 0, 512, 512]])

        assert found.boxes_px.tolist() == [[458, 20, 30, 40]]

    def test_what_scores_below_the_floor_is_dropped(self):
        found = decoded(*answer([[0, 0, 5, 5]] * 3, [0.8, 0.3, 0.29]), tiles=[[0, 0, 512, 512]], floor=0.3)

        assert found.raw_score.tolist() == pytest.approx([0.8, 0.3])

    def test_what_lies_in_the_padding_is_dropped_and_what_reaches_into_it_is_cut(self):
        boxes = [[150, 10, 20, 20], [90, 10, 20, 20], [-5, -5, 10, 10]]

        found = decoded(*answer(boxes, [0.9, 0.8, 0.7]), tiles=[[0, 0, 100, 100]])

        assert found.boxes_px.tolist() == [[90, 10, 10, 20], [0, 0, 5, 5]]

    def test_confidence_is_the_calibrated_score_of_its_class(self):
        calibration = PlattCalibration(a=np.ones(8), b=np.arange(8, dtype=float))

        found = decoded(*answer([[0, 0, 5, 5]], [0.5], classes=[2]), tiles=[[0, 0, 512, 512]], calibration=calibration)

        assert found.class_index.tolist() == [2]
        assert found.confidence.tolist() == pytest.approx([1 / (1 + np.exp(-2.0))])

    def test_top_three_begin_with_the_winner_and_fall(self):
        boxes, scores, classes, embedding = answer([[0, 0, 5, 5]], [0.6], classes=[4])
        classes[0, 0, 6], classes[0, 0, 1] = 0.5, 0.3

        found = decoded(boxes, scores, classes, embedding, tiles=[[0, 0, 512, 512]])

        assert found.top3_class.tolist() == [[4, 6, 1]]
        assert found.top3_confidence[0].tolist() == pytest.approx([0.6, 0.5, 0.3], abs=1e-5)

    def test_no_other_class_overtakes_the_models_choice(self):
        calibration = PlattCalibration(a=np.ones(8), b=np.array([0, 9, 0, 0, 0, 0, 0, 0.0]))
        boxes, scores, classes, embedding = answer([[0, 0, 5, 5]], [0.6], classes=[0])
        classes[0, 0, 1] = 0.5

        found = decoded(boxes, scores, classes, embedding, tiles=[[0, 0, 512, 512]], calibration=calibration)

        assert found.class_index.tolist() == [0]
        assert (np.diff(found.top3_confidence) <= 0).all()

    def test_nothing_found_is_empty(self):
        assert len(decoded(*answer([[0, 0, 5, 5]], [0.05]), tiles=[[0, 0, 512, 512]])) == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            {"tiles": [[0, 0, 512, 512]] * 2},
            {"tiles": [[0, 0, 512]]},
            {"calibration": PlattCalibration.identity(7)},
        ],
    )
    def test_refuses_arrays_that_do_not_belong_together(self, wrong):
        with pytest.raises(ValueError, match=r"want|calibration"):
            decoded(*answer([[0, 0, 5, 5]], [0.5]), **{"tiles": [[0, 0, 512, 512]], **wrong})

    @given(
        hnp.arrays(np.float32, (2, 5, 4), elements=st.floats(-600, 1200, width=32)),
        hnp.arrays(np.float32, (2, 5), elements=st.floats(0, 1, width=32)),
        hnp.arrays(np.float32, (2, 5, 8), elements=st.floats(0, 1, width=32)),
    )
    def test_every_box_lies_in_its_image_and_every_confidence_between_none_and_all(self, boxes, scores, classes):
        tiles = [[0, 0, 300, 200], [100, 0, 300, 200]]

        found = decoded(boxes, scores, classes, np.zeros((2, 5, 64), np.float32), tiles=tiles)

        assert (found.boxes_px >= 0).all()
        assert (found.boxes_px[:, 0] + found.boxes_px[:, 2] <= 400.01).all()
        assert (found.boxes_px[:, 1] + found.boxes_px[:, 3] <= 200.01).all()
        assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
        assert (np.diff(found.top3_confidence, axis=1) <= 0).all()


class TestCalibration:
    def test_is_read_from_a_model_card(self):
        calibration = PlattCalibration.from_dict({"method": "platt", "a": [2.0], "b": [-1.0]})

        assert calibrated(np.array([0.5]), np.array([0]), calibration=calibration).tolist() == pytest.approx(
            [1 / (1 + np.e)]
        )

    def test_certain_scores_stay_finite(self):
        found = calibrated(np.array([0.0, 1.0]), np.array([0, 0]), calibration=IDENTITY)

        assert found.tolist() == pytest.approx([0, 1], abs=1e-5)

    @pytest.mark.parametrize(
        ("described", "reason"),
        [
            ({"method": "isotonic"}, "isotonic"),
            ({"method": "platt", "a": [1.0]}, "incomplete"),
            ({"method": "platt", "a": [1.0], "b": [1.0, 2.0]}, r"\(1,\) and \(2,\)"),
            ({"method": "platt", "a": [float("nan")], "b": [1.0]}, "finite"),
            ({"method": "platt", "a": [-1.0], "b": [1.0]}, "above 0"),
            ({"method": "platt", "a": "x", "b": [1.0]}, "."),
        ],
    )
    def test_refuses_what_is_no_calibration(self, described, reason):
        with pytest.raises(ValueError, match=reason):
            PlattCalibration.from_dict(described)
