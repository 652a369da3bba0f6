"""The detector: a small residual backbone, a top-down neck, one anchor-free head at stride 8.

Plain 3 x 3 convolutions and ReLU only, so that folded batch norm leaves convolutions that INT8 kernels run fast.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE_PX = 8
CLASS_COUNT = 8
EMBEDDING_SIZE = 64
REACH_PX = 4.0
"""A box may end this far short of its anchor: the anchor nearest to a 5 px defect can lie outside of it."""


def conv_block(inputs: int, outputs: int, *, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.03, eps=1e-3),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3 x 3 convolutions through a narrower middle, added to what came in."""

    def __init__(self, *, width: int, middle: int) -> None:
        super().__init__()
        self.squeeze = conv_block(width, middle)
        self.expand = nn.Sequential(
            nn.Conv2d(middle, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width, momentum=0.03, eps=1e-3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        return functional.relu(x + self.expand(self.squeeze(x)))


class Context(nn.Module):
    """What lies up to six cells away, pooled at three ranges and added: the far end of a long defect is seen from here.

    Its last norm begins at zero, so that a trained network that is given one answers as it did before.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.mix = nn.Sequential(
            nn.Conv2d(3 * width, width, 1, bias=False), nn.BatchNorm2d(width, momentum=0.03, eps=1e-3)
        )
        nn.init.zeros_(self.mix[1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        near = self.pool(x)
        middle = self.pool(near)
        return functional.relu(x + self.mix(torch.cat([near, middle, self.pool(middle)], dim=1)))


class Detector(nn.Module):
    """(N, 1, H, W) normalised grey to class logits, box distances and embedding features at stride 8."""

    def __init__(self) -> None:
        super().__init__()
        self.to_4 = nn.Sequential(
            conv_block(1, 24, stride=2), conv_block(24, 32, stride=2), Residual(width=32, middle=16)
        )
        self.to_8 = nn.Sequential(
            conv_block(32, 64, stride=2), Residual(width=64, middle=32), Residual(width=64, middle=32)
        )
        self.to_16 = nn.Sequential(
            conv_block(64, 96, stride=2), Residual(width=96, middle=64), Residual(width=96, middle=64)
        )
        self.to_32 = nn.Sequential(
            conv_block(96, 144, stride=2), Residual(width=144, middle=96), Residual(width=144, middle=96)
        )
        self.context = Context(width=144)
        self.down_from_32 = conv_block(144, 96, size=1)
        self.fuse_16 = conv_block(96, 80)
        self.down_from_16 = conv_block(80, 64, size=1)
        self.fuse_8 = conv_block(64, 64)
        self.class_tower = conv_block(64, 48)
        self.box_tower = conv_block(64, 48)
        self.class_head = nn.Conv2d(48, CLASS_COUNT, 1)
        self.box_head = nn.Conv2d(48, 4, 1)
        self.embedding_head = nn.Linear(48, EMBEDDING_SIZE)
        nn.init.constant_(self.class_head.bias, -5.0)  # type: ignore[arg-type]
        nn.init.normal_(self.class_head.weight, std=0.01)
        nn.init.normal_(self.box_head.weight, std=0.01)
        nn.init.constant_(self.box_head.bias, 0.7)  # type: ignore[arg-type]

    def features(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) to (N, 64, H/8, W/8)."""
        x_8 = self.to_8(self.to_4(x))
        x_16 = self.to_16(x_8)
        x_32 = self.to_32(x_16)
        top = functional.interpolate(self.down_from_32(self.context(x_32)), scale_factor=2.0, mode="nearest")
        middle = functional.interpolate(self.down_from_16(self.fuse_16(x_16 + top)), scale_factor=2.0, mode="nearest")
        fused: Tensor = self.fuse_8(x_8 + middle)
        return fused

    def heads(self, fused: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Class logits (N, 8, h, w), box logits (N, 4, h, w), and the tower (N, 48, h, w) embeddings are read from."""
        tower = self.class_tower(fused)
        return self.class_head(tower), self.box_head(self.box_tower(fused)), tower

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `heads` makes of the features."""
        return self.heads(self.features(x))

    def embed(self, tower_rows: Tensor) -> Tensor:
        """(..., 48) rows of the class tower to (..., 64) unit vectors."""
        return functional.normalize(self.embedding_head(tower_rows), dim=-1)


def normalise(pixels: Tensor) -> Tensor:
    """(N, 1, H, W) 0..255 of any type to zero mean and unit spread per picture."""
    x = pixels.float()
    mean = x.mean(dim=(2, 3), keepdim=True)
    centred = x - mean
    spread = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return centred / (spread + 6.0)


def distances_px(box_logits: Tensor) -> Tensor:
    """(N, 4, h, w) logits to left, top, right, bottom distances from the anchor."""
    return torch.exp(box_logits.clamp(-3.0, 4.3)) * STRIDE_PX - REACH_PX


def anchors_px(height: int, width: int) -> Tensor:
    """(height * width, 2) x, y of the middle of every cell."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack([x, y], dim=-1).reshape(-1, 2).float() + 0.5) * STRIDE_PX


def corners_px(distances: Tensor, anchors: Tensor) -> Tensor:
    """(N, A, 4) distances and (A, 2) anchors to (N, A, 4) x0, y0, x1, y1."""
    return torch.cat([anchors - distances[..., :2], anchors + distances[..., 2:]], dim=-1)
