"""What a tuning is asked for, and what it does unless it is told otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training import recipe
from training.cache import SceneSet
from training.fit import FitSettings

WINDOW_PX = 320
TUNE_FIT = FitSettings(
    seed=0, steps=400, crops=((WINDOW_PX, 8, 1.0),), rate=2e-4, muon_rate=0.001, warm_steps=20, run_out=0.8,
    average=0.98, save_every=25, tell_every=5, replay_share=0.5, holds_norms=True,
)  # fmt: skip
"""Slow enough to keep what was learned: at twice the rate drawn scenes lost three points of mAP50."""
REPLAY = SceneSet(seed=131, count=300, side_px=512, families=recipe.CROWDED.families, crowding=2.0)
"""What stands for what was learned before; no scene that anything is measured on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked for.

    Attributes:
        base: folder of the version to begin with: `model.onnx`, `model.json`, `weights.pt`.
        versions: numbers of the new ones, in float and in INT8.
        scenes: folder in which drawn scenes are kept for other runs.
        old_scenes: how many drawn scenes before and after are measured on; half as many set the thresholds.
    """

    dataset: Path
    base: Path
    out: Path
    versions: tuple[str, str]
    scenes: Path | None = None
    seed: int = 0
    steps: int = TUNE_FIT.steps
    rate: float = TUNE_FIT.rate
    replay_share: float = TUNE_FIT.replay_share
    replay_scenes: int = REPLAY.count
    old_scenes: int = 240
    threads: int = 2
