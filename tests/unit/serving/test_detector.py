"""What is reported of an answer, and everything beside it, on an image of two tiles."""

import json
from pathlib import Path

import numpy as np

from domain.imaging.tiling import plan_tiles
from serving.detector import Answered, Detector, findings, opinions
from serving.tensors import DetectorSpec, RawOutputs

SHIPPED = Path(__file__).resolve().parents[3] / "model_zoo" / "visual_defects" / "2.2.0" / "model.json"
SPEC = DetectorSpec.from_dict(json.loads(SHIPPED.read_text()))
CLASSES = len(SPEC.classes)


def answered(*rows):
    """An answer with these rows of (tile, x, y, w, h, class, score) in pixels of the tile."""
    tiles = plan_tiles(768, 512, tile_px=512, overlap_px=64)
    raw = {name: np.zeros((len(tiles), *dims), np.float32) for name, dims in SPEC.shape.outputs().items()}
    for number, (tile, x, y, width, height, index, score) in enumerate(rows):
        raw["boxes"][tile, number] = (x, y, width, height)
        raw["scores"][tile, number] = raw["class_scores"][tile, number, index] = score
    return Answered(RawOutputs.from_arrays(raw), tiles, 768, 512, {})


def detector(threshold=0.5, scale=1.0):
    """Whose thresholds are all alike."""
    return Detector("m", SPEC, 512, 64, scale, np.full(CLASSES, threshold, np.float32), 0.5, 1.0)


def boxes(found):
    return [[round(float(side)) for side in box] for box in found.boxes_px]


# Sure of the one at (100, 100); the other is a guess that would be joined with it.
SURE, GUESS, ELSEWHERE = (0, 100, 100, 40, 40, 2, 0.9), (0, 100, 100, 40, 200, 2, 0.3), (0, 300, 300, 30, 30, 2, 0.3)


class TestReading:
    def test_only_what_is_sure_enough_is_reported(self):
        assert boxes(findings(answered(SURE, GUESS, ELSEWHERE), detector=detector())) == [[100, 100, 40, 40]]

    def test_a_guess_elsewhere_is_an_opinion_and_blurs_nothing_that_is_reported(self):
        everything = opinions(answered(SURE, GUESS, ELSEWHERE), detector=detector())

        assert boxes(everything)[0] == [100, 100, 40, 40]
        assert [300, 300, 30, 30] in boxes(everything)
        assert (np.diff(everything.confidence) <= 0).all()

    def test_a_guess_about_what_is_reported_already_is_left_out(self):
        again = (0, 102, 101, 40, 40, 1, 0.3)

        assert boxes(opinions(answered(SURE, again), detector=detector())) == [[100, 100, 40, 40]]

    def test_without_thresholds_both_are_the_same(self):
        said = answered(SURE, ELSEWHERE)

        assert boxes(opinions(said, detector=detector(0.0))) == boxes(findings(said, detector=detector(0.0)))

    def test_both_are_in_pixels_of_the_original_image(self):
        assert boxes(opinions(answered(SURE), detector=detector(scale=0.5))) == [[200, 200, 80, 80]]
