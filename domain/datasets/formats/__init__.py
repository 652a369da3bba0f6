"""Formats of others: each writes the records of a snapshot and reads labelled images or located faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import BinaryIO

from domain.datasets.formats import coco, label_studio, table, voc, yolo
from domain.datasets.labels import Fault, LabelledImage, Limits


class Format(StrEnum):
    JSONL = "jsonl"
    """The manifest itself."""
    COCO = "coco"
    VOC = "voc"
    YOLO = "yolo"
    CSV = "csv"
    LABEL_STUDIO = "label_studio"


Reader = Callable[..., Iterator[LabelledImage | Fault]]
READERS: dict[Format, Reader] = {
    Format.COCO: coco.read,
    Format.VOC: voc.read,
    Format.YOLO: yolo.read,
    Format.CSV: table.read,
    Format.LABEL_STUDIO: label_studio.read,
}
CHUNKED = {Format.CSV: table.chunks, Format.LABEL_STUDIO: label_studio.chunks}
"""Formats of one file that is written from its beginning to its end."""
FOLDERS = {Format.VOC: voc.entries, Format.YOLO: yolo.entries}
"""Formats of many files."""


def read(file: BinaryIO, *, format: Format, limits: Limits | None = None) -> Iterator[LabelledImage | Fault]:
    """What a file of labels says, image by image, and what of it cannot be used.

    A fault of the file itself ends it. Nothing a file can hold raises; memory grows with the file, not beyond.
    """
    return READERS[format](file, limits=limits or Limits())
