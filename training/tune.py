"""Teach a version what people have corrected: a short training on a frozen data set, and two new versions out of it.

Half of what it sees is what it learned from before, so that it does not forget. Before and after are measured on the
lots that were held out of the data set, and on drawn scenes such as the shipped model was judged on.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES
from domain.datasets.records import Split
from domain.detection.calibrate import PlattCalibration
from domain.evaluation.detection_metrics import Boxes
from training import evaluate, recipe
from training.cache import ensure
from training.export import TILE_PX, Deployed, export_fp32
from training.fit import FitSettings, Trainer, load_averaged
from training.frozen import Labelled, read_dataset, read_pictures
from training.pictures import Judge, compare, found_on, labelled, truth_of
from training.progress import tell
from training.quantise import export_int8
from training.tuned import write_versions
from training.wanted import REPLAY, TUNE_FIT, WINDOW_PX, Wanted

MUON_TIMES = 5
"""Muon's rate beside AdamW's."""
WATCHED = 24
"""Pictures that the curve of the metrics is measured on."""
MOST_POINTS = 200
"""Of the curve of losses."""
LOOKS = 8
"""How often the curve is measured."""


@dataclass(frozen=True, slots=True)
class Held:
    """Pictures that nothing is learned from. validation: set thresholds. test: lots held out for the figures. on: which
    split that is; without lots for it the figures are of what the thresholds were set on, and say so. old: drawn."""

    validation: list[Labelled]
    old_validation: list[Labelled]
    test: list[Labelled]
    on: str
    old: list[Labelled]


def tune(wanted: Wanted) -> dict[str, Any]:
    """Train, export, measure. Goes on where an earlier call with the same `out` stopped.

    Returns:
        What `result.json` in `out` says: versions, before and after, seconds.

    Raises:
        ValueError: see `read_dataset`.
    """
    done = wanted.out / "result.json"
    if done.exists():
        result: dict[str, Any] = json.loads(done.read_text())
        return result
    began = time.monotonic()
    tell(phase="reading")
    frozen = read_dataset(wanted.dataset, least_px=WINDOW_PX)
    held = _held(wanted)
    tell(dataset=frozen.sha256, images=frozen.images, incomplete=frozen.incomplete, test_images=len(held.test))
    tell(phase="drawing")
    cache = wanted.scenes or wanted.out / "scenes"
    replay = ensure(replace(REPLAY, count=wanted.replay_scenes), root=cache, workers=1)
    trainer = Trainer(_settings(wanted, dataset=frozen.sha256))
    _begin(trainer, wanted)
    tell(phase="fitting", step=trainer.step, steps=wanted.steps, device=_device_name(trainer.device))
    fit_began = time.monotonic()
    trainer.run(
        shards=frozen.shards,
        out=wanted.out,
        replay=replay,
        watch=lambda one: _look(one, held),
        watch_every=max(1, wanted.steps // LOOKS),
    )
    _look(trainer, held)
    fit_s = time.monotonic() - fit_began
    tell(phase="exporting")
    paths = _export(wanted, frozen_pixels=frozen.shards[0].pixels, replay_pixels=replay[0].pixels)
    settled = [_settle(path, held, threads=wanted.threads) for path in paths]
    tell(phase="measuring")
    compared = _compared(wanted, held, settled)
    seconds = {"fit": round(fit_s, 1), "all": round(time.monotonic() - began, 1)}
    result = {
        "dataset": frozen.sha256,
        "images": frozen.images,
        "incomplete": frozen.incomplete,
        "device": _device_name(trainer.device),
        "seconds": seconds,
        "compared": compared,
    }
    result["versions"] = write_versions(wanted, paths=paths, settled=settled, result=result)
    part = done.with_suffix(".part")
    part.write_text(json.dumps(result))
    part.rename(done)
    tell(phase="done", **seconds)
    return result


def _settings(wanted: Wanted, *, dataset: str) -> FitSettings:
    return replace(
        TUNE_FIT,
        seed=wanted.seed,
        steps=wanted.steps,
        rate=wanted.rate,
        muon_rate=wanted.rate * MUON_TIMES,
        warm_steps=max(1, min(TUNE_FIT.warm_steps, wanted.steps // 5)),
        replay_share=wanted.replay_share,
        tell_every=max(TUNE_FIT.tell_every, wanted.steps // MOST_POINTS),
        threads=wanted.threads,
        dataset=dataset,
    )


def _begin(trainer: Trainer, wanted: Wanted) -> None:
    last = wanted.out / "last.pt"
    if last.exists():
        trainer.resume(last)
    else:
        trainer.warm_start(wanted.base / "weights.pt")


def _held(wanted: Wanted) -> Held:
    splits = {split: read_pictures(wanted.dataset, split=split)[1] for split in (Split.VALIDATION, Split.TEST)}
    test = splits[Split.TEST] or splits[Split.VALIDATION]
    scenes = {
        sample.seed: labelled(evaluate.scenes(seed=sample.seed, count=count, families=sample.families))
        for sample, count in ((recipe.VALIDATION, wanted.old_scenes // 2), (recipe.TEST, wanted.old_scenes))
    }
    return Held(
        validation=splits[Split.VALIDATION],
        old_validation=scenes[recipe.VALIDATION.seed],
        test=test,
        on=str(Split.TEST if splits[Split.TEST] else Split.VALIDATION),
        old=scenes[recipe.TEST.seed],
    )


def _look(trainer: Trainer, held: Held) -> None:
    """One point of the curve: the averaged weights on a few pictures, thresholds left aside."""
    deployed = Deployed(trainer.averaged).eval().to(trainer.device)

    @torch.no_grad()
    def predict(tiles: NDArray[np.uint8]) -> Any:
        return tuple(part.float().cpu().numpy() for part in deployed(torch.from_numpy(tiles).to(trainer.device)))

    said: dict[str, float | None] = {}
    for name, pictures in (("new", held.validation[:WATCHED]), ("old", held.old_validation[:WATCHED])):
        if pictures:
            precisions = evaluate.metrics.average_precision_per_class(
                found_on(predict, pictures), truth_of(pictures), class_count=len(CLASS_CODES)
            )
            known = precisions[~np.isnan(precisions)]
            said[f"map50_{name}"] = round(float(known.mean()), 4) if len(known) else None
    tell(step=trainer.step, metrics=said)


def _export(wanted: Wanted, *, frozen_pixels: NDArray[np.uint8], replay_pixels: NDArray[np.uint8]) -> tuple[Path, Path]:
    fp32, int8 = (wanted.out / "versions" / version / "model.onnx" for version in wanted.versions)
    export_fp32(load_averaged(wanted.out / "last.pt"), path=fp32)
    tiles = [_tile(pixels) for source in (frozen_pixels, replay_pixels) for pixels in source[:32]]
    export_int8(source=fp32, path=int8, calibration=np.stack(tiles)[:, None])
    return fp32, int8


def _tile(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    padded = np.pad(pixels, [(0, max(0, TILE_PX - size)) for size in pixels.shape], mode="reflect")
    return padded[:TILE_PX, :TILE_PX]


def _settle(path: Path, held: Held, *, threads: int) -> Judge:
    """Calibration and thresholds, on pictures that nothing was learned from."""
    predict = evaluate.onnx_predictor(path, threads=threads)
    pictures = [*held.validation, *held.old_validation]
    found, truth = found_on(predict, pictures), truth_of(pictures)
    calibration = evaluate.fit_calibration(found, truth)
    calibrated: Boxes = evaluate.calibrate(found, calibration)
    return Judge(predict, calibration, evaluate.choose_thresholds(calibrated, truth))


def _compared(wanted: Wanted, held: Held, settled: list[Judge]) -> dict[str, Any]:
    base = _judge_of(wanted.base, threads=wanted.threads)
    judges = dict(zip(("before", "after", "after_int8"), (base, *settled), strict=True))
    lots = sorted({picture.lot for picture in held.test})
    return {
        "base": json.loads((wanted.base / "model.json").read_text())["version"],
        "on": held.on,
        "lots": lots[:50],
        "new": compare(judges, held.test),
        "old": compare(judges, held.old),
    }


def _judge_of(folder: Path, *, threads: int) -> Judge:
    described = json.loads((folder / "model.json").read_text())
    return Judge(
        evaluate.onnx_predictor(folder / "model.onnx", threads=threads),
        PlattCalibration.from_dict(described["calibration"]),
        np.array([described["thresholds"][code] for code in described["classes"]]),
    )


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {os.cpu_count()} cores"
