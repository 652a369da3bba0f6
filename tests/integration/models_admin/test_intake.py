"""Quarantine: a file is examined in a process of its own, which ends whatever the file does."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models_admin.intake.process import MOST_BYTES, examine
from models_admin.intake.rules import Rule
from serving.tensors import DetectorShape
from tests.factories_onnx import ROWS, detector

SHAPE = DetectorShape()


def rules(content: bytes, **limits: object) -> list[Rule]:
    return [one.rule for one in examine(content, shape=SHAPE, **limits).refusals]


def spread(*, side: int) -> bytes:
    """A detector that first makes a tensor of side x side x 512 x 512."""
    model = detector()
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, side, 512, 512], np.int64), "large"))
    model.graph.node.extend(
        [helper.make_node("Expand", ["grey", "large"], ["spread"]), helper.make_node("Exp", ["spread"], ["risen"])]
    )
    model.graph.output.append(helper.make_tensor_value_info("risen", TensorProto.FLOAT, None))
    # It must be answered with, or the runtime leaves it out.
    reduced = helper.make_node("ReduceMean", ["risen"], ["once"], keepdims=0)
    rounded = helper.make_node("Mul", ["once", "nothing"], ["never"])
    return swapped(model, [reduced, rounded], "never")


def swapped(model: onnx.ModelProto, nodes: list[onnx.NodeProto], name: str) -> bytes:
    """The same detector with something added to its boxes."""
    model.graph.node.extend([*nodes, helper.make_node("Add", ["boxes_before", name], ["boxes"])])
    for node in model.graph.node:
        if list(node.output) == ["boxes"] and node.op_type == "Mul":
            node.output[0] = "boxes_before"
    while len(model.graph.output) > 4:
        del model.graph.output[4]
    return model.SerializeToString()


def test_takes_a_detector_and_records_what_it_answers():
    found = examine(detector().SerializeToString(), shape=SHAPE)

    assert found.refusals == ()
    assert np.array(found.golden["boxes"]).shape == (4, 5, 4)
    assert found.graph["opset"] == 18
    assert found.isolation["network"] == "none" or found.isolation["system_calls"] == "listed"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", Rule.SIZE),
        (b"\x80\x04pickled", Rule.FORMAT),
        (detector(nan_above=100).SerializeToString(), Rule.FINITE),
        (detector(rows=ROWS - 1).SerializeToString(), Rule.SIGNATURE),
    ],
)
def test_names_the_rule(content, rule):
    assert set(rules(content)) == {rule}


def test_refuses_what_answers_a_tile_by_its_neighbours():
    model = detector()
    # The mean over the whole batch, not over the tile.
    mean = helper.make_node("ReduceMean", ["grey"], ["of_all"], keepdims=0)
    scaled = helper.make_node("Mul", ["of_all", "full"], ["of_all_scaled"])

    assert rules(swapped(model, [mean, scaled], "of_all_scaled")) == [Rule.BATCHES]


def test_ends_what_takes_too_long():
    assert rules(detector(work=400).SerializeToString(), cpu_s=2) == [Rule.TIME]


def test_ends_what_takes_too_much_memory():
    assert rules(spread(side=2000), memory_bytes=2**29) in ([Rule.MEMORY], [Rule.LOADS])


def test_refuses_a_file_larger_than_any_model_without_reading_it():
    class Large(bytes):
        def __len__(self) -> int:
            return MOST_BYTES + 1

    assert rules(Large()) == [Rule.SIZE]
