"""What the detector is told: which anchors answer for which defect, and how wrong they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.network import CLASS_COUNT, EMBEDDING_SIZE, STRIDE_PX, anchors_px, corners_px, distances_px

ANCHORS_PER_DEFECT = 9
FUSED_WIDTH = 64
FOCUS = 1.75
SIZE_STEPS_PX = (24.0, 72.0)
"""Embeddings also tell small, middling and large defects of a class apart."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step looks at.

    pixels: (N, 1, S, S) uint8. label_maps: (N, S/2, S/2) uint8, 0 or class + 1. corners_px: (N, G, 4).
    class_index: (N, G), -1 where there is no defect, -2 where one is cut off so far that it is neither wanted nor held
    against the model.
    """

    pixels: Tensor
    label_maps: Tensor
    corners_px: Tensor
    class_index: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch where the model is."""
        parts = (self.pixels, self.label_maps, self.corners_px, self.class_index)
        return Batch(*(part.to(device, non_blocking=True) for part in parts))


def iou_pairs(a: Tensor, b: Tensor, *, complete: bool = False) -> Tensor:
    """Intersection over union of corner boxes, broadcast; `complete` also charges centre distance and aspect."""
    inter = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    size_a, size_b = (a[..., 2:] - a[..., :2]).clamp(min=0.1), (b[..., 2:] - b[..., :2]).clamp(min=0.1)
    iou = inter / (size_a.prod(-1) + size_b.prod(-1) - inter)
    if not complete:
        return iou
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp(min=0.1)
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).square().sum(-1) / 4
    aspect = (
        4
        / torch.pi**2
        * (torch.atan(size_b[..., 0] / size_b[..., 1]) - torch.atan(size_a[..., 0] / size_a[..., 1])).square()
    )
    with torch.no_grad():
        weight = aspect / (1 - iou + aspect + 1e-6)
    return iou - apart / hull.square().sum(-1) - weight * aspect


@torch.no_grad()
def assign(
    *, scores: Tensor, boxes: Tensor, anchors: Tensor, truth: Tensor, class_index: Tensor
) -> tuple[Tensor, Tensor]:
    """Give every defect the anchors that already see it best (task-aligned assignment).

    Args:
        scores: (N, A, 8) class probabilities. boxes: (N, A, 4) predicted corners. anchors: (A, 2).
        truth: (N, G, 4) corners. class_index: (N, G).

    Returns:
        (N, A) int64 row of the defect each anchor answers for, -1 for none; (N, A) float32 wanted score.
    """
    real = class_index >= 0
    labels = class_index.clamp(min=0)
    iou = iou_pairs(truth[:, :, None], boxes[:, None])
    chance = scores.transpose(1, 2).gather(1, labels[..., None].expand(-1, -1, scores.shape[1]))
    centre, half = (truth[..., :2] + truth[..., 2:]) / 2, (truth[..., 2:] - truth[..., :2]) / 2
    half = half.clamp(min=STRIDE_PX * 0.76)
    away = ((anchors - centre[:, :, None]).abs() / half[:, :, None]).amax(-1)
    near = torch.exp(-2 * away) * 1e-5
    fit = (chance.sqrt() * iou.pow(3) + near) * (away < 1) * real[..., None]
    best = fit.topk(ANCHORS_PER_DEFECT, dim=2)
    chosen = torch.zeros_like(fit).scatter_(2, best.indices, 1.0) * (fit > 0)
    held = iou * chosen + chosen * 1e-4
    owner = held.argmax(1)
    owned = held.amax(1) > 0
    mine = torch.zeros_like(chosen).scatter_(1, owner[:, None], 1.0) * owned[:, None]
    fit = fit * mine
    top_fit = fit.amax(2, keepdim=True).clamp(min=1e-12)
    top_iou = (iou * mine).amax(2, keepdim=True).clamp(min=0.6)
    wanted = ((fit / top_fit).sqrt() * top_iou).amax(1)
    return torch.where(owned, owner, -1), torch.where(owned, wanted, 0.0)


