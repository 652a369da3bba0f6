"""A frozen data set as it was exported is trained on, and its digest stays with the weights."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-training.txt")

from domain.datasets.manifest import header_line, image_line  # noqa: E402
from domain.datasets.records import Header, Split  # noqa: E402
from tests.data_sets import make_object, make_record  # noqa: E402
from training.artefact import describe_training  # noqa: E402
from training.card import _head  # noqa: E402
from training.fit import FitSettings, read_checkpoint, stages_of  # noqa: E402
from training.frozen import read_dataset  # noqa: E402
from training.stages import fit_dataset  # noqa: E402

SHORT = FitSettings(seed=3, steps=2, crops=((128, 2, 1.0),), rate=4e-4, muon_rate=0.004, warm_steps=1, threads=1)
HEADER = Header("fab", ("pit", "scratch"), seed=0, shares=(0.7, 0.15, 0.15))


def png(shade, *, width=60, height=40):
    return cv2.imencode(".png", np.full((height, width), shade, np.uint8))[1].tobytes()


def record_of(number, data, **values):
    objects = (make_object("pit", (10.0, 20.0, 8.0, 6.0)),)
    return make_record(number, sha256=hashlib.sha256(data).hexdigest(), objects=objects, **values)


@pytest.fixture
def export(tmp_path):
    """Writes records with their images as the product's JSONL export with images does. Returns the ZIP."""

    def write(*pairs):
        path, lines = tmp_path / "set.zip", header_line(HEADER) + b"".join(image_line(record) for record, _ in pairs)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.jsonl", lines)
            for record, data in pairs:
                archive.writestr(f"images/{record.export_name}", data)
        return path, hashlib.sha256(lines).hexdigest()

    return write


@pytest.fixture
def small(export):
    """Two images to learn from, one incomplete, one of another split."""
    shades = [png(shade) for shade in (80, 90, 100, 110)]
    return export(
        (record_of(1, shades[0]), shades[0]),
        (record_of(2, shades[1]), shades[1]),
        (record_of(3, shades[2], is_complete=False), shades[2]),
        (record_of(4, shades[3], split=Split.TEST, lot="L2"), shades[3]),
    )


class TestReading:
    def test_takes_the_complete_images_of_the_split(self, small):
        path, digest = small

        frozen = read_dataset(path, least_px=128)

        assert (frozen.sha256, frozen.images, frozen.incomplete) == (digest, 2, 1)
        (shard,) = frozen.shards
        assert shard.pixels.shape == (2, 256, 256)
        assert (shard.pixels[0, 0, 0], shard.boxes_px.tolist()) == (80, [[10, 20, 8, 6]] * 2)
        assert (shard.class_index.tolist(), shard.owner.tolist()) == ([2, 2], [0, 1])

    def test_takes_a_manifest_with_its_images_beside_it(self, small, tmp_path):
        zipfile.ZipFile(io.BytesIO(small[0].read_bytes())).extractall(tmp_path / "open")

        assert read_dataset(tmp_path / "open" / "manifest.jsonl", least_px=128).sha256 == small[1]

    def test_refuses_another_image_in_its_place(self, export):
        with pytest.raises(ValueError, match="is not the one that was frozen"):
            read_dataset(export((record_of(1, png(80)), png(81)))[0], least_px=128)

    def test_refuses_what_it_has_no_class_for(self, export):
        data = png(80)
        record = replace(record_of(1, data), objects=(make_object("dent"),))
        with pytest.raises(ValueError, match="unknown class dent"):
            read_dataset(export((record, data))[0], least_px=128)

    def test_refuses_an_export_without_its_images(self, small, tmp_path):
        manifest = tmp_path / "manifest.jsonl"
        manifest.write_bytes(zipfile.ZipFile(small[0]).read("manifest.jsonl"))

        with pytest.raises(ValueError, match="with its images"):
            read_dataset(manifest, least_px=128)

    def test_refuses_one_of_which_nothing_is_left(self, export):
        data = png(80)
        with pytest.raises(ValueError, match="1 are incomplete"):
            read_dataset(export((record_of(1, data, is_complete=False), data))[0], least_px=128)


class TestTraining:
    def test_keeps_the_digest_in_the_lineage_of_the_card(self, small, tmp_path, capsys):
        path, digest = small

        last = fit_dataset(path, out=tmp_path / "run", settings=SHORT, warm=None)

        state = read_checkpoint(last)
        assert (state["step"], state["settings"]["dataset"]) == (2, digest)
        assert json.loads(capsys.readouterr().out.splitlines()[0])["dataset"] == digest
        described = describe_training(history=stages_of(state), note="")
        assert described["datasets"] == [digest]
        model = {"name": "n", "version": "1", "precision": "fp32", "parent": None, "sha256": "0", "training": described}
        assert digest in _head(model)
