"""Small ONNX detectors that keep the contract (or break it on purpose), for tests without a trained model."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = ("scratch", "particle", "pit", "stain", "crack", "edge_chip", "bridge", "open")
TILE_PX, ROWS, EMBEDDING = 512, 100, 64


def detector(*, nan_above: int | None = None, rows: int = ROWS, work: int = 0, seed: int = 7) -> onnx.ModelProto:
    """A detector whose answers depend on the brightest and the mean pixel of each tile, and on nothing else.

    Args:
        nan_above: tiles with a brighter pixel than this get NaN scores.
        rows: detections per tile.
        work: rounds of convolution that cost time and change nothing.
        seed: other seeds answer differently.
    """
    draw = np.random.default_rng(seed)
    constants = {
        "axes": np.array([1, 2, 3], np.int64),
        "full": np.array(255, np.float32),
        "row_box": draw.uniform(4, 300, (1, rows, 4)).astype(np.float32),
        "row_score": np.linspace(1, 0.01, rows, dtype=np.float32)[None],
        "row_class": draw.uniform(0, 1, (1, rows, len(CLASSES))).astype(np.float32),
        "row_embedding": draw.normal(0, 0.1, (1, rows, EMBEDDING)).astype(np.float32),
        "as_row": np.array([-1, 1], np.int64),
        "as_block": np.array([-1, 1, 1], np.int64),
        "nan": np.array(np.nan, np.float32),
        "limit": np.array(255 if nan_above is None else nan_above, np.float32) / np.float32(255),
        "nothing": np.array(0, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["pixels", "full"], ["grey"]),
        *_convolutions(work, constants),
        helper.make_node("ReduceMax", ["grey", "axes"], ["brightest"], keepdims=0),
        helper.make_node("ReduceMean", ["worked", "axes"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["brightest", "as_row"], ["brightest_row"]),
        helper.make_node("Reshape", ["mean", "as_block"], ["mean_block"]),
        helper.make_node("Mul", ["mean_block", "row_box"], ["boxes"]),
        helper.make_node("Mul", ["brightest_row", "row_score"], ["sound_scores"]),
        helper.make_node("Greater", ["brightest_row", "limit"], ["too_bright"]),
        helper.make_node("Where", ["too_bright", "nan", "sound_scores"], ["scores"]),
        helper.make_node("Mul", ["mean_block", "row_class"], ["class_scores"]),
        helper.make_node("Add", ["mean_block", "row_embedding"], ["embedding"]),
    ]
    outputs = {
        "boxes": [rows, 4],
        "scores": [rows],
        "class_scores": [rows, len(CLASSES)],
        "embedding": [rows, EMBEDDING],
    }
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 1, TILE_PX, TILE_PX])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *dims]) for name, dims in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _convolutions(rounds: int, constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """Work whose result is multiplied by zero, so that answers stay the same however long they take."""
    if not rounds:
        return [helper.make_node("Identity", ["grey"], ["worked"])]
    constants["widen"] = np.full((8, 1, 3, 3), 0.01, np.float32)
    constants["kernel"] = np.full((8, 8, 3, 3), 0.01, np.float32)
    nodes = [helper.make_node("Conv", ["grey", "widen"], ["heat_0"], pads=[1, 1, 1, 1])]
    nodes += [
        helper.make_node("Conv", [f"heat_{step}", "kernel"], [f"heat_{step + 1}"], pads=[1, 1, 1, 1])
        for step in range(rounds)
    ]
    nodes += [
        helper.make_node("ReduceMean", [f"heat_{rounds}", "axes"], ["heat"], keepdims=1),
        helper.make_node("Mul", ["heat", "nothing"], ["no_heat"]),
        helper.make_node("Add", ["grey", "no_heat"], ["worked"]),
    ]
    return nodes


def write_detector(folder: Path, *, name: str = "visual_defects", version: str = "1.0.0", **options: object) -> Path:
    """Write model.onnx, model.json and card.md as the model zoo keeps them. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = detector(**options).SerializeToString(deterministic=True)
    (folder / "model.onnx").write_bytes(content)
    document = model_json(name=name, version=version, sha256=hashlib.sha256(content).hexdigest())
    (folder / "model.json").write_text(json.dumps(document, indent=1))
    (folder / "card.md").write_text(f"# {name} {version}\n\nA stand-in without training.\n")
    return folder


def model_json(*, name: str = "visual_defects", version: str = "1.0.0", sha256: str = "0" * 64) -> dict:
    return {
        "format": 1,
        "name": name,
        "kind": "visual",
        "version": version,
        "precision": "fp32",
        "parent": None,
        "input": {"name": "image", "dtype": "uint8", "shape": [1, TILE_PX, TILE_PX]},
        "outputs": {
            "boxes": [ROWS, 4],
            "scores": [ROWS],
            "class_scores": [ROWS, len(CLASSES)],
            "embedding": [ROWS, EMBEDDING],
        },
        "classes": list(CLASSES),
        "calibration": {"method": "platt", "a": [1.0] * len(CLASSES), "b": [0.0] * len(CLASSES)},
        "thresholds": dict.fromkeys(CLASSES, 0.5),
        "nms_iou": 0.5,
        "metrics": {"map50": 0.0},
        "training": {"seed": 0},
        "sha256": sha256,
    }
