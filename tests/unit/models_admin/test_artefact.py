import json

import pytest

from models_admin.errors import ArtefactRefused
from models_admin.intake.artefact import read_artefact
from tests.factories_onnx import write_detector


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
