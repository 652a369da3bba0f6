"""The training loop: Muon and AdamW, full speed and then a run-out, averaged weights, resumable at any step."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.batches import make_batch, prefetch
from training.cache import Shard
from training.loss import Batch, DetectionLoss
from training.muon import Muon
from training.network import Detector, normalise
from training.progress import tell


@dataclass(frozen=True, slots=True)
class FitSettings:
    """One stage of training.

    crops: side in px, how many of them make a batch, share of the steps. batch_times: batches this many times as large,
    where a GPU would idle on small ones. dataset: SHA-256 of the frozen
    manifest that is learned from, empty for drawn scenes. rate: AdamW's at its height. run_out: share
    of the steps, at the end, over which the learning rates fall to `end_pace` of their height. replay_share: of the
    windows, cut from what was learned before, against forgetting. holds_norms: batch norms stay as they are. frozen:
    beginnings of the names of parts that are not changed."""

    seed: int
    steps: int
    crops: tuple[tuple[int, int, float], ...]
    rate: float
    batch_times: int = 1
    muon_rate: float = 0.02
    end_pace: float = 0.01
    run_out: float = 0.25
    warm_steps: int = 200
    decay: float = 0.02
    average: float = 0.999
    threads: int = 2
    save_every: int = 200
    tell_every: int = 50
    dataset: str = ""
    replay_share: float = 0.0
    holds_norms: bool = False
    frozen: tuple[str, ...] = ()


class Trainer:
    """Model, averaged copy, optimiser and step count; all of it goes into the checkpoint."""

    def __init__(self, settings: FitSettings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        torch.set_float32_matmul_precision("high")
        self.device = best_device()
        self.model = Detector().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.model).eval()
        for name, value in self.model.named_parameters():
            value.requires_grad_(not name.startswith(settings.frozen) if settings.frozen else True)
        self.loss = DetectionLoss().to(self.device)
        self.optimisers = self._make_optimisers()
        self.step = 0
        self.history: list[dict[str, Any]] = []

    def _make_optimisers(self) -> list[torch.optim.Optimizer]:
        """Muon for hidden convolutions; AdamW for the stem (one channel in), the heads and all vectors."""
        settings = self.settings
        hidden: list[torch.Tensor] = []
        decayed: list[torch.Tensor] = []
        plain: list[torch.Tensor] = []
        for name, value in [*self.model.named_parameters(), *self.loss.named_parameters()]:
            if value.ndim == 4 and value.shape[1] > 1 and "head" not in name:
                hidden.append(value)
            else:
                (decayed if value.ndim >= 2 else plain).append(value)
        return [
            Muon(hidden, lr=settings.muon_rate, weight_decay=settings.decay),
            torch.optim.AdamW(
                [{"params": decayed, "weight_decay": settings.decay}, {"params": plain, "weight_decay": 0.0}],
                lr=settings.rate,
            ),
        ]

    def pace(self) -> float:
        """Share of the full learning rates at the present step: up in a line, level, and down at the end.

        Level for most of the way, so that a stage can be given more steps, or fewer, while it runs: only the run-out
        knows where the end is.
        """
        settings = self.settings
        if self.step < settings.warm_steps:
            return (self.step + 1) / settings.warm_steps
        down = max(0.0, self.step / settings.steps - (1 - settings.run_out)) / settings.run_out
        return settings.end_pace + (1 - settings.end_pace) * (1 - math.sqrt(min(1.0, down)))

    def run(
        self,
        *,
        shards: list[Shard],
        out: Path,
        until: int | None = None,
        replay: Sequence[Shard] = (),
        watch: Callable[[Trainer], None] | None = None,
        watch_every: int = 0,
    ) -> None:
        """Train to the end of the stage, saving as it goes; `shards` may grow meanwhile.

        Args:
            replay: what was learned before; see `FitSettings.replay_share`.
            watch: called every so many steps, and before the first.
        """
        settings = self.settings
        shares = [share for _, _, share in settings.crops]

        def make(rng: np.random.Generator) -> Batch:
            side_px, size, _ = settings.crops[int(rng.choice(len(shares), p=shares))]
            return make_batch(
                rng,
                shards=shards,
                size=size * settings.batch_times,
                side_px=side_px,
                replay=replay,
                replay_share=settings.replay_share,
            )

        # On a processor the making of batches must not take cores from the training itself.
        makers = 1 if self.device.type == "cpu" else settings.threads
        batches = prefetch(make, seeds=np.random.SeedSequence((settings.seed, self.step)).spawn(makers))
        sums: dict[str, float] = {}
        began = time.monotonic()
        with _without_denormals():
            while self.step < (until or settings.steps):
                if watch is not None and self.step % watch_every == 0:
                    watch(self)
                parts = self._one_step(next(batches))
                for name, value in parts.items():
                    sums[name] = sums.get(name, 0.0) + float(value.detach())
                if self.step % settings.tell_every == 0:
                    means = {name: round(value / settings.tell_every, 4) for name, value in sums.items()}
                    spent_s = round(time.monotonic() - began, 1)
                    tell(step=self.step, pace=round(self.pace(), 4), s=spent_s, **means)
                    sums = {}
                if self.step % settings.save_every == 0:
                    self.save(out / "last.pt")
        self.save(out / "last.pt")

    def _one_step(self, batch: Batch) -> dict[str, torch.Tensor]:
        batch = batch.to(self.device)
        self._set_training()
        for optimiser, rate in zip(self.optimisers, (self.settings.muon_rate, self.settings.rate), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * self.pace()
            optimiser.zero_grad(set_to_none=True)
        x = normalise(batch.pixels).contiguous(memory_format=torch.channels_last)
        fused = self.model.features(x)
        class_logits, box_logits, tower = self.model.heads(fused)
        rows = tower.flatten(2).transpose(1, 2)
        parts: dict[str, torch.Tensor] = self.loss(
            fused=fused,
            class_logits=class_logits,
            box_logits=box_logits,
            embeddings=self.model.embed(rows),
            batch=batch,
        )
        parts["total"].backward()
        parts["norm"] = nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._average()
        return parts

    def _set_training(self) -> None:
        self.model.train()
        if self.settings.holds_norms:
            for module in self.model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

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
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "loss": self.loss.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "settings": asdict(self.settings),
            "history": self.history,
        }
        temporary = path.with_suffix(".part")
        torch.save(state, temporary)
        temporary.rename(path)

    def resume(self, path: Path) -> None:
        """Go on where a checkpoint of the same stage stopped."""
        state = read_checkpoint(path)
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.loss.load_state_dict(state["loss"])
        self.step, self.history = state["step"], state["history"]

    def warm_start(self, path: Path) -> None:
        """Take weights only, from a checkpoint or a `weights.pt`: a new stage begins with a fresh optimiser."""
        state = read_checkpoint(path)
        self.model.load_state_dict(state["averaged"])
        self.averaged.load_state_dict(state["averaged"])
        self.loss.load_state_dict(state["loss"], strict=False)
        self.history = stages_of(state)


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Numbers next to nothing count as nothing, or they slow a processor down; the process has them back after."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint or a `weights.pt`, in ordinary memory whichever device wrote it."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def best_device() -> torch.device:
    """The GPU where PyTorch can use one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def stages_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Every stage behind a checkpoint, its own last; a `weights.pt` has all of its stages behind it already."""
    own = [state["settings"] | {"done": state["step"]}] if "settings" in state else []
    return [*state["history"], *own]


def load_averaged(path: Path) -> Detector:
    """The averaged weights of a checkpoint or a `weights.pt`, ready to evaluate."""
    model = Detector()
    model.load_state_dict(read_checkpoint(path)["averaged"])
    return model.eval()
