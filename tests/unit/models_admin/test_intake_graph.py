"""What may be in an ONNX file, rule by rule."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models_admin.intake import graph
from models_admin.intake.rules import Refusal, Rule
from serving.tensors import DetectorShape
from tests.factories_onnx import detector

SHAPE = DetectorShape()
Change = Callable[[onnx.ModelProto], object]


def refusals(change: Change) -> list[Refusal]:
    model = detector()
    change(model)
    read, found = graph.read(model.SerializeToString())
    return found if found or read is None else graph.signature(read, shape=SHAPE)


def keep_outside(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[3]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def keep_outside_in_a_node(model: onnx.ModelProto) -> None:
    value = numpy_helper.from_array(np.zeros(1, np.float32), "hidden")
    value.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["hidden"], value=value))


def call_others(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    model.graph.node.append(helper.make_node("Run", ["image"], ["ran"], domain="com.example", name="/head/Run"))


def add(operator: str, **attributes: object) -> Change:
    return lambda model: model.graph.node.append(helper.make_node(operator, ["grey"], ["other"], **attributes))


def add_function(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("own", "Twice", ["a"], ["b"], [], [helper.make_opsetid("", 18)]))


def nest(model: onnx.ModelProto, *, depth: int = 9) -> None:
    inner = helper.make_graph([helper.make_node("Identity", ["grey"], ["x"])], "innermost", [], [])
    for _ in range(depth):
        inner = helper.make_graph(
            [helper.make_node("If", ["too_bright"], ["x"], then_branch=inner, else_branch=inner)], "outer", [], []
        )
    model.graph.node.extend(inner.node)


def set_opset(version: int) -> Change:
    return lambda model: setattr(model.opset_import[0], "version", version)


def drop_output(model: onnx.ModelProto) -> None:
    del model.graph.output[3]


def fix_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def take_floats(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT


@pytest.mark.parametrize(
    ("change", "rule", "where"),
    [
        (keep_outside, Rule.EXTERNAL_DATA, "tensor row_score"),
        (keep_outside_in_a_node, Rule.EXTERNAL_DATA, "node of Constant that makes hidden, value"),
        (call_others, Rule.OPERATORS, "domain com.example"),
        (add("Loop"), Rule.OPERATORS, "node of Loop that makes other"),
        (add("RandomNormalLike", name="/noise"), Rule.OPERATORS, "node /noise"),
        (add("NoSuchThing", name="/odd"), Rule.OPERATORS, "node /odd"),
        (add("Relu"), None, ""),
        (add("Conv"), Rule.VALID, "graph"),
        (add_function, Rule.FUNCTIONS, "function Twice"),
        (lambda model: model.training_info.add(), Rule.FUNCTIONS, "training_info"),
        (nest, Rule.COUNTS, "graph"),
        (set_opset(12), Rule.OPSET, "file"),
        (set_opset(99), Rule.OPSET, "file"),
        (lambda model: model.ClearField("opset_import"), Rule.OPSET, "file"),
        (lambda model: setattr(model, "ir_version", 99), Rule.OPSET, "file"),
        (lambda model: model.graph.initializer[3].dims.append(2**40), Rule.COUNTS, "tensor row_score"),
        (lambda model: model.graph.initializer[3].dims.__setitem__(0, -1), Rule.COUNTS, "tensor row_score"),
        (lambda model: model.ClearField("graph"), Rule.FORMAT, "graph"),
        (drop_output, Rule.SIGNATURE, "output embedding"),
        (fix_batch, Rule.SIGNATURE, "input image"),
    ],
)
def test_names_the_rule_and_the_place(change, rule, where):
    found = refusals(change)

    assert [(one.rule, one.where[: len(where)]) for one in found[:1]] == ([] if rule is None else [(rule, where)])


def test_takes_what_keeps_the_contract():
    assert refusals(lambda model: None) == []


def test_says_what_type_is_wanted():
    model = detector()
    take_floats(model)

    (found,) = graph.signature(model, shape=SHAPE)

    assert (found.where, found.detail) == ("input image", "It holds float; wanted is uint8.")


def test_tells_no_more_than_a_person_reads():
    def change(model: onnx.ModelProto) -> None:
        for number in range(200):
            model.graph.node.append(helper.make_node("Odd", ["grey"], [f"odd_{number}"]))

    assert len(refusals(change)) == graph.MOST_TOLD


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x80\x04\x95rest", "pickle"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x7fELF\x02rest", "program"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x20\x00\x00\x00TFL3", "TensorFlow Lite"),
    ],
)
def test_says_what_a_file_is_that_is_no_onnx(content, what):
    model, (found,) = graph.read(content)

    assert model is None
    assert found.rule == Rule.FORMAT
    assert what in found.detail


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_refuses_what_was_cut_off(share):
    whole = detector().SerializeToString()

    _, found = graph.read(whole[: int(len(whole) * share)])

    assert found


def test_counts_what_is_in_a_model():
    facts = graph.facts(detector())

    assert (facts["opset"], facts["operators"]["Mul"]) == (18, 3)
    assert facts["nodes"] == sum(facts["operators"].values())
