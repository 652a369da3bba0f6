import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs requirements-training.txt")

from domain.detection.calibrate import PlattCalibration
from training import boards


@pytest.fixture
def folder(tmp_path):
    """One board with a bright fault at 40, 40 and one at 400, 400, and its faultless template."""
    (tmp_path / "trainval").mkdir()
    (tmp_path / "annotations.csv").write_text(
        "split,pair,x1,y1,x2,y2,kind\ntrainval,1,40,40,60,60,copper\ntrainval,1,400,400,420,420,open\n"
    )
    board = np.zeros((512, 512), np.uint8)
    cv2.imwrite(str(tmp_path / "trainval" / "1_temp.png"), board)
    board[40:60, 40:60] = 255
    cv2.imwrite(str(tmp_path / "trainval" / "1_test.png"), board)
    return tmp_path


def calls_what_is_bright(tiles):
    """One row per tile: the box of everything above 128, as class 1; certain where there is any."""
    boxes = np.array([cv2.boundingRect((tile[0] > 128).astype(np.uint8)) for tile in tiles], np.float32)[:, None]
    scores = (boxes[..., 2] > 0).astype(np.float32) * 0.9
    class_scores = np.zeros((len(tiles), 1, 8), np.float32)
    class_scores[..., 1] = scores
    return boxes, scores, class_scores, np.zeros((len(tiles), 1, 64), np.float32)


def test_says_what_was_met_what_it_was_called_and_what_was_called_for_nothing(folder):
    said = boards.describe(
        folder,
        predict=calls_what_is_bright,
        calibration=PlattCalibration.identity(8),
        thresholds=np.full(8, 0.5),
        count=1,
    )

    said = " ".join(said.split())
    assert "1 of 2 marked faults" in said
    assert "copper 1 of 1, open 0 of 1" in said
    assert "They were called: particle 1." in said
    assert "called 1 things on those boards, and 0 on their 1 templates" in said
