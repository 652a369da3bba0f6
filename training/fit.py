"""The training loop: AdamW, cosine, an averaged copy of the weights, resumable at any step."""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.batches import make_batch, prefetch
from training.cache import Shard
from training.loss import DetectionLoss
from training.network import Detector, normalise


@dataclass(frozen=True, slots=True)
class FitSettings:
    """One stage of training. Rates are for the whole stage; the cosine ends at a hundredth."""

    seed: int
    steps: int
    batch: int
    side_px: int
    rate: float
    warm_steps: int = 200
    decay: float = 0.02
    average: float = 0.999
    threads: int = 2
    save_every: int = 200


class Trainer:
    """Model, averaged copy, optimiser and step count; all of it goes into the checkpoint."""

    def __init__(self, settings: FitSettings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.model = Detector().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.model).eval()
        self.loss = DetectionLoss()
        parameters = [*self.model.named_parameters(), *self.loss.named_parameters()]
        plain = [value for _, value in parameters if value.ndim < 2]
        decayed = [value for _, value in parameters if value.ndim >= 2]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": settings.decay}, {"params": plain, "weight_decay": 0.0}],
            lr=settings.rate,
        )
        self.step = 0
        self.history: list[dict[str, Any]] = []

    def rate(self) -> float:
        """Learning rate at the present step."""
        settings = self.settings
        if self.step < settings.warm_steps:
            return settings.rate * (self.step + 1) / settings.warm_steps
        done = (self.step - settings.warm_steps) / max(1, settings.steps - settings.warm_steps)
        return settings.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def run(self, *, shards: list[Shard], out: Path, until: int | None = None) -> None:
        """Train to the end of the stage, saving as it goes; `shards` may grow meanwhile."""
        settings = self.settings
        rng = np.random.default_rng((settings.seed, self.step))
        batches = prefetch(lambda: make_batch(rng, shards=shards, size=settings.batch, side_px=settings.side_px))
        sums: dict[str, float] = {}
        began = time.monotonic()
        while self.step < (until or settings.steps):
            parts = self._one_step(next(batches))
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            if self.step % 50 == 0:
                line = {"step": self.step, "rate": round(self.rate(), 6), "s": round(time.monotonic() - began, 1)}
                line |= {name: round(value / 50, 4) for name, value in sums.items()}
                print(json.dumps(line), flush=True)
                sums = {}
            if self.step % settings.save_every == 0:
                self.save(out / "last.pt")
        self.save(out / "last.pt")

    def _one_step(self, batch: Any) -> dict[str, torch.Tensor]:
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        x = normalise(batch.pixels).contiguous(memory_format=torch.channels_last)
        fused = self.model.features(x)
        class_logits, box_logits, tower = self.model.heads(fused)
        rows = tower.flatten(2).transpose(1, 2)
        parts: dict[str, torch.Tensor] = self.loss(
            fused=fused, class_logits=class_logits, box_logits=box_logits, embeddings=self.model.embed(rows),
            batch=batch,
        )
        self.optimiser.zero_grad(set_to_none=True)
        parts["total"].backward()
        parts["norm"] = nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimiser.step()
        self.step += 1
        self._average()
        return parts

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.settings.average, (1 + self.step) / (20 + self.step))
        source = self.model.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(keep).add_(source[name], alpha=1 - keep)
            else:
                value.copy_(source[name])

    def save(self, path: Path) -> None:
        """Write the whole state; the rename makes it all or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(), "averaged": self.averaged.state_dict(), "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(), "step": self.step, "settings": asdict(self.settings),
            "history": self.history,
        }
        temporary = path.with_suffix(".part")
        torch.save(state, temporary)
        temporary.rename(path)

    def resume(self, path: Path) -> None:
        """Go on where a checkpoint of the same stage stopped."""
        state = torch.load(path, weights_only=True)
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        self._weights(state)

    def warm_start(self, path: Path) -> None:
        """Take weights only: a new stage begins at step 0 with a fresh optimiser."""
        state = torch.load(path, weights_only=True)
        self._weights(state, averaged=True)

    def _weights(self, state: dict[str, Any], *, averaged: bool = False) -> None:
        self.model.load_state_dict(state["averaged" if averaged else "model"])
        self.averaged.load_state_dict(state["averaged"])
        self.loss.load_state_dict(state["loss"], strict=not averaged)
        self.history = [*state["history"], *([state["settings"] | {"done": state["step"]}] if averaged else [])]


def load_averaged(path: Path) -> Detector:
    """The averaged weights of a checkpoint, ready to evaluate."""
    model = Detector()
    model.load_state_dict(torch.load(path, weights_only=True)["averaged"])
    return model.eval()
