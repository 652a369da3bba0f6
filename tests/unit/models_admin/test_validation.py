import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper

from models_admin.errors import ArtefactRefused
from models_admin.validation import golden_of, read_artefact
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

    @pytest.mark.parametrize(
        "text", ["", "[]", "{", '{"format": NaN}', "null", "\xff", "[" * 100_000], ids=lambda text: ascii(text[:9])
    )
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
