"""A snapshot as JSON lines: a header, an image per line in the order of their keys, then what was left out.

The same selection of the same words gives the same bytes: the digest of the file names the data, not who froze it or
when. Members stand in a fixed order, so that a line begins with the key of its image; an object is a list whose
positions the header names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from domain.datasets.records import DefectObject, Duplicate, Header, ImageRecord, Split
from domain.shapes import said as shapes

KIND = "waferdeck-dataset"
VERSION = 1
OBJECT = ("class", "bbox_px", "task", "annotation", "author", "stage", "shape")
"""What stands in an object, in this order: names at each of a million objects would be most of what is read. The last
is there only where more than a box was drawn; see `domain.shapes.said`."""
IMAGE_PREFIX = b'{"image":"'
_DUPLICATE_PREFIX = b'{"duplicate":"'
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class UnreadableManifest(ValueError):
    """These lines are no manifest, or not whole."""


def header_line(header: Header) -> bytes:
    return _line(
        {
            "manifest": KIND,
            "version": VERSION,
            "site": header.site,
            "classes": header.classes,
            "seed": header.seed,
            "shares": header.shares,
            "object": OBJECT,
        }
    )


def image_line(record: ImageRecord) -> bytes:
    return _line(
        {
            "image": record.image,
            "sha256": record.sha256,
            "pixel_sha256": record.pixel_sha256,
            "width_px": record.width_px,
            "height_px": record.height_px,
            "format": record.format,
            "file_name": record.file_name,
            "site": record.site,
            "lot": record.lot,
            "wafer": record.wafer,
            "layer": record.layer,
            "tool": record.tool,
            "product": record.product,
            "split": record.split.value,
            "is_complete": record.is_complete,
            "objects": [_object(one) for one in record.objects],
            "nuisances": record.nuisances,
        }
    )


def duplicate_line(duplicate: Duplicate) -> bytes:
    return _line({"duplicate": duplicate.image, "of": duplicate.of})


def header_of(line: bytes) -> Header:
    """
    Raises:
        UnreadableManifest: the line is no header of this version.
    """
    try:
        said = json.loads(line)
        if said["manifest"] != KIND or said["version"] != VERSION:
            raise UnreadableManifest(f"This is no {KIND} of version {VERSION}.")
        train, validation, test = said["shares"]
        return Header(said["site"], tuple(said["classes"]), said["seed"], (train, validation, test))
    except (KeyError, TypeError, ValueError) as fault:
        raise UnreadableManifest(f"The first line is no header: {fault}") from fault


def images_of(lines: Iterable[bytes]) -> Iterator[ImageRecord]:
    """The images of a manifest, one after the other; its other lines are passed over.

    Raises:
        UnreadableManifest: a line is no line of a manifest; says which.
    """
    for number, line in enumerate(lines, start=1):
        if line.startswith(IMAGE_PREFIX):
            try:
                yield record_of(line)
            except (KeyError, TypeError, ValueError) as fault:
                raise UnreadableManifest(f"Line {number} is no image: {fault}") from fault


def duplicates_of(lines: Iterable[bytes]) -> Iterator[Duplicate]:
    """What was left out. It stands at the end."""
    for line in lines:
        if line.startswith(_DUPLICATE_PREFIX):
            said = json.loads(line)
            yield Duplicate(said["duplicate"], said["of"])


def record_of(line: bytes) -> ImageRecord:
    """The image of one line. Raises what a line that is none makes Python raise."""
    said = json.loads(line.decode())
    return ImageRecord(
        said["image"], said["sha256"], said["pixel_sha256"], said["width_px"], said["height_px"], said["format"],
        said["file_name"], said["site"], said["lot"], said["wafer"], said["layer"], said["tool"], said["product"],
        Split(said["split"]),
        tuple([
            DefectObject(code, tuple(box), task, annotation, author, stage, *map(shapes.read, shape))
            for code, box, task, annotation, author, stage, *shape in said["objects"]
        ]),
        tuple([tuple(box) for box in said["nuisances"]]),
        said["is_complete"],
    )  # fmt: skip


def _object(one: DefectObject) -> tuple[Any, ...]:
    said = (one.class_code, one.bbox_px, one.task, one.annotation, one.author, one.stage)
    return (*said, shapes.write(one.shape)) if one.shape else said


def _line(said: dict[str, Any]) -> bytes:
    return _encode(said).encode() + b"\n"