class DetectionLoss(nn.Module):
    """Classes, boxes, outlines and embeddings in one figure.

    Outlines (which cells show a defect) and the prototypes of the embedding are learned along and not shipped: they
    tell the backbone about every cell, where boxes tell it about a few.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outline_head = nn.Conv2d(FUSED_WIDTH, CLASS_COUNT, 1)
        nn.init.constant_(self.outline_head.bias, -4.0)  # type: ignore[arg-type]
        self.prototypes = nn.Parameter(torch.randn(CLASS_COUNT * (len(SIZE_STEPS_PX) + 1), EMBEDDING_SIZE) * 0.2)

    def forward(
        self, *, fused: Tensor, class_logits: Tensor, box_logits: Tensor, embeddings: Tensor, batch: Batch
    ) -> dict[str, Tensor]:
        """embeddings: (N, A, 64). Returns the parts and their weighted `total`."""
        count, _, height, width = class_logits.shape
        anchors = anchors_px(height, width).to(class_logits.device)
        logits = class_logits.flatten(2).transpose(1, 2)
        boxes = corners_px(distances_px(box_logits).flatten(2).transpose(1, 2), anchors)
        owner, wanted = assign(
            scores=logits.sigmoid(),
            boxes=boxes.detach(),
            anchors=anchors,
            truth=batch.corners_px,
            class_index=batch.class_index,
        )
        row, column = torch.nonzero(owner >= 0, as_tuple=True)
        defect = owner[row, column]
        labels = batch.class_index[row, defect]
        goal = torch.zeros_like(logits)
        goal[row, column, labels] = wanted[row, column]
        weight = 1 - _cut_off(anchors, batch).float() * (owner < 0)
        total_wanted = goal.sum().clamp(min=count * 0.5)
        # Quality focal loss: cells that are already right weigh next to nothing, or bare wafer would drown the defects.
        focus = (goal - logits.sigmoid()).abs().detach().pow(FOCUS)
        class_loss = (
            functional.binary_cross_entropy_with_logits(logits, goal, reduction="none") * focus * weight[..., None]
        ).sum() / total_wanted
        truth = batch.corners_px[row, defect]
        share = wanted[row, column]
        iou = iou_pairs(boxes[row, column], truth, complete=True)
        box_loss = ((1 - iou) * share).sum() / total_wanted
        size = (truth[:, 2:] - truth[:, :2]).amax(-1)
        step = sum((size > limit).long() for limit in SIZE_STEPS_PX)
        likeness = 12 * embeddings[row, column] @ functional.normalize(self.prototypes, dim=-1).T
        kind = labels * (len(SIZE_STEPS_PX) + 1) + step
        embedding_loss = functional.cross_entropy(likeness, kind) if len(row) else logits.sum() * 0
        outline_loss = _outline_loss(self.outline_head(fused), batch.label_maps)
        return {
            "total": 3.0 * class_loss + 6.0 * box_loss + 0.15 * embedding_loss + 0.4 * outline_loss,
            "outline": outline_loss.detach(),
            "class": class_loss.detach(),
            "box": box_loss.detach(),
            "embedding": embedding_loss.detach(),
        }


def _outline_loss(logits: Tensor, label_maps: Tensor) -> Tensor:
    """Focal loss and soft overlap per class between cells that show a defect and cells thought to."""
    cell = label_maps.shape[-1] // logits.shape[-1]
    wanted = functional.one_hot(label_maps.long(), CLASS_COUNT + 1)[..., 1:].permute(0, 3, 1, 2).float()
    wanted = functional.max_pool2d(wanted, cell)
    chance = logits.sigmoid()
    focus = (wanted - chance).abs().detach().square()
    focal = (functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * focus).sum()
    shared, both = (chance * wanted).sum((0, 2, 3)), (chance + wanted).sum((0, 2, 3))
    return 2 * focal / wanted.sum().clamp(min=20) + (1 - (2 * shared + 1) / (both + 1)).mean()


def _cut_off(anchors: Tensor, batch: Batch) -> Tensor:
    """(N, A) whether an anchor lies in a defect that is cut off too far to judge."""
    low, high = batch.corners_px[:, :, None, :2] - 4, batch.corners_px[:, :, None, 2:] + 4
    inside = ((anchors > low) & (anchors < high)).all(-1)
    return (inside & (batch.class_index == -2)[..., None]).any(1)
