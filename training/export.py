"""From a checkpoint to `model.onnx`: everything between uint8 pixels and sorted boxes inside the graph."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
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
