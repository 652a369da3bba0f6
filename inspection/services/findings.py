"""Writing what a run found: one binary COPY for all of its images."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from core.ids import derived_uuid7
from domain.detection.grade import Band, Severity
from inspection.models import DefectClass, Detection, InspectionImage, InspectionRun
from inspection.pipeline import Judgement
from inspection.selectors.cards import MOST_BOXES

_COLUMNS = {
    "id": "uuid",
    "run_id": "uuid",
    "image_id": "uuid",
    "wafer_id": "uuid",
    "ordinal": "int4",
    "defect_class_id": "int8",
    "confidence": "float8",
    "raw_score": "float8",
    "top3_class_ids": "int2[]",
    "top3_confidences": "float8[]",
    "severity": "varchar",
    "band": "varchar",
    "is_nuisance": "bool",
    "x_px": "float8",
    "y_px": "float8",
    "width_px": "float8",
    "height_px": "float8",
    "size_um": "float8",
    "wafer_x_um": "float8",
    "wafer_y_um": "float8",
    "die_col": "int4",
    "die_row": "int4",
    # halfvec's own wire form is made below; to the driver it is just bytes.
    "embedding": "bytea",
}
_COPY = f"COPY detection ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
# All but the embedding, which is last.
_SHOWN = list(_COLUMNS)[:-1]
_SEVERITY_NAMES = {severity.value: severity.name.lower() for severity in Severity}
_BAND_NAMES = {band.value: band.label for band in Band}
DECIMALS = 4


@dataclass(frozen=True, eq=False)
class JudgedImage:
    """An image, its place in the run, and what was found on it."""

    ordinal: int
    image: InspectionImage
    judgement: Judgement


def write_findings(
    run: InspectionRun, judged: list[JudgedImage], *, classes: tuple[DefectClass, ...]
) -> list[Detection]:
    """Insert all findings of a run, in the running transaction.

    Returns:
        What was written, in order, without embeddings. Ordinals run through all images; ids follow from them.

    Raises:
        django.db.IntegrityError: this run's findings are there already.
    """
    rows = list(_rows(run, judged, classes=classes))
    if rows:
        # COPY ends outside Django's cursor, so its errors are translated here.
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.set_types(list(_COLUMNS.values()))
            for row in rows:
                copy.write_row(row)
    return [Detection.from_db(connection.alias, _SHOWN, row) for row in rows]


def summarise(judged: list[JudgedImage], *, classes: tuple[DefectClass, ...]) -> dict[str, Any]:
    """Counts, flaws of the images, and the boxes of the card: of the image with the gravest findings, at most 40."""
    by_class = np.zeros(len(classes), np.int64)
    by_severity = np.zeros(len(Severity), np.int64)
    for item in judged:
        by_class += np.bincount(item.judgement.findings.class_index, minlength=len(classes))
        by_severity += np.bincount(item.judgement.severities, minlength=len(Severity))
    shown = max(judged, key=_gravity)
    return {
        "counts_by_class": {row.code: int(count) for row, count in zip(classes, by_class, strict=True) if count},
        "counts_by_severity": {
            _SEVERITY_NAMES[value]: int(by_severity[value]) for value in sorted(_SEVERITY_NAMES, reverse=True)
        },
        "image": card_image(shown.image),
        "boxes": _boxes(shown.judgement, classes=classes),
        "images": len(judged),
        "flaws": {str(item.image.pk): list(item.judgement.flaws) for item in judged if item.judgement.flaws},
    }


def card_image(image: InspectionImage) -> dict[str, Any]:
    """The image of a card, as a run's summary keeps it."""
    return {
        "id": str(image.pk),
        "width_px": image.width_px,
        "height_px": image.height_px,
        "file_name": image.file_name,
    }


def band_of_run(judged: list[JudgedImage]) -> str:
    """The most alarming band of its images."""
    return max(item.judgement.band for item in judged).label


def _gravity(item: JudgedImage) -> tuple[int, int, int]:
    judgement = item.judgement
    gravest = int(judgement.severities.max(initial=-1))
    return int(judgement.band), gravest, len(judgement.findings)


def _boxes(judgement: Judgement, *, classes: tuple[DefectClass, ...]) -> list[list[Any]]:
    order = np.lexsort((-judgement.findings.confidence, -judgement.severities))[:MOST_BOXES]
    boxes = np.round(judgement.findings.boxes_px[order].astype(np.float64), 1).tolist()
    codes = judgement.findings.class_index[order].tolist()
    severities = judgement.severities[order].tolist()
    return [
        [*box, classes[code].code, _SEVERITY_NAMES[grade]]
        for box, code, grade in zip(boxes, codes, severities, strict=True)
    ]


def _rows(
    run: InspectionRun, judged: list[JudgedImage], *, classes: tuple[DefectClass, ...]
) -> Iterator[tuple[Any, ...]]:
    class_ids = [row.pk for row in classes]
    ordinal = 0
    for item in judged:
        judgement, found = item.judgement, item.judgement.findings
        boxes = found.boxes_px.astype(np.float64).tolist()
        confidences = np.round(found.confidence.astype(np.float64), DECIMALS).tolist()
        raw = np.round(found.raw_score.astype(np.float64), 6).tolist()
        top_classes, top_confidences = (
            found.top3_class.tolist(),
            np.round(found.top3_confidence.astype(np.float64), DECIMALS).tolist(),
        )
        embeddings = found.embedding.astype(">f2")
        header = struct.pack(">HH", embeddings.shape[1], 0)
        sizes = np.round(judgement.sizes_um.astype(np.float64), 3).tolist()
        centres = judgement.wafer_um.tolist() if judgement.wafer_um is not None else None
        for index, class_index in enumerate(found.class_index.tolist()):
            known = [position for position in top_classes[index] if position >= 0]
            die = judgement.dies[index] if judgement.dies is not None else None
            yield (
                derived_uuid7(parent=run.pk, label=str(ordinal)),
                run.pk,
                item.image.pk,
                item.image.wafer_id,
                ordinal,
                class_ids[class_index],
                confidences[index],
                raw[index],
                [class_ids[position] for position in known],
                top_confidences[index][: len(known)],
                _SEVERITY_NAMES[int(judgement.severities[index])],
                _BAND_NAMES[int(judgement.bands[index])],
                False,
                *boxes[index],
                sizes[index],
                *(centres[index] if centres is not None else (None, None)),
                *(die if die is not None else (None, None)),
                header + embeddings[index].tobytes(),
            )
            ordinal += 1
