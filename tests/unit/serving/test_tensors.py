import numpy as np
import pytest

from serving.errors import BadAnswer, BadArtefact
from serving.tensors import DetectorShape, DetectorSpec, InferenceTimings, RawOutputs, checked_tiles
from tests.factories_onnx import model_json


def arrays(*, tiles=2, rows=3, classes=8, embedding=64):
    return {
        "boxes": np.ones((tiles, rows, 4), np.float32),
        "scores": np.full((tiles, rows), 0.5, np.float32),
        "class_scores": np.full((tiles, rows, classes), 0.5, np.float32),
        "embedding": np.ones((tiles, rows, embedding), np.float32),
    }


class TestRawOutputs:
    def test_has_the_length_of_its_tiles(self):
        assert len(RawOutputs.from_arrays(arrays(tiles=5))) == 5

    @pytest.mark.parametrize(
        ("case", "name", "value"),
        [
            ("boxes of three numbers", "boxes", np.ones((2, 3, 3), np.float32)),
            ("scores of another row count", "scores", np.ones((2, 4), np.float32)),
            ("class scores of fewer tiles", "class_scores", np.ones((1, 3, 8), np.float32)),
            ("scores with a dimension too many", "scores", np.ones((2, 3, 1), np.float32)),
            ("double precision", "embedding", np.ones((2, 3, 64), np.float64)),
            ("NaN among the scores", "scores", np.full((2, 3), np.nan, np.float32)),
            ("an infinite box", "boxes", np.full((2, 3, 4), np.inf, np.float32)),
            ("NaN in an embedding", "embedding", np.full((2, 3, 64), np.nan, np.float32)),
            ("a score above one", "scores", np.full((2, 3), 1.01, np.float32)),
            ("a class score below zero", "class_scores", np.full((2, 3, 8), -0.01, np.float32)),
        ],
    )
    def test_refuses(self, case, name, value):
        with pytest.raises(BadAnswer):
            RawOutputs.from_arrays({**arrays(), name: value})

    def test_allows_a_rounding_step_outside_the_range(self):
        just_over = np.full((2, 3), np.nextafter(np.float32(1), np.float32(2)), np.float32)

        assert RawOutputs.from_arrays({**arrays(), "scores": just_over}).scores.max() > 1

    def test_no_tiles_are_an_empty_answer(self):
        empty = RawOutputs.empty(shape=DetectorShape())

        assert (empty.boxes.shape, empty.embedding.shape) == ((0, 100, 4), (0, 100, 64))

    def test_joins_in_order(self):
        first, second = arrays(tiles=1), arrays(tiles=2)
        second["scores"][:] = 0.25

        joined = RawOutputs.joined([first, second], timings=InferenceTimings(calls=2))

        assert joined.scores[:, 0].tolist() == [0.5, 0.25, 0.25]
        assert joined.timings.calls == 2


class TestCheckedTiles:
    def test_makes_a_strided_view_contiguous(self):
        view = np.zeros((4, 1, 512, 512), np.uint8)[::2]

        assert checked_tiles(view, shape=DetectorShape()).flags.c_contiguous

    @pytest.mark.parametrize(
        "tiles",
        [
            np.zeros((1, 1, 512, 512), np.float32),
            np.zeros((1, 512, 512), np.uint8),
            np.zeros((1, 3, 512, 512), np.uint8),
            np.zeros((1, 1, 256, 512), np.uint8),
        ],
    )
    def test_refuses_other_arrays(self, tiles):
        with pytest.raises(ValueError, match="want uint8 tiles"):
            checked_tiles(tiles, shape=DetectorShape())


class TestDetectorSpec:
    def test_reads_the_contract(self):
        spec = DetectorSpec.from_dict(model_json(version="1.2.0", sha256="ab" * 32))

        assert (spec.name, spec.version, spec.sha256, spec.shape) == (
            "visual_defects",
            "1.2.0",
            "ab" * 32,
            DetectorShape(),
        )

    def test_accepts_shapes_that_name_the_batch(self):
        document = model_json()
        document["input"]["shape"] = ["N", 1, 512, 512]
        document["outputs"] = {name: ["N", *dims] for name, dims in document["outputs"].items()}

        assert DetectorSpec.from_dict(document).shape == DetectorShape()

    @pytest.mark.parametrize(
        ("path", "value", "named"),
        [
            (("format",), 2, "format"),
            (("name",), "../up", "name"),
            (("name",), "naïve", "name"),
            (("version",), "1.2", "version"),
            (("version",), "1.2.٣", "version"),
            (("parent",), "latest", "parent"),
            (("sha256",), "AB" * 32, "sha256"),
            (("classes",), ["scratch", "scratch"], "classes"),
            (("classes",), [], "classes"),
            (("input",), {"name": "image", "dtype": "float32", "shape": [1, 512, 512]}, "uint8"),
            (("input",), {"name": "image", "dtype": "uint8", "shape": [3, 512, 512]}, "tile"),
            (("outputs", "boxes"), [100, 5], "boxes"),
            (("outputs", "scores"), [0], "scores"),
            (("calibration", "a"), [1.0], "calibration a"),
            (("calibration", "b"), [float("nan")] * 8, "calibration b"),
            (("calibration", "method"), "isotonic", "isotonic"),
            (("thresholds", "scratch"), 1.5, "threshold"),
            (("thresholds", "scratch"), True, "threshold"),
            (("nms_iou",), "0.5", "nms_iou"),
        ],
    )
    def test_refuses_and_names_the_field(self, path, value, named):
        document = model_json()
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

        with pytest.raises(BadArtefact, match=named):
            DetectorSpec.from_dict(document)

    @pytest.mark.parametrize("missing", ["format", "name", "classes", "outputs", "calibration", "sha256"])
    def test_names_what_is_missing(self, missing):
        document = model_json()
        del document[missing]

        with pytest.raises(BadArtefact, match=f"'{missing}' is missing"):
            DetectorSpec.from_dict(document)

    def test_refuses_what_is_no_document(self):
        with pytest.raises(BadArtefact):
            DetectorSpec.from_dict({"format": 1, "classes": 5})
