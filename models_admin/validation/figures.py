"""Every figure of a report, from what is on the images and what versions found there."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from domain.datasets.records import ImageRecord
from domain.evaluation.confusion import confusion, macro_f1, rates_by_class, settle
from domain.evaluation.detection_metrics import (
    Boxes,
    expected_calibration_error,
    match,
    precision_at_recalls,
)
from domain.evaluation.gates import ClassDrop
from domain.evaluation.image_outcomes import ImageOutcomes, accuracy, difference, image_outcomes
from domain.evaluation.intervals import Estimate
from domain.evaluation.reliability import ReliabilityBin, reliability
from models_admin.validation.coco import coco_figures
from models_admin.validation.judging import Answer

BINS = 10
# What is surer than this is shown to people in some recipe; below, calibration is nobody's business.
CONFIDENCE_FLOOR = 0.05
MOST_FLIPS = 200
_SEED = 20_261_122


@dataclass(frozen=True, eq=False)
class Counted:
    """One version on the golden set.

    Attributes:
        figures: as the report has them.
        outcomes: by image.
        ece, map50: as they are held against gates; nan where unknown.
    """

    figures: dict[str, Any]
    outcomes: ImageOutcomes
    ece: float
    map50: float

    @property
    def accuracy(self) -> float:
        return accuracy(self.outcomes).value


def class_table(images: Iterable[ImageRecord], *specs: Sequence[str]) -> tuple[str, ...]:
    """Every class that a version names or people have named, in the order of the first version."""
    named = [code for spec in specs for code in spec]
    there = sorted({one.class_code for image in images for one in image.objects})
    return tuple(dict.fromkeys([*named, *there]))


def truth_of(images: Sequence[ImageRecord], *, classes: Sequence[str]) -> Boxes:
    """What is on the images, as boxes."""
    place = {code: index for index, code in enumerate(classes)}
    rows = [
        (number, place[one.class_code], *one.bbox_px, 1.0)
        for number, image in enumerate(images)
        for one in image.objects
    ]
    return _boxes(rows)


def count(answers: Sequence[Answer], truth: Boxes, *, own_classes: Sequence[str], classes: Sequence[str]) -> Counted:
    """
    Args:
        answers: one per image.
        own_classes: of the version, in the order of its outputs.
        classes: of the table that all is counted in.
    """
    places = np.array([classes.index(code) for code in own_classes], np.int64)
    called = _found([one.reported for one in answers], places)
    found = _found([one.all for one in answers], places)
    settled = settle(called, truth)
    outcomes = image_outcomes(called, truth, settled, image_count=len(answers), class_count=len(classes))
    table = confusion(called, truth, settled, class_count=len(classes))
    rates = rates_by_class(table)
    precision = coco_figures(found, truth, image_count=len(answers), class_count=len(classes))
    hit = match(found, truth) >= 0
    sure = found.confidence >= CONFIDENCE_FLOOR
    ece = expected_calibration_error(found.confidence[sure], hit[sure], bins=BINS)
    figures = {
        "accuracy": said(accuracy(outcomes)),
        "exact": int(outcomes.is_exact.sum()),
        "macro_f1": number(macro_f1(rates)),
        "map50": number(precision.map50),
        "map50_95": number(precision.map50_95),
        "missed": int(outcomes.missed.sum()),
        "renamed": int(outcomes.renamed.sum()),
        "invented": int(outcomes.invented.sum()),
        "per_class": [
            {
                "class": code,
                "is_known": code in own_classes,
                "defects": rate.defects,
                "calls": rate.calls,
                "hits": rate.hits,
                "precision": said(rate.precision),
                "recall": said(rate.recall),
                "f1": number(rate.f1),
                "ap50": number(precision.ap50[index]),
                "ap50_95": number(precision.ap50_95[index]),
                "curve": _curve(found, hit, truth, index),
            }
            for index, (code, rate) in enumerate(zip(classes, rates, strict=True))
        ],
        "confusion": table.tolist(),
        "calibration": {
            "ece": number(ece),
            "findings": int(sure.sum()),
            "from": CONFIDENCE_FLOOR,
            "bins": [_bin(one) for one in reliability(found.confidence[sure], hit[sure], bins=BINS)],
        },
    }
    return Counted(figures=figures, outcomes=outcomes, ece=ece, map50=precision.map50)


def paired(
    version: Counted, champion: Counted, *, classes: Sequence[str], images: Sequence[ImageRecord]
) -> dict[str, Any]:
    """What the version does better than the champion on the same images, and on which of them."""
    differs = difference(version.outcomes, champion.outcomes, rng=np.random.default_rng(_SEED))
    flips = _flips(version.outcomes, champion.outcomes, images)
    return {
        "accuracy": said(differs.accuracy),
        "only_version": differs.only_first,
        "only_champion": differs.only_second,
        "p_value": number(differs.p_value),
        "macro_f1": said(differs.macro_f1),
        "recall": [{"class": code, **said(one)} for code, one in zip(classes, differs.recall, strict=True)],
        "flips": flips[:MOST_FLIPS],
        "flip_count": len(flips),
    }


def drops(version: Counted, champion: Counted, *, classes: Sequence[str]) -> tuple[ClassDrop, ...]:
    """What each class loses against the champion, for gates."""
    return tuple(
        ClassDrop(
            name=code,
            defects=mine["defects"],
            lost=_or_nan(theirs["recall"]["value"]) - _or_nan(mine["recall"]["value"]),
        )
        for code, mine, theirs in zip(classes, version.figures["per_class"], champion.figures["per_class"], strict=True)
    )


def said(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as JSON: null for what the data cannot say."""
    return {name: number(value) for name, value in asdict(estimate).items()}


