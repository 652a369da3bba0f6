"""The files that ship, as they lie in the model zoo."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from demo.synthetic import CLASS_CODES, FAMILIES, draw_scene
from domain.detection.calibrate import PlattCalibration
from domain.evaluation.detection_metrics import average_precision_per_class

ZOO = Path(__file__).resolve().parents[3] / "model_zoo" / "visual_defects"
FP32, INT8 = VERSIONS = ("2.2.0", "2.3.0")
LIMIT_BYTES = 8_000_000
FLOOR_MAP50 = 0.78
"""What 60 fresh scenes must reach: the stated figure less what 60 scenes may differ by chance."""
ROWS = 100


@pytest.fixture(scope="module", params=VERSIONS)
def folder(request) -> Path:
    return ZOO / request.param


@pytest.fixture(scope="module")
def described(folder) -> dict:
    return json.loads((folder / "model.json").read_text())


@pytest.fixture(scope="module")
def session(folder) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


class TestDescription:
    def test_digest_is_that_of_the_file(self, folder, described):
        assert described["sha256"] == hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()

    def test_file_is_small_enough_to_commit(self, folder):
        assert (folder / "model.onnx").stat().st_size < LIMIT_BYTES

    def test_version_is_that_of_the_folder(self, folder, described):
        assert (described["format"], described["name"], described["version"]) == (1, "visual_defects", folder.name)

    def test_int8_names_its_parent(self, described):
        expected = {FP32: ("fp32", None), INT8: ("int8", FP32)}

        assert (described["precision"], described["parent"]) == expected[described["version"]]

    def test_classes_are_in_index_order(self, described):
        assert described["classes"] == list(CLASS_CODES)

    def test_every_class_has_a_threshold_and_a_calibration(self, described):
        calibration = PlattCalibration.from_dict(described["calibration"])

        assert set(described["thresholds"]) == set(CLASS_CODES)
        assert all(0 < value < 1 for value in described["thresholds"].values())
        assert len(calibration.a) == len(CLASS_CODES)

    def test_card_states_the_same_digest(self, folder, described):
        assert described["sha256"] in (folder / "card.md").read_text()


class TestGraph:
    def test_opset_is_recent_and_nothing_lies_outside(self, folder):
        model = onnx.load(str(folder / "model.onnx"), load_external_data=False)

        assert min(item.version for item in model.opset_import if item.domain == "") >= 17
        assert not any(tensor.external_data for tensor in model.graph.initializer)

    def test_takes_uint8_of_any_count(self, session):
        (image,) = session.get_inputs()

        assert (image.name, image.type, image.shape[1:]) == ("image", "tensor(uint8)", [1, 512, 512])
        assert not isinstance(image.shape[0], int)


class TestAnswers:
    @pytest.fixture
    def answers(self, session):
        tiles = np.stack([draw_scene(seed=(77, index)).pixels for index in range(3)])[:, None]
        return session.run(["boxes", "scores", "class_scores", "embedding"], {"image": tiles})

    def test_have_the_shapes_of_the_contract(self, answers):
        shapes = [(3, ROWS, 4), (3, ROWS), (3, ROWS, 8), (3, ROWS, 64)]

        assert [answer.shape for answer in answers] == shapes
        assert all(answer.dtype == np.float32 and np.isfinite(answer).all() for answer in answers)

    def test_scores_fall_and_are_the_best_class_score(self, answers):
        _, scores, class_scores, _ = answers

        assert (np.diff(scores, axis=1) <= 0).all()
        assert (scores >= 0).all() and (class_scores <= 1).all()
        peaks = scores > 0
        assert np.allclose(class_scores.max(axis=2)[peaks], scores[peaks], atol=1e-5)

    def test_boxes_lie_in_the_tile(self, answers):
        boxes = answers[0]

        assert (boxes >= 0).all()
        assert (boxes[..., :2] + boxes[..., 2:] <= 512.01).all()

    def test_embeddings_have_length_one(self, answers):
        assert np.allclose(np.linalg.norm(answers[3], axis=2), 1, atol=1e-3)

    def test_a_tile_answers_alike_alone_and_in_company(self, session):
        tiles = np.stack([draw_scene(seed=(78, index)).pixels for index in range(2)])[:, None]
        together, alone = (
            session.run(["scores"], {"image": tiles})[0][1],
            session.run(["scores"], {"image": tiles[1:]})[0][0],
        )

        assert np.allclose(together, alone, atol=1e-4)

    @pytest.mark.parametrize("level", [0, 128, 255])
    def test_a_flat_picture_is_no_number_trouble(self, session, level):
        answers = session.run(None, {"image": np.full((1, 1, 512, 512), level, np.uint8)})

        assert all(np.isfinite(answer).all() for answer in answers)


class TestWeights:
    def test_are_those_of_the_shipped_model(self):
        """Whoever trains on with them begins where the shipped model stands."""
        torch = pytest.importorskip("torch", reason="trainable weights are for training")
        from training.evaluate import onnx_predictor
        from training.export import Deployed
        from training.fit import load_averaged

        pixels = draw_scene(seed=402).pixels[None, None]
        with torch.no_grad():
            mine = Deployed(load_averaged(ZOO / FP32 / "weights.pt")).eval()(torch.from_numpy(pixels))
        shipped = onnx_predictor(ZOO / FP32 / "model.onnx")(pixels)

        for answer, expected in zip(mine, shipped, strict=True):
            assert np.allclose(answer.numpy()[:, :10], expected[:, :10], atol=2e-3, rtol=1e-3)


class TestFreshScenes:
    @pytest.fixture(scope="class")
    def found(self):
        """Detections of both versions on scenes drawn once."""
        pytest.importorskip("torch", reason="the evaluation lives with training")
        from training import evaluate

        predictors = [evaluate.onnx_predictor(ZOO / version / "model.onnx") for version in VERSIONS]
        return evaluate.run(predictors, evaluate.scenes(seed=401, count=60, families=FAMILIES))

    @pytest.mark.parametrize("index", range(len(VERSIONS)))
    def test_are_read_about_as_well_as_the_card_says(self, found, index):
        boxes, truth = found

        assert np.nanmean(average_precision_per_class(boxes[index], truth.boxes, class_count=8)) >= FLOOR_MAP50
