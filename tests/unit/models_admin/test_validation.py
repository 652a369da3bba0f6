import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper

from models_admin.errors import ArtefactRefused
from models_admin.validation import golden_difference, golden_of, golden_tiles, read_artefact
from serving.tensors import OUTPUT_NAMES, RawOutputs
from tests.factories_onnx import detector, write_detector


@pytest.fixture
def folder(tmp_path):
    return write_detector(tmp_path / "model")


class TestReadArtefact:
    def test_reads_description_file_and_card(self, folder):
        artefact = read_artefact(folder)

        assert (artefact.spec.name, artefact.spec.version) == ("visual_defects", "1.0.0")
        assert artefact.content == (folder / "model.onnx").read_bytes()
        assert artefact.card.startswith("# visual_defects")

    @pytest.mark.parametrize("missing", ["model.onnx", "model.json", "card.md"])
    def test_refuses_a_folder_that_lacks_a_file(self, folder, missing):
        (folder / missing).unlink()

        with pytest.raises(ArtefactRefused, match=missing):
            read_artefact(folder)

    def test_refuses_a_file_that_is_not_the_described_one(self, folder):
        with (folder / "model.onnx").open("ab") as file:
            file.write(b"\0")

        with pytest.raises(ArtefactRefused, match="its description says"):
            read_artefact(folder)

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"format": NaN}', "null", "\xff"])
    def test_refuses_a_description_that_is_none(self, folder, text):
        (folder / "model.json").write_bytes(text.encode("latin-1"))

        with pytest.raises(ArtefactRefused):
            read_artefact(folder)

    def test_refuses_a_name_triton_could_confuse(self, folder):
        document = json.loads((folder / "model.json").read_text()) | {"name": "visual__defects"}
        (folder / "model.json").write_text(json.dumps(document))

        with pytest.raises(ArtefactRefused, match="double underscore"):
            read_artefact(folder)


def changed(folder, change):
    """The artefact of `folder` with another graph."""
    model = detector()
    change(model)
    return replace(read_artefact(folder), content=model.SerializeToString())


def rename_output(model):
    model.graph.output[1].name = "score"
    next(node for node in model.graph.node if "scores" in node.output).output[0] = "score"


def fix_batch(model):
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def widen_input(model):
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def never_finite(model):
    node = next(node for node in model.graph.node if "scores" in node.output)
    node.CopyFrom(helper.make_node("Div", ["sound_scores", "nan"], ["scores"]))


class TestGoldenOf:
    def test_records_the_first_rows_of_four_images(self, folder):
        golden = golden_of(read_artefact(folder))

        assert np.shape(golden["boxes"]) == (4, 5, 4)
        assert np.shape(golden["embedding"]) == (4, 5, 64)
        assert golden["runtime"].startswith("onnxruntime ")

    def test_fits_into_json(self, folder):
        json.dumps(golden_of(read_artefact(folder)), allow_nan=False)

    @pytest.mark.parametrize("change", [rename_output, fix_batch, widen_input, never_finite])
    def test_refuses_what_breaks_the_contract(self, folder, change):
        with pytest.raises(ArtefactRefused):
            golden_of(changed(folder, change))

    def test_refuses_what_is_no_model(self, folder):
        with pytest.raises(ArtefactRefused, match="does not load"):
            golden_of(replace(read_artefact(folder), content=b"none"))


def answered(golden, **offsets):
    """What was recorded, as an answer, some outputs moved."""
    return RawOutputs.from_arrays(
        {name: (np.array(golden[name]) + offsets.get(name, 0)).astype(np.float32) for name in OUTPUT_NAMES}
    )


class TestGoldenDifference:
    @pytest.fixture
    def golden(self, folder):
        recorded = golden_of(read_artefact(folder))
        recorded["scores"] = np.tile([0.9, 0.7, 0.5, 0.3, 0.1], (4, 1)).tolist()
        recorded["class_scores"] = np.full((4, 5, 8), 0.5).tolist()
        return recorded

    def test_is_empty_for_the_recorded_answer(self, golden):
        assert golden_difference(golden, answered(golden)) == ""

    @pytest.mark.parametrize(
        ("offsets", "named"),
        [
            ({"scores": 0.03}, "scores"),
            ({"boxes": 3}, "boxes"),
            ({"class_scores": -0.03}, "class_scores"),
            ({"embedding": 0.1}, "embedding"),
        ],
    )
    def test_names_what_differs(self, golden, offsets, named):
        assert golden_difference(golden, answered(golden, **offsets)).startswith(named)

    @pytest.mark.parametrize("offsets", [{"scores": 0.01}, {"boxes": 1}, {"embedding": 0.02}])
    def test_allows_what_another_build_rounds_differently(self, golden, offsets):
        assert golden_difference(golden, answered(golden, **offsets)) == ""

    def test_lets_rows_of_one_score_trade_places(self, golden):
        golden["scores"] = np.tile([0.9, 0.5, 0.5, 0.3, 0.1], (4, 1)).tolist()
        swapped = {name: np.array(golden[name])[:, [0, 2, 1, 3, 4]].astype(np.float32) for name in OUTPUT_NAMES}

        assert golden_difference(golden, RawOutputs.from_arrays(swapped)) == ""

    def test_refuses_a_record_of_other_images(self, golden):
        assert "recorded for 'old'" in golden_difference({**golden, "images": "old"}, answered(golden))


class TestGoldenTiles:
    def test_are_four_and_always_the_same(self):
        tiles = golden_tiles(tile_px=512)

        assert (tiles.shape, tiles.dtype) == ((4, 1, 512, 512), np.uint8)
        assert [int(tile.sum()) for tile in tiles] == [int(tile.sum()) for tile in golden_tiles(tile_px=512)]
        assert all(tile.std() > 5 for tile in tiles)
