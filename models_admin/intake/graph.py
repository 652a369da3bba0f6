"""What may be in an ONNX file. Reads bytes of strangers, so it runs in the confined child only.

Operators are those of the ONNX standard that compute the same from the same and end: no loops, no chance, no code of
others. Source: the operator schemas of the `onnx` package, and its own checker.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from models_admin.intake.rules import Refusal, Rule
from serving.tensors import INPUT_NAME, OUTPUT_NAMES, DetectorShape

OLDEST_OPSET, NEWEST_OPSET = 13, 23
"""What the servers' runtime computes, and what the optimiser for INT8 still understands."""
NEWEST_IR = 11
MOST_NODES = 20_000
MOST_TENSORS = 20_000
MOST_ELEMENTS = 2**28
MOST_DEPTH = 4
MOST_TOLD = 20
STANDARD = frozenset({"", "ai.onnx"})
_NOT_OURS = frozenset(
    {"Loop", "Scan", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial",
     "Bernoulli", "Dropout", "StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "ImageDecoder"}
)  # fmt: skip
_MAGIC = {
    b"\x80": "a Python pickle",
    b"PK\x03\x04": "a ZIP archive, as torch.save and Keras write them",
    b"\x89HDF": "an HDF5 file, as Keras writes it",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"TFL3": "a TensorFlow Lite file",
}


def read(content: bytes) -> tuple[onnx.ModelProto | None, list[Refusal]]:
    """The model, and what breaks a rule; None where it cannot be read at all. At most `MOST_TOLD` refusals."""
    for magic, what in _MAGIC.items():
        if content.startswith(magic) or content[4:8] == magic:
            return None, [Refusal(Rule.FORMAT, "file", f"This is {what}. Export the model as ONNX.")]
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as fault:
        return None, [Refusal(Rule.FORMAT, "file", f"This is no ONNX file: {str(fault)[:200]}")]
    if not model.graph.node:
        return None, [Refusal(Rule.FORMAT, "graph", "The file holds no graph, or an empty one.")]
    # What later rules read must not be endless: counting comes first.
    for look in (_counts, _tensors, _versions, _operators):
        if refusals := list(islice(look(model), MOST_TOLD)):
            return model, refusals
    return model, _validity(model)


def signature(model: onnx.ModelProto, *, shape: DetectorShape) -> list[Refusal]:
    """What differs from the detector contract in names, types and sizes of input and outputs."""
    return list(islice(_signature(model, shape), MOST_TOLD))


def _counts(model: onnx.ModelProto) -> Iterator[Refusal]:
    nodes = tensors = 0
    for depth, graph in _graphs(model.graph):
        nodes += len(graph.node)
        tensors += len(graph.initializer) + len(graph.sparse_initializer)
        if depth > MOST_DEPTH:
            yield Refusal(Rule.COUNTS, f"graph {graph.name}", f"Graphs lie in graphs, more than {MOST_DEPTH} deep.")
            return
    if nodes > MOST_NODES:
        yield Refusal(Rule.COUNTS, "graph", f"{nodes} nodes; at most {MOST_NODES}.")
    if tensors > MOST_TENSORS:
        yield Refusal(Rule.COUNTS, "graph", f"{tensors} stored tensors; at most {MOST_TENSORS}.")


def _graphs(graph: onnx.GraphProto, depth: int = 1) -> Iterator[tuple[int, onnx.GraphProto]]:
    """A graph and those within it, each with how deep it lies; one step below the limit is told, and none looked at."""
    yield depth, graph
    if depth > MOST_DEPTH:
        return
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _graphs(inner, depth + 1)


def _tensors(model: onnx.ModelProto) -> Iterator[Refusal]:
    for where, tensor in _stored(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            yield Refusal(Rule.EXTERNAL_DATA, where, "Its values lie outside the file. Export with everything in one.")
        elements = 1
        for side in tensor.dims:
            elements *= max(0, side)
        if min(tensor.dims, default=0) < 0 or elements > MOST_ELEMENTS:
            yield Refusal(Rule.COUNTS, where, f"Its size is {list(tensor.dims)}; at most {MOST_ELEMENTS} values.")


def _stored(model: onnx.ModelProto) -> Iterator[tuple[str, onnx.TensorProto]]:
    for _, graph in _graphs(model.graph):
        for tensor in graph.initializer:
            yield f"tensor {tensor.name}", tensor
        for sparse in graph.sparse_initializer:
            yield f"tensor {sparse.values.name}", sparse.values
            yield f"tensor {sparse.values.name}", sparse.indices
        for node in graph.node:
            for attribute in node.attribute:
                for tensor in [attribute.t] if attribute.HasField("t") else attribute.tensors:
                    yield f"{_named(node)}, {attribute.name}", tensor


def _versions(model: onnx.ModelProto) -> Iterator[Refusal]:
    if model.ir_version > NEWEST_IR:
        yield Refusal(Rule.OPSET, "file", f"IR version {model.ir_version}; at most {NEWEST_IR}.")
    for used in model.opset_import:
        if used.domain not in STANDARD:
            yield Refusal(Rule.OPERATORS, f"domain {used.domain}", "Only operators of the ONNX standard are computed.")
        elif not OLDEST_OPSET <= used.version <= NEWEST_OPSET:
            detail = f"Opset {used.version}; export with one of {OLDEST_OPSET} to {NEWEST_OPSET}."
            yield Refusal(Rule.OPSET, "file", detail)
    if not any(used.domain in STANDARD for used in model.opset_import):
        yield Refusal(Rule.OPSET, "file", "It does not say which opset of the ONNX standard it uses.")
    for function in model.functions:
        yield Refusal(Rule.FUNCTIONS, f"function {function.name}", "Functions of one's own are not taken: inline them.")
    if model.training_info:
        yield Refusal(Rule.FUNCTIONS, "training_info", "A graph for training is in the file. Export for inference.")


def _operators(model: onnx.ModelProto) -> Iterator[Refusal]:
    opset = next(used.version for used in model.opset_import if used.domain in STANDARD)
    known: dict[str, bool] = {}
    for _, graph in _graphs(model.graph):
        for node in graph.node:
            if node.domain not in STANDARD:
                yield Refusal(
                    Rule.OPERATORS, _named(node), f"{node.domain}.{node.op_type} is not of the ONNX standard."
                )
                continue
            if node.op_type not in known:
                known[node.op_type] = _is_standard(node.op_type, opset)
            if not known[node.op_type]:
                yield Refusal(Rule.OPERATORS, _named(node), f"Opset {opset} has no {node.op_type}.")
            elif node.op_type in _NOT_OURS:
                detail = f"{node.op_type} is not taken: what judges must end, and answer the same each time."
                yield Refusal(Rule.OPERATORS, _named(node), detail)


def _is_standard(operator: str, opset: int) -> bool:
    try:
        return not onnx.defs.get_schema(operator, opset, "").deprecated
    except onnx.defs.SchemaError:
        return False


def _validity(model: onnx.ModelProto) -> list[Refusal]:
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as fault:
        return [Refusal(Rule.VALID, "graph", " ".join(str(fault).split())[:500])]
    return []


def _signature(model: onnx.ModelProto, shape: DetectorShape) -> Iterator[Refusal]:
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = {one.name: one for one in model.graph.input if one.name not in stored}
    outputs = {one.name: one for one in model.graph.output}
    yield from _names("input", inputs, [INPUT_NAME])
    yield from _names("output", outputs, OUTPUT_NAMES)
    wanted = {("input", INPUT_NAME): (onnx.TensorProto.UINT8, shape.input())}
    for name, sides in shape.outputs().items():
        wanted["output", name] = (onnx.TensorProto.FLOAT, sides)
    for (kind, name), (type_wanted, sides) in wanted.items():
        found = (inputs if kind == "input" else outputs).get(name)
        if found is not None:
            yield from _tensor(f"{kind} {name}", found.type.tensor_type, type_wanted, sides)


def _names(
    kind: str, found: Sequence[str] | dict[str, onnx.ValueInfoProto], wanted: Sequence[str]
) -> Iterator[Refusal]:
    for name in wanted:
        if name not in found:
            yield Refusal(Rule.SIGNATURE, f"{kind} {name}", f"It is missing. There are: {', '.join(found) or 'none'}.")
    for name in found:
        if name not in wanted:
            yield Refusal(Rule.SIGNATURE, f"{kind} {name}", f"Nothing reads it. Wanted: {', '.join(wanted)}.")


def _tensor(where: str, found: onnx.TypeProto.Tensor, type_wanted: int, sides: tuple[int, ...]) -> Iterator[Refusal]:
    if found.elem_type != type_wanted:
        names = onnx.TensorProto.DataType.Name
        detail = f"It holds {names(found.elem_type).lower()}; wanted is {names(type_wanted).lower()}."
        yield Refusal(Rule.SIGNATURE, where, detail)
    dims = [one.dim_value if one.HasField("dim_value") else one.dim_param or "?" for one in found.shape.dim]
    if not dims or isinstance(dims[0], int):
        detail = f"Its shape is {dims}; the first side must be free, for batches of any size."
        yield Refusal(Rule.SIGNATURE, where, detail)
    elif len(dims) != 1 + len(sides) or any(
        isinstance(a, int) and a != b for a, b in zip(dims[1:], sides, strict=True)
    ):
        yield Refusal(Rule.SIGNATURE, where, f"Its shape is {dims}; wanted is [N, {', '.join(map(str, sides))}].")


def _fits(dims: Sequence[int | str], sides: Sequence[int]) -> bool:
    """Sides that the exporter left open may be anything: what is answered is looked at."""
    if len(dims) != len(sides):
        return False
    return all(isinstance(side, str) or side == wanted for side, wanted in zip(dims, sides, strict=True))


def _named(node: onnx.NodeProto) -> str:
    return f"node {node.name}" if node.name else f"node of {node.op_type} that makes {', '.join(node.output)[:80]}"


def facts(model: onnx.ModelProto) -> dict[str, Any]:
    """What people want to know of a graph: nodes, parameters, opset, operators by how often, who exported it."""
    operators = Counter(node.op_type for _, graph in _graphs(model.graph) for node in graph.node)
    sizes = [math.prod(tensor.dims) for _, tensor in _stored(model)]
    return {
        "nodes": sum(operators.values()),
        "tensors": len(sizes),
        "parameters": sum(sizes),
        "opset": next(used.version for used in model.opset_import if used.domain in STANDARD),
        "operators": dict(sorted(operators.items(), key=itemgetter(1), reverse=True)),
        "producer": f"{model.producer_name} {model.producer_version}".strip()[:100],
    }