def number(value: float) -> float | None:
    """Six digits; None for what is undefined, which JSON has no number for."""
    return None if math.isnan(value) else round(float(value), 6)


def _flips(version: ImageOutcomes, champion: ImageOutcomes, images: Sequence[ImageRecord]) -> list[dict[str, Any]]:
    """Images that one of the two got right and the other did not: verdicts first, what got worse before the better."""
    rows: list[dict[str, Any]] = []
    for kind, mine, theirs in (
        ("verdict", version.is_right, champion.is_right),
        ("findings", version.is_exact, champion.is_exact),
    ):
        told = {row["image"] for row in rows}
        for better in (False, True):
            changed = mine & ~theirs if better else theirs & ~mine
            for index in np.flatnonzero(changed).tolist():
                image = images[index]
                if image.image not in told:
                    rows.append(_flip(image, kind, better, index, version=version, champion=champion))
    return rows


def _flip(
    image: ImageRecord, kind: str, better: bool, index: int, *, version: ImageOutcomes, champion: ImageOutcomes
) -> dict[str, Any]:
    return {
        "image": image.image,
        "position": index,
        "file_name": image.file_name,
        "lot": image.lot,
        "wafer": image.wafer,
        "layer": image.layer,
        "of": kind,
        "is_better": better,
        "defects": int(version.defects[index].sum()),
        "version": _outcome(version, index),
        "champion": _outcome(champion, index),
    }


def _outcome(outcomes: ImageOutcomes, index: int) -> dict[str, int]:
    return {
        "hits": int(outcomes.hits[index].sum()),
        "renamed": int(outcomes.renamed[index]),
        "missed": int(outcomes.missed[index]),
        "invented": int(outcomes.invented[index]),
    }


def _curve(found: Boxes, hit: np.ndarray, truth: Boxes, index: int) -> list[float] | None:
    """Precision at 101 recalls of one class; None without a defect of it."""
    mine, there = found.class_index == index, int((truth.class_index == index).sum())
    if not there:
        return None
    return [round(float(one), 4) for one in precision_at_recalls(found.confidence[mine], hit[mine], truth_count=there)]


def _bin(one: ReliabilityBin) -> dict[str, Any]:
    return {
        "low": one.low,
        "high": one.high,
        "count": one.count,
        "confidence": number(one.confidence),
        "right": said(one.right),
    }


def _found(by_image: Sequence[Sequence[Sequence[float]]], places: np.ndarray) -> Boxes:
    rows = [(number, *row) for number, image in enumerate(by_image) for row in image]
    boxes = _boxes(rows)
    return Boxes(
        boxes.image, boxes.boxes_px, places[boxes.class_index] if len(boxes) else boxes.class_index, boxes.confidence
    )


def _boxes(rows: Sequence[Sequence[float]]) -> Boxes:
    """Of rows: number of the image, class index, x, y, w, h, confidence."""
    table = np.array(rows, np.float64).reshape(-1, 7)
    return Boxes(table[:, 0].astype(np.int64), table[:, 2:6], table[:, 1].astype(np.int64), table[:, 6])


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
