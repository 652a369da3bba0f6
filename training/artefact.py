"""Write a version folder of the model zoo: `model.onnx`, `model.json`, `card.md`."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES
from domain.detection.calibrate import PlattCalibration
from training import recipe
from training.cache import painter_digest
from training.card import write_card
from training.evaluate import NMS_IOU
from training.export import ROWS, TILE_PX
from training.network import EMBEDDING_SIZE


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def code_digest() -> str:
    """SHA-256 over the training sources."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def describe_training(*, history: list[dict[str, Any]], note: str) -> dict[str, Any]:
    """What is needed to make the weights again: scenes, stages as they were run, digests, versions."""
    scene_sets = list(dict.fromkeys(scenes for stage in recipe.STAGES for scenes in stage.scenes))
    return {
        "stages": history,
        "datasets": datasets_of(history),
        "images": sum(scenes.count for scenes in scene_sets),
        "seed": scene_sets[0].seed,
        "scene_sets": [asdict(scenes) for scenes in scene_sets],
        "quantisation": asdict(recipe.QUANTISATION),
        "validation": asdict(recipe.VALIDATION),
        "test": asdict(recipe.TEST),
        "held_out_families": list(recipe.HELD_OUT),
        "painter_sha256": painter_digest(),
        "code_sha256": code_digest(),
        "versions": library_versions(),
        "command": "python -m training reproduce",
        "note": note,
    }


def library_versions() -> dict[str, str]:
    """Of everything whose change may change the weights."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }


def datasets_of(history: list[dict[str, Any]]) -> list[str]:
    """SHA-256 of every frozen manifest behind some weights, in the order in which they were learned from."""
    return list(dict.fromkeys(stage["dataset"] for stage in history if stage.get("dataset")))


def write_artefact(
    folder: Path,
    *,
    version: str,
    precision: str,
    parent: str | None,
    calibration: PlattCalibration,
    thresholds: NDArray[np.float64],
    measured: dict[str, Any],
    training: dict[str, Any],
    card: Callable[[dict[str, Any]], str] = write_card,
) -> None:
    """Describe the `model.onnx` that already lies in `folder`."""
    model = folder / "model.onnx"
    described = {
        "format": 1,
        "name": recipe.NAME,
        "kind": "visual",
        "version": version,
        "precision": precision,
        "parent": parent,
        "input": {"name": "image", "dtype": "uint8", "shape": [1, TILE_PX, TILE_PX]},
        "outputs": {
            "boxes": [ROWS, 4],
            "scores": [ROWS],
            "class_scores": [ROWS, len(CLASS_CODES)],
            "embedding": [ROWS, EMBEDDING_SIZE],
        },
        "classes": list(CLASS_CODES),
        "calibration": {
            "method": "platt",
            "a": [round(float(a), 5) for a in calibration.a],
            "b": [round(float(b), 5) for b in calibration.b],
        },
        "thresholds": {code: float(value) for code, value in zip(CLASS_CODES, thresholds, strict=True)},
        "nms_iou": NMS_IOU,
        "metrics": measured,
        "training": training,
        "sha256": sha256(model),
    }
    (folder / "model.json").write_text(json.dumps(described, indent=1) + "\n")
    (folder / "card.md").write_text(card(described))
