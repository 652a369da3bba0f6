"""Labelled pictures to measure on, whatever their origin: of a frozen data set, or drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES
from domain.detection.calibrate import PlattCalibration
from domain.detection.types import Detections
from domain.evaluation import detection_metrics as metrics
from domain.evaluation.image_outcomes import mcnemar
from domain.evaluation.intervals import Estimate, wilson
from training.evaluate import REPORT_FLOOR, Predictor, calibrate
from training.frozen import Labelled
from training.whole import find_on


@dataclass(frozen=True, slots=True)
class Judge:
    """A version as it serves: its answers, and what it makes of its scores."""

    predict: Predictor
    calibration: PlattCalibration
    thresholds: NDArray[np.float64]


def labelled(scenes: Iterable[Any]) -> list[Labelled]:
    """Drawn scenes as pictures with labels."""
    return [
        Labelled(scene.pixels, scene.boxes_px, tuple(CLASS_CODES[index] for index in scene.class_index))
        for scene in scenes
    ]


def truth_of(pictures: Sequence[Labelled]) -> metrics.Boxes:
    """What is on them; `image` counts from 0."""
    counts = [len(picture.classes) for picture in pictures]
    codes = [code for picture in pictures for code in picture.classes]
    return metrics.Boxes(
        image=np.repeat(np.arange(len(pictures)), counts),
        boxes_px=np.concatenate([np.zeros((0, 4)), *(picture.boxes_px for picture in pictures)]).astype(np.float64),
        class_index=np.array([CLASS_CODES.index(code) for code in codes], np.int64),
        confidence=np.ones(len(codes)),
    )


def found_on(predict: Predictor, pictures: Sequence[Labelled]) -> metrics.Boxes:
    """Uncalibrated detections, down to the least score."""
    identity = PlattCalibration.identity(len(CLASS_CODES))
    rows = [find_on(picture.pixels, predict=predict, calibration=identity) for picture in pictures]
    everything = Detections.concatenate(rows)
    return metrics.Boxes(
        image=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        boxes_px=everything.boxes_px.astype(np.float64),
        class_index=everything.class_index.astype(np.int64),
        confidence=everything.raw_score.astype(np.float64),
    )


def compare(judges: Mapping[str, Judge], pictures: Sequence[Labelled]) -> dict[str, Any]:
    """Figures of several versions on the same pictures, and how each but the first differs from the first.

    Returns:
        Figures by the judge's name; `changes`: by name and class (`all` of them too), how many defects only it finds
        (`gained`), only the first finds (`lost`), and how likely so uneven a split is by chance (`p`). {} without
        pictures.
    """
    if not pictures:
        return {}
    found = {name: figures(judge, pictures) for name, judge in judges.items()}
    (_, before), *others = ((name, seen) for name, (_, seen) in found.items())
    classes = truth_of(pictures).class_index
    masks = {"all": np.ones(len(classes), np.bool_)} | {
        code: classes == index for index, code in enumerate(CLASS_CODES)
    }
    changes = {name: {code: _change(before[mask], seen[mask]) for code, mask in masks.items()} for name, seen in others}
    return {**{name: said for name, (said, _) in found.items()}, "changes": changes}


def _change(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> dict[str, Any]:
    """Paired: McNemar's exact test on the defects that only one of the two finds."""
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return {"gained": gained, "lost": lost, "p": round(mcnemar(lost, gained), 4)}


def figures(judge: Judge, pictures: Sequence[Labelled]) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """How well a version does on pictures, over all and per class, shares with their intervals; and which of the
    defects it finds."""
    truth, found = truth_of(pictures), calibrate(found_on(judge.predict, pictures), judge.calibration)
    shown = found.take(found.confidence >= judge.thresholds[found.class_index])
    matched = metrics.match(shown, truth)
    seen = np.zeros(len(truth), np.bool_)
    seen[matched[matched >= 0]] = True
    precision_50 = metrics.average_precision_per_class(found, truth, class_count=len(CLASS_CODES))
    kept = found.confidence >= REPORT_FLOOR
    correct = metrics.match(found, truth) >= 0
    said = {
        "pictures": len(pictures),
        "defects": len(truth),
        "map50": _number(_mean(precision_50)),
        "ece": _number(metrics.expected_calibration_error(found.confidence[kept], correct[kept])),
        "false_alarms_per_picture": _number(int((matched < 0).sum()) / max(1, len(pictures))),
        "recall": _share(seen),
        "precision": _share(matched >= 0),
        "per_class": {
            code: {
                "defects": int((truth.class_index == index).sum()),
                "ap50": _number(float(precision_50[index])),
                "recall": _share(seen[truth.class_index == index]),
                "precision": _share(matched[shown.class_index == index] >= 0),
            }
            for index, code in enumerate(CLASS_CODES)
        },
    }
    return said, seen


def _share(hit: NDArray[np.bool_]) -> dict[str, float | int | None]:
    """A share with its 95 % interval and of how many; None where there are none."""
    estimate: Estimate = wilson(hits=int(hit.sum()), trials=len(hit))
    return {
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
        "of": len(hit),
    }


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
