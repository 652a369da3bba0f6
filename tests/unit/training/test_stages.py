import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-training.txt")

from training.fit import FitSettings, read_checkpoint  # noqa: E402
from training.stages import fit_manifest, read_manifest  # noqa: E402

SHORT = FitSettings(seed=3, steps=2, crops=((128, 2, 1.0),), rate=4e-4, muon_rate=0.004, warm_steps=1, threads=1)


def write_manifest(folder, **row):
    cv2.imwrite(str(folder / "a.png"), np.full((40, 60), 90, np.uint8))
    manifest = folder / "m.jsonl"
    manifest.write_text(json.dumps({"image": "a.png", "boxes_px": [[10, 20, 8, 6]], "classes": ["pit"]} | row) + "\n")
    return manifest


class TestReadManifest:
    def test_keeps_boxes_where_they_are(self, tmp_path):
        shard = read_manifest(write_manifest(tmp_path), side_px=128)

        assert shard.pixels.shape == (1, 128, 128)
        assert shard.boxes_px.tolist() == [[10, 20, 8, 6]]
        assert shard.class_index.tolist() == [2]

    def test_marks_the_whole_box_as_defect(self, tmp_path):
        shard = read_manifest(write_manifest(tmp_path), side_px=128)

        assert shard.labels[0, 10:13, 5:9].tolist() == [[3] * 4] * 3

    def test_says_which_line_has_an_unknown_class(self, tmp_path):
        with pytest.raises(ValueError, match="line 1: unknown class dent"):
            read_manifest(write_manifest(tmp_path, classes=["dent"]), side_px=128)

    def test_says_which_line_has_no_readable_picture(self, tmp_path):
        with pytest.raises(ValueError, match="line 1: picture not readable"):
            read_manifest(write_manifest(tmp_path, image="missing.png"), side_px=128)


class TestFitManifest:
    def test_goes_on_where_it_stopped_and_ends_with_the_steps(self, tmp_path):
        manifest, out = write_manifest(tmp_path), tmp_path / "run"
        fit_manifest(manifest, out=out, settings=SHORT, warm=None)

        last = fit_manifest(manifest, out=out, settings=replace(SHORT, steps=3, batch_times=2), warm=None)

        state = read_checkpoint(last)
        assert (state["step"], state["settings"]["batch_times"]) == (3, 2)

    def test_begins_with_the_weights_of_another_and_remembers_its_stage(self, tmp_path):
        manifest = write_manifest(tmp_path)
        first = fit_manifest(manifest, out=tmp_path / "first", settings=SHORT, warm=None)

        second = fit_manifest(manifest, out=tmp_path / "second", settings=replace(SHORT, steps=0), warm=first)

        before, after = read_checkpoint(first), read_checkpoint(second)
        assert [stage["done"] for stage in after["history"]] == [2]
        assert all(torch.equal(before["averaged"][name], value) for name, value in after["averaged"].items())

    def test_leaves_the_process_its_smallest_numbers(self, tmp_path):
        fit_manifest(write_manifest(tmp_path), out=tmp_path / "run", settings=SHORT, warm=None)

        assert np.nextafter(np.float64(0), np.float64(1)) * 1.0 > 0
        assert float(torch.tensor([1e-40]) * 1.0) > 0
