"""From a checkpoint to two versions in the model zoo: export, quantise, calibrate, measure, describe."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from domain.detection.calibrate import PlattCalibration
from domain.evaluation.detection_metrics import Boxes
from training import boards, evaluate, recipe
from training.artefact import describe_training, write_artefact
from training.export import export_fp32
from training.fit import load_averaged, read_checkpoint, stages_of
from training.quantise import export_int8


def release(
    *,
    checkpoint: Path,
    zoo: Path,
    test_count: int | None = None,
    validation_count: int | None = None,
    note: str = "",
    boards_folder: Path | None = None,
) -> dict[str, Any]:
    """Write both versions and return the figures of the test.

    Args:
        checkpoint: of the last stage.
        zoo: folder that holds one folder per model name.
        test_count, validation_count: fewer scenes than the recipe says, for a quick look; the card states the number.
        note: how the training came about, for the card.
        boards_folder: scans of circuit boards to look at (see training.boards); without it the card says nothing on
            pictures from the world.
    """
    # Written beside and moved in at the end: whoever reads the zoo never sees a model without its description.
    folders = {version: zoo / recipe.NAME / f".new-{version}" for version in (recipe.FP32_VERSION, recipe.INT8_VERSION)}
    fp32, int8 = (folder / "model.onnx" for folder in folders.values())
    export_fp32(load_averaged(checkpoint), path=fp32)
    sample = recipe.QUANTISATION
    pictures = [
        scene.pixels for scene in evaluate.scenes(seed=sample.seed, count=sample.count, families=sample.families)
    ]
    export_int8(source=fp32, path=int8, calibration=np.stack(pictures)[:, None])
    predictors = [evaluate.onnx_predictor(path) for path in (fp32, int8)]

    sample = recipe.VALIDATION
    held_back = evaluate.scenes(seed=sample.seed, count=validation_count or sample.count, families=sample.families)
    found, truth = evaluate.run(predictors, held_back)
    settled = []
    for boxes in found:
        calibration = evaluate.fit_calibration(boxes, truth.boxes)
        settled.append((calibration, evaluate.choose_thresholds(evaluate.calibrate(boxes, calibration), truth.boxes)))

    sample = recipe.TEST
    unseen = evaluate.scenes(seed=sample.seed, count=test_count or sample.count, families=sample.families)
    found, truth = evaluate.run(predictors, unseen)
    measured = [
        _figures(boxes, truth, calibration=calibration, thresholds=thresholds)
        for boxes, (calibration, thresholds) in zip(found, settled, strict=True)
    ]
    for path, predict, figures, (calibration, thresholds) in zip(
        (fp32, int8), predictors, measured, settled, strict=True
    ):
        figures["speed"] = time_one_tile(path)
        if boards_folder is not None:
            figures["real"] = boards.describe(
                boards_folder, predict=predict, calibration=calibration, thresholds=thresholds
            ).strip()
    change = measured[1]["test"]["map50"] - measured[0]["test"]["map50"]
    default = -change < recipe.INT8_DEFAULT_LOSS
    measured[1]["beside_parent"] = {
        "map50_change": round(change, 4),
        "verdict": "served by default" if default else "costs too much to be served by default",
    }
    weights = trained_weights(checkpoint)
    torch.save(weights, fp32.with_name("weights.pt"))
    training = describe_training(history=weights["history"], note=note)
    versions = ((recipe.FP32_VERSION, "fp32", None), (recipe.INT8_VERSION, "int8", recipe.FP32_VERSION))
    for (version, precision, parent), (calibration, thresholds), figures in zip(
        versions, settled, measured, strict=True
    ):
        write_artefact(
            folders[version],
            version=version,
            precision=precision,
            parent=parent,
            calibration=calibration,
            thresholds=thresholds,
            measured=figures,
            training=training,
        )
    for version, folder in folders.items():
        _move(folder, to=zoo / recipe.NAME / version)
    return {version: figures for (version, _, _), figures in zip(versions, measured, strict=True)}


def trained_weights(checkpoint: Path) -> dict[str, Any]:
    """What a later training begins with: the averaged weights, batch norm not yet folded away, and how they came about.

    A checkpoint without the optimiser's state: a third of the size, and as good for `--warm-start`.
    """
    state = read_checkpoint(checkpoint)
    return {"averaged": state["averaged"], "loss": state["loss"], "history": stages_of(state)}


def _move(folder: Path, *, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.replace(to / path.name)
    folder.rmdir()


def _figures(
    raw: Boxes, truth: evaluate.Truth, *, calibration: PlattCalibration, thresholds: NDArray[np.float64]
) -> dict[str, Any]:
    """All scenes, and those of known and of held-out textures apart."""
    found = evaluate.calibrate(raw, calibration)
    unknown = np.isin(truth.family, recipe.HELD_OUT)
    test = evaluate.measure(found, truth, thresholds=thresholds)
    for name, pictures in (("known", ~unknown), ("held_out", unknown)):
        test[name] = evaluate.measure(*evaluate.only(found, truth, pictures=pictures), thresholds=thresholds)
        test[name] = {key: test[name][key] for key in ("map50", "map75", "ece", "defects", "per_class")}
        test[name]["pictures"] = int(pictures.sum())
    return {"test": test | evaluate.false_alarms(found, truth, thresholds=thresholds)}


def time_one_tile(path: Path, *, runs: int = 40) -> dict[str, Any]:
    """CPU time of one tile in ONNX Runtime with one thread: the lower quartile of several runs."""
    session = evaluate.open_session(path)
    tile = evaluate.draw_scene(seed=(recipe.QUANTISATION.seed, 0)).pixels[None, None]
    spent = []
    for _ in range(runs):
        began = time.process_time()
        session.run(None, {"image": tile})
        spent.append(time.process_time() - began)
    return {"cpu_ms": round(float(np.quantile(spent[5:], 0.25)) * 1000, 2), "threads": 1, "processor": _processor()}


def _processor() -> str:
    """Model and the vector instructions that decide how fast INT8 is."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    name = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "unknown")
    vector = "AVX-512 with VNNI" if "avx512_vnni" in text else "AVX-512" if "avx512f" in text else "AVX2"
    return f"{name} with {vector}" if "with" not in vector else f"{name} with {vector.replace(' with ', ' and ')}"


def summary(figures: dict[str, Any]) -> str:
    """A few lines for the terminal."""
    return "\n".join(
        json.dumps(
            {
                "version": version,
                "map50": row["test"]["map50"],
                "ece": row["test"]["ece"],
                "held_out_map50": row["test"]["held_out"]["map50"],
                "cpu_ms": row["speed"]["cpu_ms"],
                "recall": {code: item["recall"] for code, item in row["test"]["per_class"].items()},
            }
        )
        for version, row in figures.items()
    )


def evaluate_folder(folder: Path, *, seed: int, count: int) -> str:
    """Measure a version as it is described: its own calibration and thresholds, fresh scenes of all textures."""
    described = json.loads((folder / "model.json").read_text())
    calibration = PlattCalibration.from_dict(described["calibration"])
    thresholds = np.array([described["thresholds"][code] for code in described["classes"]])
    pictures = evaluate.scenes(seed=seed, count=count, families=recipe.TEST.families)
    (found,), truth = evaluate.run([evaluate.onnx_predictor(folder / "model.onnx")], pictures)
    return json.dumps(_figures(found, truth, calibration=calibration, thresholds=thresholds)["test"], indent=1)
