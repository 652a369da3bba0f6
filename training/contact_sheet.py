"""Scenes and their truth side by side: the painter is judged by eye first."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES, FAMILIES, Scene, draw_scene
from domain.detection.calibrate import PlattCalibration
from domain.detection.filter import apply_thresholds

COLOURS = (
    (60, 220, 255),
    (90, 230, 90),
    (255, 150, 60),
    (255, 90, 220),
    (70, 70, 255),
    (240, 240, 70),
    (40, 150, 255),
    (190, 60, 255),
)
"""Blue, green, red per class."""


def write(path: Path, *, seed: int, model: Path | None = None, columns: int = 8, side_px: int = 256) -> None:
    """One row per class, then one row of mixed scenes; truth in thin boxes, detections with corner ticks and scores."""
    rows = []
    for row, codes in enumerate([(code,) for code in CLASS_CODES] + [None]):
        cells: list[NDArray[np.uint8]] = []
        attempt = 0
        while len(cells) < columns:
            attempt += 1
            scene = draw_scene(seed=(seed, row, attempt), size_px=(side_px, side_px), defects=codes, families=FAMILIES)
            if len(scene) or codes is None:
                cells.append(_cell(scene, model=model))
        rows.append(np.hstack(cells))
    cv2.imwrite(str(path), np.vstack(rows))


def _cell(scene: Scene, *, model: Path | None) -> NDArray[np.uint8]:
    picture = cv2.cvtColor(scene.pixels, cv2.COLOR_GRAY2BGR).astype(np.uint8)
    for (x, y, w, h), index in zip(scene.boxes_px.astype(int), scene.class_index, strict=True):
        cv2.rectangle(picture, (x - 2, y - 2), (x + w + 1, y + h + 1), COLOURS[index], 1)
        if model is None:
            _label(picture, CLASS_CODES[index], x - 2, y - 5, COLOURS[index])
    if model is not None:
        _draw_detections(picture, scene.pixels, model=model)
    return cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_CONSTANT).astype(np.uint8)


def _draw_detections(picture: NDArray[np.uint8], pixels: NDArray[np.uint8], *, model: Path) -> None:
    from training.evaluate import find, onnx_predictor

    described = json.loads((model / "model.json").read_text())
    side = described["input"]["shape"][1]
    height, width = pixels.shape
    padded = np.pad(pixels, ((0, side - height), (0, side - width)), mode="reflect")
    found = find(
        onnx_predictor(model / "model.onnx"), padded, calibration=PlattCalibration.from_dict(described["calibration"])
    )
    found = apply_thresholds(
        found, thresholds=np.array([described["thresholds"][code] for code in described["classes"]])
    )
    for (x, y, w, h), index, confidence in zip(found.boxes_px, found.class_index, found.confidence, strict=True):
        if x + w / 2 < width and y + h / 2 < height:
            centre = (int(x + w / 2), int(y + h / 2))
            cv2.drawMarker(picture, centre, COLOURS[index], cv2.MARKER_CROSS, 7, 1)
            _label(picture, f"{CLASS_CODES[index]} {confidence:.2f}", int(x), int(y) - 4, COLOURS[index])


def _label(picture: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, (max(0, x), max(9, y)), cv2.FONT_HERSHEY_SIMPLEX, 0.34, colour, 1, cv2.LINE_AA)
