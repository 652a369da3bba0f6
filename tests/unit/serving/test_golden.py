import json

import numpy as np
import pytest

from serving import golden
from serving.golden import difference
from serving.tensors import OUTPUT_NAMES, RawOutputs


def answered(recorded, **offsets):
    """What was recorded, as an answer, some outputs moved."""
    return RawOutputs.from_arrays(
        {name: (np.array(recorded[name]) + offsets.get(name, 0)).astype(np.float32) for name in OUTPUT_NAMES}
    )


class TestDifference:
    @pytest.fixture
    def recorded(self):
        scores = np.tile(np.array([0.9, 0.7, 0.5, 0.3, 0.1, 0.05], np.float32), (4, 1))
        answer = {
            "boxes": np.full((4, 6, 4), 40, np.float32),
            "scores": scores,
            "class_scores": np.full((4, 6, 8), 0.5, np.float32),
            "embedding": np.full((4, 6, 64), 0.1, np.float32),
        }
        return golden.record(RawOutputs.from_arrays(answer), runtime="a test")

    def test_survives_json(self, recorded):
        assert json.loads(json.dumps(recorded, allow_nan=False)) == recorded

    def test_is_empty_for_the_recorded_answer(self, recorded):
        assert difference(recorded, answered(recorded)) == ""

    @pytest.mark.parametrize(
        ("offsets", "named"),
        [
            ({"scores": 0.03}, "scores"),
            ({"boxes": 3}, "boxes"),
            ({"class_scores": -0.03}, "class_scores"),
            ({"embedding": 0.1}, "embedding"),
        ],
    )
    def test_names_what_differs(self, recorded, offsets, named):
        assert difference(recorded, answered(recorded, **offsets)).startswith(named)

    @pytest.mark.parametrize("offsets", [{"scores": 0.01}, {"boxes": 1}, {"embedding": 0.02}])
    def test_allows_what_another_build_rounds_differently(self, recorded, offsets):
        assert difference(recorded, answered(recorded, **offsets)) == ""

    def test_lets_rows_of_one_score_trade_places(self, recorded):
        recorded["scores"] = np.tile([0.9, 0.5, 0.5, 0.3, 0.1], (4, 1)).tolist()
        swapped = {name: np.array(recorded[name])[:, [0, 2, 1, 3, 4]].astype(np.float32) for name in OUTPUT_NAMES}

        assert difference(recorded, RawOutputs.from_arrays(swapped)) == ""

    def test_refuses_answers_for_fewer_images(self, recorded):
        fewer = {name: np.array(recorded[name], np.float32)[:3] for name in OUTPUT_NAMES}

        assert difference(recorded, RawOutputs.from_arrays(fewer)) == "3 images were answered, 4 recorded"

    def test_refuses_a_record_of_other_images(self, recorded):
        assert "recorded for 'old'" in difference({**recorded, "images": "old"}, answered(recorded))


class TestTiles:
    def test_are_four_and_always_the_same(self):
        tiles = golden.tiles(tile_px=512)

        assert (tiles.shape, tiles.dtype) == ((4, 1, 512, 512), np.uint8)
        assert [int(tile.sum()) for tile in tiles] == [int(tile.sum()) for tile in golden.tiles(tile_px=512)]
        assert all(tile.std() > 5 for tile in tiles)
