"""Run the stages of the recipe one after the other, or one stage on a frozen data set or on labelled pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from demo.synthetic import CLASS_CODES
from training import recipe
from training.cache import Shard, ensure
from training.fit import FitSettings, Trainer
from training.frozen import Labelled, read_dataset, shard_of

MANIFEST_FIT = FitSettings(seed=3, steps=1000, crops=((512, 4, 1.0),), rate=4e-4, muon_rate=0.004, warm_steps=50)


def fit_recipe(
    *,
    out: Path,
    cache: Path,
    threads: int,
    warm: Path | None,
    only: str | None = None,
    steps: int | None = None,
    batch_times: int = 1,
) -> Path:
    """Run what is left of the recipe and return the last checkpoint.

    Args:
        out: one folder per stage is made in it.
        cache: where drawn scenes are kept.
        threads: how many cores to use.
        warm: checkpoint whose weights the first stage begins with.
        only: name of the one stage to run.
        steps: instead of what each stage says.
        batch_times: how many times as large batches as each stage says.
    """
    checkpoint = warm
    for stage in recipe.STAGES:
        if only not in (None, stage.name):
            continue
        shards = [shard for scenes in stage.scenes for shard in ensure(scenes, root=cache, workers=threads)]
        settings = replace(stage.fit, threads=threads, steps=steps or stage.fit.steps, batch_times=batch_times)
        checkpoint = fit_stage(shards, out=out / stage.name, settings=settings, warm=checkpoint)
    assert checkpoint is not None
    return checkpoint


def fit_stage(shards: list[Shard], *, out: Path, settings: FitSettings, warm: Path | None) -> Path:
    """Begin or go on with one stage."""
    trainer = Trainer(settings)
    last = out / "last.pt"
    if last.exists():
        trainer.resume(last)
    elif warm is not None:
        trainer.warm_start(warm)
    trainer.run(shards=shards, out=out)
    return last


def fit_manifest(manifest: Path, *, out: Path, settings: FitSettings, warm: Path | None) -> Path:
    """Train on labelled pictures from elsewhere."""
    return fit_stage(
        [read_manifest(manifest, side_px=max(side for side, _, _ in settings.crops))],
        out=out,
        settings=settings,
        warm=warm,
    )


def fit_dataset(dataset: Path, *, out: Path, settings: FitSettings, warm: Path | None) -> Path:
    """Train on a frozen data set of the product; its digest goes with the weights from then on.

    Raises:
        ValueError: see `read_dataset`.
    """
    frozen = read_dataset(dataset, least_px=max(side for side, _, _ in settings.crops))
    print(json.dumps({"dataset": frozen.sha256, "images": frozen.images, "incomplete": frozen.incomplete}), flush=True)
    return fit_stage(frozen.shards, out=out, settings=replace(settings, dataset=frozen.sha256), warm=warm)


def read_manifest(manifest: Path, *, side_px: int) -> Shard:
    """Read JSON lines of `image`, `boxes_px` (x, y, w, h) and `classes` (codes) into one square shard.

    Raises:
        ValueError: a picture cannot be read or a class is unknown; says which line.
    """
    pictures = []
    for number, line in enumerate(manifest.read_text().splitlines(), start=1):
        row = json.loads(line)
        picture = cv2.imread(str(manifest.parent / row["image"]), cv2.IMREAD_GRAYSCALE)
        unknown = set(row["classes"]) - set(CLASS_CODES)
        if picture is None or unknown:
            raise ValueError(
                f"line {number}: {f'unknown class {unknown.pop()}' if unknown else 'picture not readable'}"
            )
        boxes = np.array(row["boxes_px"], np.float32).reshape(-1, 4)
        pictures.append(Labelled(picture.astype(np.uint8), boxes, tuple(row["classes"])))
    return shard_of(pictures, side_px=side_px)
