"""Cheaper forms of a detector: INT8 with ranges from pictures, and FP16. A program of its own, which needs no PyTorch.

`python -m training.quantise --source model.onnx --out int8.onnx --precision int8 --tiles tiles.npy` writes the file and
says on its last line, as JSON, how fast both are and how far they agree.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.shape_inference
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

INPUT = "image"
QUANTISED = frozenset({"Conv", "Add", "Resize"})
HALVED = QUANTISED - {"Resize"} | {"Relu", "MaxPool", "Concat"}
TIMED_ROUNDS = 24
"""Both are timed in turns: what disturbs one disturbs the other."""
SAME_IOU = 0.5


def export_int8(*, source: Path, path: Path, calibration: NDArray[np.uint8]) -> None:
    """Static INT8 in QDQ form, weights per channel; heads, preprocessing and peak picking stay in float.

    Seven-bit weights: on processors without VNNI two 8-bit products can overflow 16 bits, and the answer must be the
    same everywhere.

    Args:
        calibration: (n, 1, S, S) uint8 pictures whose activations set the ranges.

    Raises:
        ValueError: the file has no convolution between its first and its last ones.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.rows = iter(range(len(calibration)))

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            row = next(self.rows, None)
            return None if row is None else {INPUT: calibration[row : row + 1]}

    model = onnx.load(str(source))
    body = body_of(model, kinds=QUANTISED)
    if not body:
        raise ValueError("there is nothing in this file that INT8 would make faster")
    del model.graph.value_info[:]
    plain = path.with_suffix(".plain.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(plain))
    try:
        quantize_static(
            str(plain),
            str(path),
            Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_quantize=body,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.05},
        )
    finally:
        plain.unlink()
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)


