import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs requirements-training.txt")

from training.stages import read_manifest


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
