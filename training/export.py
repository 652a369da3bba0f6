"""From a checkpoint to `model.onnx`: everything between uint8 pixels and sorted boxes inside the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.network import EMBEDDING_SIZE, Detector, anchors_px, corners_px, distances_px, normalise

TILE_PX = 512
ROWS = 100
OPSET = 18
OUTPUTS = ("boxes", "scores", "class_scores", "embedding")


class Deployed(nn.Module):
    """The detector with its own preprocessing, peak picking and top-k."""

    def __init__(self, detector: Detector, *, side_px: int = TILE_PX) -> None:
        super().__init__()
        self.detector = detector
        self.side_px = side_px
        cells = side_px // 8
        self.register_buffer("anchors", anchors_px(cells, cells))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, 1, S, S) uint8 to the four outputs.

        boxes (N, K, 4) x, y, w, h; scores (N, K); class scores (N, K, 8); embedding (N, K, 64).
        """
        class_logits, box_logits, tower = self.detector(normalise(image))
        chances = class_logits.sigmoid()
        best = chances.amax(dim=1, keepdim=True)
        peaks = best * (best >= functional.max_pool2d(best, 3, 1, 1)).to(best.dtype)
        scores, places = peaks.flatten(1).topk(ROWS, dim=1)

        def picked(field: Tensor) -> Tensor:
            rows = field.flatten(2).transpose(1, 2)
            return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[-1]))

        corners = corners_px(distances_px(picked(box_logits)), self.anchors[places]).clamp(0, self.side_px)  # type: ignore[index]
        low, high = corners[..., :2], corners[..., 2:]
        boxes = torch.cat([low, (high - low).clamp(min=0.0)], dim=-1)
        features = self.detector.embedding_head(picked(tower))
        embedding = features / features.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-6)
        return boxes, scores, picked(chances), embedding


def fold_batch_norm(detector: Detector) -> Detector:
    """Every convolution takes its batch norm into its own weights."""
    for module in list(detector.modules()):
        if isinstance(module, nn.Sequential) and len(module) >= 2 and isinstance(module[1], nn.BatchNorm2d):
            assert isinstance(module[0], nn.Conv2d)
            module[0] = fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return detector


def export_fp32(detector: Detector, *, path: Path) -> None:
    """Write the float model and check its graph."""
    deployed = Deployed(fold_batch_norm(detector.eval())).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros((2, 1, TILE_PX, TILE_PX), dtype=torch.uint8)
    names = {"image": {0: "N"}} | {name: {0: "N"} for name in OUTPUTS}
    torch.onnx.export(
        deployed,
        (example,),
        str(path),
        input_names=["image"],
        output_names=list(OUTPUTS),
        dynamic_axes=names,
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    _name_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))


def _name_shapes(model: onnx.ModelProto) -> None:
    """Say the fixed sizes of the outputs, which tracing leaves open."""
    for output, tail in zip(model.graph.output, ((ROWS, 4), (ROWS,), (ROWS, 8), (ROWS, EMBEDDING_SIZE)), strict=True):
        shape = output.type.tensor_type.shape
        del shape.dim[:]
        shape.dim.add().dim_param = "N"
        for size in tail:
            shape.dim.add().dim_value = size


def export_int8(*, source: Path, path: Path, calibration: NDArray[np.uint8]) -> None:
    """Static INT8 in QDQ form, weights per channel; heads, preprocessing and peak picking stay in float.

    Seven-bit weights: on processors without VNNI two 8-bit products can overflow 16 bits, and the answer must be the
    same everywhere.

    Args:
        calibration: (n, 1, S, S) uint8 pictures whose activations set the ranges.
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
            return None if row is None else {"image": calibration[row : row + 1]}

    model = onnx.load(str(source))
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
            op_types_to_quantize=["Conv", "Add", "Resize"],
            nodes_to_quantize=_body(model),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.05},
        )
    finally:
        plain.unlink()
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)


def _body(model: onnx.ModelProto) -> list[str]:
    """Convolutions, additions and enlargements, without the heads and the one-channel stem, which INT8 makes slower."""
    left_in_float = ("class_head", "box_head", "embedding_head", "/to_4.0/")
    return [
        node.name
        for node in model.graph.node
        if node.op_type in ("Conv", "Add", "Resize")
        and "/detector/" in node.name
        and not any(part in node.name for part in left_in_float)
    ]
