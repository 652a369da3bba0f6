"""Look at pictures from the world: 1-bit scans of printed circuit boards, the only ones at hand. Nothing is learned."""

from __future__ import annotations

import csv
import textwrap
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES
from domain.detection.boxes import pairwise_iou
from domain.detection.calibrate import PlattCalibration
from training.evaluate import Predictor
from training.whole import find_on

MEETS_IOU = 0.3
SEED = 7


def describe(
    folder: Path, *, predict: Predictor, calibration: PlattCalibration, thresholds: NDArray[np.float64], count: int = 40
) -> str:
    """A paragraph for the card: what the model finds on boards with marked faults and on their faultless templates.

    Args:
        folder: DeepPCB as `WAFERDECK_DATA_DIR/optical/deeppcb` holds it: `annotations.csv` and pictures per split.
        count: boards to look at, drawn with a fixed seed.

    Raises:
        FileNotFoundError: the collection is not there.
    """
    faults = _faults(folder / "annotations.csv")
    chosen = np.random.default_rng(SEED).choice(sorted(faults), size=count, replace=False)
    met: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    called: Counter[str] = Counter()
    calls = on_templates = 0
    for split, pair in chosen:
        truth = faults[split, pair]
        found, template = (
            find_on(
                _picture(folder / split / f"{pair}_{which}.png"),
                predict=predict,
                calibration=calibration,
                thresholds=thresholds,
            )
            for which in ("test", "temp")
        )
        calls, on_templates = calls + len(found), on_templates + len(template)
        marked.update(kind for kind, _ in truth)
        overlap = pairwise_iou(np.array([box for _, box in truth], np.float64), found.boxes_px.astype(np.float64))
        for (kind, _), row in zip(truth, overlap, strict=True):
            if len(found) and row.max() >= MEETS_IOU:
                met[kind] += 1
                called[CLASS_CODES[found.class_index[row.argmax()]]] += 1
    kinds = ", ".join(f"{kind} {met[kind]} of {marked[kind]}" for kind in sorted(marked))
    names = ", ".join(f"{code} {number}" for code, number in called.most_common()) or "nothing"
    text = (
        f"No photograph of a wafer was at hand. On {count} 1-bit scans of printed circuit boards (DeepPCB, looked at "
        f"and not learned from) {met.total()} of {marked.total()} marked faults were met (overlap of {MEETS_IOU} or "
        f"more, any class): {kinds}. They were called: {names}. In all it called {calls} things on those boards, and "
        f"{on_templates} on their {count} templates, which have no fault: {on_templates / count:.1f} false alarms per "
        "picture. Hard black and white without grey, noise or blur is nothing like the scenes it learned from: it is "
        "not fit for boards, and a new tool's pictures need a look before a threshold is trusted."
    )
    return textwrap.fill(text, width=120)


def _faults(path: Path) -> dict[tuple[str, str], list[tuple[str, tuple[float, float, float, float]]]]:
    """Kind and x, y, w, h of every marked fault, by split and pair."""
    faults: dict[tuple[str, str], list[tuple[str, tuple[float, float, float, float]]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            x1, y1, x2, y2 = (float(row[name]) for name in ("x1", "y1", "x2", "y2"))
            faults.setdefault((row["split"], row["pair"]), []).append((row["kind"], (x1, y1, x2 - x1, y2 - y1)))
    return faults


def _picture(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FileNotFoundError(path)
    return picture.astype(np.uint8)
