"""Run an exported model over scenes it has not seen, exactly as the product does, and measure what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES, DIFFICULTIES, draw_scene
from domain.detection.calibrate import PlattCalibration, calibrated
from domain.detection.decode import decode_outputs
from domain.detection.suppress import suppress
from domain.detection.types import Detections
from domain.evaluation import detection_metrics as metrics

NMS_IOU = 0.5
RAW_FLOOR = 0.01
REPORT_FLOOR = 0.05
"""Calibration error counts detections from this confidence up: hundreds of near-zero rows would flatter it."""
Answer = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
Predictor = Callable[[NDArray[np.uint8]], Answer]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is on a set of pictures. difficulty: per defect. family, look: per picture."""

    boxes: metrics.Boxes
    difficulty: NDArray[np.int8]
    family: NDArray[np.str_]
    look: NDArray[np.str_]


def open_session(path: Path, *, threads: int = 1) -> onnxruntime.InferenceSession:
    """The model in ONNX Runtime, on as many cores as told and no spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_predictor(path: Path, *, threads: int = 1) -> Predictor:
    """(N, 1, 512, 512) uint8 to the four outputs."""
    session = open_session(path, threads=threads)
    return lambda tiles: tuple(session.run(None, {"image": tiles}))


def scenes(*, seed: int, count: int, families: Sequence[str], side_px: int = 512) -> Iterator[Any]:
    """Scene i of a set has the seed (seed, i)."""
    for index in range(count):
        yield draw_scene(seed=(seed, index), size_px=(side_px, side_px), families=tuple(families))


def find(predict: Predictor, pixels: NDArray[np.uint8], *, calibration: PlattCalibration) -> Detections:
    """Detections on one tile-sized picture, duplicates removed."""
    tile = np.array([[0, 0, pixels.shape[1], pixels.shape[0]]])
    detections = decode_outputs(*predict(pixels[None, None]), tiles=tile, calibration=calibration, floor=RAW_FLOOR)
    return suppress(detections, iou=NMS_IOU, across_classes_iou=NMS_IOU)


def run(predictors: Sequence[Predictor], pictures: Iterable[Any]) -> tuple[list[metrics.Boxes], Truth]:
    """Uncalibrated detections of each predictor, and truth, of a set of scenes drawn once."""
    identity = PlattCalibration.identity(len(CLASS_CODES))
    found: list[list[Detections]] = [[] for _ in predictors]
    there: list[Any] = []
    for scene in pictures:
        for predict, rows in zip(predictors, found, strict=True):
            rows.append(find(predict, scene.pixels, calibration=identity))
        # The pixels are not needed again; 2,000 of them would be half a gigabyte.
        there.append(replace(scene, pixels=scene.pixels[:0], masks=()))
    counts = [len(scene) for scene in there]
    truth = metrics.Boxes(
        image=np.repeat(np.arange(len(there)), counts),
        boxes_px=np.concatenate([scene.boxes_px for scene in there]).astype(np.float64),
        class_index=np.concatenate([scene.class_index for scene in there]).astype(np.int64),
        confidence=np.ones(sum(counts)),
    )
    return [_boxes(rows) for rows in found], Truth(
        boxes=truth,
        difficulty=np.concatenate([scene.difficulty for scene in there]),
        family=np.array([scene.meta["family"] for scene in there]),
        look=np.array([scene.meta["look"] for scene in there]),
    )


def _boxes(rows: Sequence[Detections]) -> metrics.Boxes:
    detections = Detections.concatenate(rows)
    return metrics.Boxes(
        image=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        boxes_px=detections.boxes_px.astype(np.float64),
        class_index=detections.class_index.astype(np.int64),
        confidence=detections.raw_score.astype(np.float64),
    )


def only(found: metrics.Boxes, truth: Truth, *, pictures: NDArray[np.bool_]) -> tuple[metrics.Boxes, Truth]:
    """The part of the detections and of the truth that is on some of the pictures."""
    kept = pictures[truth.boxes.image]
    # Pictures that are left out stay in the lists per picture: numbers of pictures do not change.
    return found.take(pictures[found.image]), Truth(
        truth.boxes.take(kept), truth.difficulty[kept], truth.family, truth.look
    )


def calibrate(boxes: metrics.Boxes, calibration: PlattCalibration) -> metrics.Boxes:
    """The same detections with calibrated confidences."""
    confidence = calibrated(boxes.confidence, boxes.class_index, calibration=calibration).astype(np.float64)
    return metrics.Boxes(boxes.image, boxes.boxes_px, boxes.class_index, confidence)


def fit_calibration(found: metrics.Boxes, truth: metrics.Boxes) -> PlattCalibration:
    """Platt scaling per class: logistic regression of `was right` on the logit of the raw score.

    Every class is drawn a little towards the fit over all classes, so that a rare one stays sane.
    """
    hit = metrics.match(found, truth) >= 0
    inside = np.clip(found.confidence, 1e-6, 1 - 1e-6)
    logit = np.log(inside) - np.log1p(-inside)
    common = _logistic(logit, hit, prior=(1.0, 0.0), strength=1e-3)
    rows = [
        _logistic(logit[found.class_index == index], hit[found.class_index == index], prior=common, strength=3.0)
        for index in range(len(CLASS_CODES))
    ]
    return PlattCalibration(a=np.array([max(a, 0.05) for a, _ in rows]), b=np.array([b for _, b in rows]))


def choose_thresholds(
    found: metrics.Boxes, truth: metrics.Boxes, *, wanted_recall: float = 0.94
) -> NDArray[np.float64]:
    """(C,) the confidence of best F1, lowered where recall would fall short of what is wanted, within reason."""
    hit = metrics.match(found, truth) >= 0
    chosen = np.full(len(CLASS_CODES), 0.5)
    for index in range(len(CLASS_CODES)):
        mine = found.class_index == index
        count = int((truth.class_index == index).sum())
        if not count or not mine.any():
            continue
        order = np.argsort(-found.confidence[mine])
        confidence, hits = found.confidence[mine][order], np.cumsum(hit[mine][order])
        recall, precision = hits / count, hits / np.arange(1, len(hits) + 1)
        best = int((2 * recall * precision / np.maximum(recall + precision, 1e-9)).argmax())
        enough = np.flatnonzero((recall >= wanted_recall) & (precision >= 0.8))
        pick = max(best, int(enough[0])) if len(enough) else best
        chosen[index] = np.floor(np.clip(confidence[pick], 0.1, 0.9) * 100) / 100
    return chosen


def measure(found: metrics.Boxes, truth: Truth, *, thresholds: NDArray[np.float64]) -> dict[str, Any]:
    """Every figure of the card from calibrated detections."""
    count = len(CLASS_CODES)
    per_class = metrics.average_precision_per_class(found, truth.boxes, class_count=count)
    at_75 = metrics.average_precision_per_class(found, truth.boxes, class_count=count, iou=0.75)
    recall, precision, seen = metrics.rates_at_thresholds(found, truth.boxes, thresholds=thresholds)
    kept = found.confidence >= REPORT_FLOOR
    correct = metrics.match(found, truth.boxes) >= 0
    by_class = {
        code: {
            "defects": int((truth.boxes.class_index == index).sum()),
            "ap50": _rounded(per_class[index]),
            "recall": _rounded(recall[index]),
            "precision": _rounded(precision[index]),
            "threshold": float(thresholds[index]),
        }
        for index, code in enumerate(CLASS_CODES)
    }
    of_defect = truth.boxes.image
    return {
        "map50": _rounded(float(np.nanmean(per_class))),
        "map75": _rounded(float(np.nanmean(at_75))),
        "ece": _rounded(metrics.expected_calibration_error(found.confidence[kept], correct[kept])),
        "defects": len(truth.boxes),
        "per_class": by_class,
        "by_difficulty": _shares(truth.difficulty, seen, dict(enumerate(DIFFICULTIES))),
        "by_look": _shares(truth.look[of_defect], seen, {name: name for name in sorted(set(truth.look))}),
        "by_family": _shares(truth.family[of_defect], seen, {name: name for name in sorted(set(truth.family))}),
    }


def false_alarms(found: metrics.Boxes, truth: Truth, *, thresholds: NDArray[np.float64]) -> dict[str, Any]:
    """How often a picture without any defect is called defective."""
    clean = np.ones(len(truth.family), np.bool_)
    clean[truth.boxes.image] = False
    shown = found.take(found.confidence >= thresholds[found.class_index])
    alarms = int(clean[shown.image].sum())
    return {
        "pictures": len(clean),
        "clean_pictures": int(clean.sum()),
        "false_alarms_per_clean_picture": _rounded(alarms / max(1, int(clean.sum()))),
    }


def _shares(labels: NDArray[Any], seen: NDArray[np.bool_], names: dict[Any, str]) -> dict[str, Any]:
    return {
        name: {"defects": int((labels == value).sum()), "recall": _rounded(float(seen[labels == value].mean()))}
        for value, name in names.items()
        if (labels == value).any()
    }


def _rounded(value: float) -> float | None:
    """Four digits; None for what is undefined, which JSON has no number for."""
    return None if np.isnan(value) else round(float(value), 4)


def _logistic(
    x: NDArray[np.float64], y: NDArray[np.bool_], *, prior: tuple[float, float], strength: float
) -> tuple[float, float]:
    """Slope and offset by Newton's method, with a Gaussian prior of the given strength around `prior`."""
    weights = np.array(prior, np.float64)
    design = np.stack([x, np.ones_like(x)], axis=1)
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (chance - y) + strength * (weights - prior)
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.eye(2) * (strength + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])
