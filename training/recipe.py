"""The one recipe of the shipped model: which scenes, which stages, which seeds. Change it here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from demo.synthetic import FAMILIES, HELD_OUT_FAMILIES, TRAINING_FAMILIES
from training.cache import SceneSet
from training.fit import FitSettings

NAME = "visual_defects"
FP32_VERSION, INT8_VERSION = "2.2.0", "2.3.0"
"""New weights are new versions: an installation that has the old ones keeps them, and can go back to them."""
INT8_DEFAULT_LOSS = 0.005
"""INT8 is served by default when it costs less mAP50 than this."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of training and the scenes it draws from."""

    name: str
    scenes: tuple[SceneSet, ...]
    fit: FitSettings


CROWDED = SceneSet(seed=103, count=14_000, side_px=320, families=TRAINING_FAMILIES, crowding=4.0)
"""Many defects per scene: a step costs the same and teaches more."""
PLAIN = SceneSet(seed=101, count=2_000, side_px=320, families=TRAINING_FAMILIES)
"""Defects as often as in life, clean scenes among them."""
LARGE = SceneSet(seed=102, count=3_000, side_px=544, families=TRAINING_FAMILIES, crowding=2.0)
"""Room for defects as wide as a tile."""

ALL_SIZES = ((128, 24, 0.2), (192, 10, 0.2), (320, 4, 0.3), (512, 2, 0.3))
STAGES: tuple[Stage, ...] = (
    Stage(
        "crops",
        (CROWDED, PLAIN),
        FitSettings(seed=1, steps=1800, crops=((128, 16, 1.0),), rate=2e-3, muon_rate=0.02, end_pace=0.75),
    ),
    Stage(
        "mixed",
        (CROWDED, PLAIN, LARGE),
        FitSettings(seed=5, steps=15_000, crops=ALL_SIZES, rate=1.2e-3, muon_rate=0.012, run_out=0.75, warm_steps=100),
    ),
    # Again at a third of the pace: the same weights shaken up less, and settled for longer.
    Stage(
        "settled",
        (CROWDED, PLAIN, LARGE),
        FitSettings(seed=6, steps=9_600, crops=ALL_SIZES, rate=4e-4, muon_rate=0.004, run_out=0.9, warm_steps=100),
    ),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Scenes at full tile size that no stage trains on."""

    seed: int
    count: int
    families: tuple[str, ...]


QUANTISATION = Sample(seed=201, count=96, families=TRAINING_FAMILIES)
"""Activation ranges of INT8."""
VALIDATION = Sample(seed=202, count=500, families=TRAINING_FAMILIES)
"""Calibration and thresholds: other seeds, but no texture that the test holds out."""
TEST = Sample(seed=203, count=2000, families=FAMILIES)
"""The stated figures. Looked at, never chosen by: other seeds, and textures nothing above has shown."""
HELD_OUT = HELD_OUT_FAMILIES
