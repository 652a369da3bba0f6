"""Shapes that would take long to read or write are refused, or written more simply; soon, either way."""

from dataclasses import replace

import numpy as np
import pytest

from domain.datasets.formats import coco_shapes, yolo
from domain.datasets.labels import FaultFound
from domain.datasets.records import DefectObject
from domain.shapes.kinds import Mask
from domain.shapes.runs import mask_of
from tests.data_sets import some_records


def zigzag(corners):
    return [side for at in range(corners) for side in (at % 100, 4000 * (at % 2))]


class TestCoco:
    @pytest.mark.parametrize(
        ("segmentation", "size"),
        [
            ([zigzag(10_001)], (4096, 4096)),
            ([zigzag(9_000)], (4096, 4096)),
            ([[0, 0, 4, 4, 4, 0, 0, 4]], (8000, 8000)),
            ({"size": [8000, 8000], "counts": [8000 * 8000 - 1, 1]}, (8000, 8000)),
        ],
        ids=["corners", "corners by rows", "pixels", "run lengths"],
    )
    def test_refuses_what_would_take_long(self, segmentation, size):
        with pytest.raises(FaultFound):
            coco_shapes.read({"segmentation": segmentation}, size, where="$")

    def test_fills_only_the_box_of_the_outlines(self, monkeypatch):
        seen = []
        filled = coco_shapes.filled
        monkeypatch.setattr(coco_shapes, "filled", lambda rings, window: seen.append(window) or filled(rings, window))
        rings = [[100, 200, 104, 200, 104, 203, 100, 203], [110, 200, 112, 200, 112, 201, 110, 201]]

        shape = coco_shapes.read({"segmentation": rings}, (4000, 4000), where="$")

        assert seen == [(100, 200, 12, 3)]
        assert isinstance(shape, Mask) and shape.bbox_px == (100, 200, 12, 3) and sum(shape.counts[1::2]) == 14


@pytest.mark.parametrize(("height", "width"), [(20_100, 2), (8, 20_000)], ids=["runs", "edges"])
def test_a_striped_mask_is_a_box_in_yolo(height, width, request):
    bits = np.zeros((height, width), bool)
    if request.node.callspec.id == "runs":
        bits[::4] = True
    else:
        bits[:, ::8] = True
    bits[-1, -1] = bits[0, 0] = True
    mask = mask_of(bits)
    one = DefectObject("scratch", (0.0, 0.0, float(width), float(height)), "t", 1, "ann", "decided", mask)
    record = replace(some_records()[0], width_px=width, height_px=height)
    assert yolo._corners(one, record) == [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
