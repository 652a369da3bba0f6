import contextlib
import io

import numpy as np
import pytest

from domain.evaluation.detection_metrics import (
    Boxes,
    average_precision,
    average_precision_per_class,
    expected_calibration_error,
    match,
    rates_at_thresholds,
)


def boxes(*rows: tuple[int, tuple[float, float, float, float], int, float]) -> Boxes:
    """Rows of image, box, class, confidence."""
    return Boxes(
        image=np.array([row[0] for row in rows], np.int64),
        boxes_px=np.array([row[1] for row in rows], np.float64).reshape(-1, 4),
        class_index=np.array([row[2] for row in rows], np.int64),
        confidence=np.array([row[3] for row in rows], np.float64),
    )


SQUARE = (10.0, 10.0, 10.0, 10.0)
HALF_OFF = (15.0, 10.0, 10.0, 10.0)


class TestMatch:
    @pytest.mark.parametrize(
        ("case", "found", "expected"),
        [
            ("the same box is the same thing", (0, SQUARE, 1, 0.9), [0]),
            ("a third of overlap is not enough", (0, HALF_OFF, 1, 0.9), [-1]),
            ("another class is a false alarm", (0, SQUARE, 2, 0.9), [-1]),
            ("another image is a false alarm", (1, SQUARE, 1, 0.9), [-1]),
        ],
    )
    def test_pairs(self, case, found, expected):
        assert match(boxes(found), boxes((0, SQUARE, 1, 1.0))).tolist() == expected

    def test_the_more_confident_of_two_takes_the_defect(self):
        found = boxes((0, SQUARE, 1, 0.6), (0, (11.0, 10.0, 10.0, 10.0), 1, 0.7))

        assert match(found, boxes((0, SQUARE, 1, 1.0))).tolist() == [-1, 0]

    def test_a_second_detection_takes_the_defect_that_is_left(self):
        found = boxes((0, SQUARE, 1, 0.9), (0, SQUARE, 1, 0.8))
        truth = boxes((0, SQUARE, 1, 1.0), (0, (12.0, 10.0, 10.0, 10.0), 1, 1.0))

        assert match(found, truth).tolist() == [0, 1]

    def test_nothing_found_is_nothing_matched(self):
        assert match(boxes(), boxes((0, SQUARE, 1, 1.0))).tolist() == []


class TestAveragePrecision:
    def test_every_defect_found_without_a_false_alarm_is_one(self):
        assert average_precision(np.array([0.9, 0.8]), np.array([True, True]), truth_count=2) == 1.0

    def test_half_of_the_defects_found_is_the_share_of_recalls_up_to_a_half(self):
        assert average_precision(np.array([0.9]), np.array([True]), truth_count=2) == pytest.approx(51 / 101)

    def test_a_false_alarm_before_the_hit_halves_precision(self):
        assert average_precision(np.array([0.9, 0.8]), np.array([False, True]), truth_count=1) == pytest.approx(0.5)

    def test_a_class_without_defects_has_none(self):
        assert np.isnan(average_precision(np.array([0.9]), np.array([False]), truth_count=0))

    def test_agrees_with_pycocotools_on_random_boxes(self):
        rng = np.random.default_rng(4)
        truth_rows, found_rows = [], []
        for image in range(25):
            for _ in range(int(rng.integers(1, 7))):
                box = np.r_[rng.uniform(0, 200, 2), rng.uniform(10, 60, 2)]
                label = int(rng.integers(3))
                truth_rows.append((image, tuple(box), label, 1.0))
                if rng.random() < 0.8:
                    moved = tuple(box + rng.normal(0, 4, 4))
                    found_rows.append((image, moved, label if rng.random() < 0.9 else (label + 1) % 3, rng.random()))
            found_rows.append(
                (image, tuple(np.r_[rng.uniform(0, 200, 2), 20, 20]), int(rng.integers(3)), rng.random() / 2)
            )
        found, truth = boxes(*found_rows), boxes(*truth_rows)

        ours = average_precision_per_class(found, truth, class_count=3)

        assert ours == pytest.approx(_pycocotools_ap50(found, truth, class_count=3), abs=1e-9)


class TestRatesAtThresholds:
    def test_counts_only_what_is_shown(self):
        truth = boxes((0, SQUARE, 0, 1.0), (1, SQUARE, 0, 1.0), (2, SQUARE, 1, 1.0))
        found = boxes((0, SQUARE, 0, 0.9), (1, SQUARE, 0, 0.4), (2, HALF_OFF, 1, 0.8))

        recall, precision, seen = rates_at_thresholds(found, truth, thresholds=np.array([0.5, 0.5]))

        assert (recall.tolist(), precision.tolist(), seen.tolist()) == ([0.5, 0.0], [1.0, 0.0], [True, False, False])


class TestExpectedCalibrationError:
    def test_right_as_often_as_said_is_zero(self):
        assert expected_calibration_error(np.full(4, 0.75), np.array([1, 1, 1, 0], bool)) == pytest.approx(0)

    def test_is_the_gap_weighted_by_how_many(self):
        confidence, correct = np.array([0.9, 0.9, 0.9, 0.1]), np.array([1, 1, 0, 0], bool)

        assert expected_calibration_error(confidence, correct) == pytest.approx((3 * (0.9 - 2 / 3) + 0.1) / 4)


class TestBoxes:
    def test_refuses_arrays_of_different_length(self):
        with pytest.raises(ValueError, match="lengths differ: 1 images"):
            Boxes(np.zeros(1, np.int64), np.zeros((2, 4)), np.zeros(1, np.int64), np.zeros(1))


def _pycocotools_ap50(found: Boxes, truth: Boxes, *, class_count: int) -> np.ndarray:
    """The reference implementation's answer, all sizes, at most 100 detections per picture."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": int(image)} for image in np.unique(np.r_[truth.image, found.image])],
            "categories": [{"id": index} for index in range(class_count)],
            "annotations": [
                {
                    "id": row + 1,
                    "image_id": int(truth.image[row]),
                    "category_id": int(truth.class_index[row]),
                    "bbox": truth.boxes_px[row].tolist(),
                    "area": float(truth.boxes_px[row, 2:].prod()),
                    "iscrowd": 0,
                }
                for row in range(len(truth))
            ],
        }
        coco.createIndex()
        answers = [
            {
                "image_id": int(found.image[row]),
                "category_id": int(found.class_index[row]),
                "bbox": found.boxes_px[row].tolist(),
                "score": float(found.confidence[row]),
            }
            for row in range(len(found))
        ]
        run = COCOeval(coco, coco.loadRes(answers), "bbox")
        run.params.iouThrs = np.array([0.5])
        run.evaluate()
        run.accumulate()
    return run.eval["precision"][0, :, :, 0, -1].mean(axis=0)