def export_fp16(*, source: Path, path: Path) -> None:
    """Half precision in the body; what reads pixels and what writes boxes stays in float, where a pixel is a pixel.

    Raises:
        ValueError: as `export_int8`.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(str(source)))
    kinds = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    body = set(body_of(model, kinds=HALVED))
    halved = [node for node in model.graph.node if node.name in body and kinds.get(node.output[0]) == TensorProto.FLOAT]
    if not halved:
        raise ValueError("there is nothing in this file that FP16 would make smaller")
    _halve(model, {node.name for node in halved})
    del model.graph.value_info[:]
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    onnx.checker.check_model(model, full_check=True)


def _halve(model: onnx.ModelProto, body: set[str]) -> None:
    """Weights of the body as halves, and a cast wherever a tensor goes in or out. (The converter that comes with ONNX
    Runtime writes files that break the standard when a part of the graph is to stay in float.)"""
    graph = model.graph
    weights = {one.name: one for one in graph.initializer}
    used_outside = {name for node in graph.node if node.name not in body for name in node.input}
    used_outside |= {output.name for output in graph.output}
    made, nodes = set(), []
    for node in graph.node:
        if node.name not in body:
            nodes.append(node)
            continue
        for place, name in enumerate(node.input):
            half = f"{name}/half"
            if name and half not in made:
                made.add(half)
                if name in weights:
                    numbers = onnx.numpy_helper.to_array(weights[name]).astype(np.float16)
                    graph.initializer.append(onnx.numpy_helper.from_array(numbers, half))
                else:
                    nodes.append(helper.make_node("Cast", [name], [half], name=half, to=TensorProto.FLOAT16))
            node.input[place] = half if name else ""
        nodes.append(node)
        for place, name in enumerate(node.output):
            half = f"{name}/half"
            node.output[place] = half
            made.add(half)
            if name in used_outside:
                nodes.append(helper.make_node("Cast", [half], [name], name=f"{name}/single", to=TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    kept = {name for node in nodes for name in node.input} | used_outside
    left = [one for one in graph.initializer if one.name in kept]
    del graph.initializer[:]
    graph.initializer.extend(left)


def body_of(model: onnx.ModelProto, *, kinds: Set[str]) -> list[str]:
    """Nodes of some kinds between the first convolutions and the last ones.

    The first sees one channel, which INT8 makes slower; the last are the heads, whose answers are read as they are.
    """
    nodes = list(model.graph.node)
    makers = {name: place for place, node in enumerate(nodes) for name in node.output}
    readers: dict[int, list[int]] = defaultdict(list)
    before = {place: [makers[name] for name in node.input if name in makers] for place, node in enumerate(nodes)}
    for place, sources in before.items():
        for source in sources:
            readers[source].append(place)
    places = range(len(nodes))
    # Nodes stand in the order in which they are computed.
    has_before = _reaches(nodes, places, lambda place: before[place])
    has_after = _reaches(nodes, reversed(places), lambda place: readers[place])
    return [
        nodes[place].name
        for place in places
        if nodes[place].op_type in kinds and has_before[place] and has_after[place]
    ]


def _reaches(nodes: list[Any], order: Any, neighbours: Callable[[int], list[int]]) -> dict[int, bool]:
    """Whether a convolution lies among the neighbours of a node, or theirs."""
    found: dict[int, bool] = {}
    for place in order:
        found[place] = any(nodes[one].op_type == "Conv" or found[one] for one in neighbours(place))
    return found


def compare(source: Path, path: Path, *, tiles: NDArray[np.uint8], thresholds: NDArray[np.float32]) -> dict[str, Any]:
    """Two files side by side on the same tiles.

    Args:
        tiles: (n, 1, S, S) uint8.
        thresholds: (C,) score per class from which a finding counts.

    Returns:
        `cpu_ms` of one tile on one thread, lower quartile, of both; their sizes; findings of the source, how many of
        them the other one has too (same class, overlap of 0.5 and more), and how many it has more.
    """
    sessions = [_session(source), _session(path)]
    spent: list[list[float]] = [[], []]
    said: list[list[Any]] = [[], []]
    for row in range(max(len(tiles), TIMED_ROUNDS)):
        tile = tiles[row % len(tiles)][None]
        for which, session in enumerate(sessions):
            began = time.process_time()
            boxes, _, chances, *_ = session.run(["boxes", "scores", "class_scores"], {INPUT: tile})
            spent[which].append(time.process_time() - began)
            if row < len(tiles):
                said[which].append(_counted(boxes[0], chances[0], thresholds=thresholds))
    both = sum(_shared(one, other) for one, other in zip(*said, strict=True))
    counts = [sum(len(classes) for _, classes in one) for one in said]
    quick = [round(float(np.quantile(one[2:], 0.25)) * 1000, 2) for one in spent]
    return {
        "cpu_ms": {"parent": quick[0], "variant": quick[1]},
        "parent_bytes": source.stat().st_size,
        "variant_bytes": path.stat().st_size,
        "tiles": len(tiles),
        "findings": counts[0],
        "kept": both,
        "added": counts[1] - both,
    }


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _counted(
    boxes: NDArray[np.float32], chances: NDArray[np.float32], *, thresholds: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    classes = chances.argmax(axis=1)
    counts = chances.max(axis=1) >= thresholds[classes]
    return boxes[counts], classes[counts]


def _shared(one: Any, other: Any) -> int:
    """How many findings of `one` have a partner of their own in `other`."""
    taken: set[int] = set()
    for box, code in zip(*one, strict=True):
        overlaps = [
            (_iou(box, against), at)
            for at, (against, other_code) in enumerate(zip(*other, strict=True))
            if other_code == code and at not in taken
        ]
        best = max(overlaps, default=(0.0, -1))
        if best[0] >= SAME_IOU:
            taken.add(best[1])
    return len(taken)


def _iou(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / max(float(np.prod(one[2:]) + np.prod(other[2:])) - shared, 1e-9)


def main(argv: list[str] | None = None) -> int:
    """Write one cheaper form of a file."""
    parser = argparse.ArgumentParser(prog="python -m training.quantise", description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", choices=["int8", "fp16"], required=True)
    parser.add_argument("--tiles", type=Path, required=True, help="(n, 1, S, S) uint8, as .npy")
    parser.add_argument("--thresholds", type=json.loads, required=True, help="scores per class, as a JSON list")
    arguments = parser.parse_args(argv)
    tiles = np.load(arguments.tiles, allow_pickle=False)
    # What sets the ranges is not what they are tried on.
    third = max(1, len(tiles) // 3)
    tried, learned = tiles[:third], tiles[third:] if len(tiles) > 1 else tiles
    if arguments.precision == "int8":
        export_int8(source=arguments.source, path=arguments.out, calibration=learned)
    else:
        export_fp16(source=arguments.source, path=arguments.out)
    thresholds = np.array(arguments.thresholds, np.float32)
    print(json.dumps(compare(arguments.source, arguments.out, tiles=tried, thresholds=thresholds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
