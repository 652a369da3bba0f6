"""COCO instances: one JSON file with `images`, `annotations` and `categories`.

What COCO has no word for stands in members of our own (`sha256`, `lot`, `nuisances`, `task`…), which its tools ignore.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from domain.datasets.formats import coco_shapes
from domain.datasets.formats.json_stream import JsonText, member
from domain.datasets.labels import (
    Fault,
    FaultFound,
    LabelledBox,
    LabelledImage,
    Limits,
    box_of,
    digest_of,
    file_name_of,
    size_of,
    text_of,
)
from domain.datasets.records import Box, Header, ImageRecord

_BLOCK_BYTES = 1 << 16
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def write(records: Iterable[ImageRecord], *, header: Header, links: str, out: BinaryIO, spare: BinaryIO) -> None:
    """One pass over the records; nothing of them is held.

    Args:
        links: address of an image's file with `{image}` for its key.
        spare: an empty file for what has to stand elsewhere in the file than it comes up.
    """
    numbers = {code: at for at, code in enumerate(header.classes, start=1)}
    categories = [{"id": number, "name": code, "supercategory": "defect"} for code, number in numbers.items()]
    out.write(
        f'{{"info":{{"description":"Waferdeck data set"}},"licenses":[],"categories":{_encode(categories)}'.encode()
    )
    out.write(b',"annotations":[')
    authors = _Encoded()
    number, is_first = 0, True
    for at, record in enumerate(records, start=1):
        spare.write((b"" if at == 1 else b",\n") + _encode(_image(at, record, links)).encode())
        parts = []
        for one in record.objects:
            number += 1
            left, top, width, height = one.bbox_px
            parts.append(
                f'{{"id":{number},"image_id":{at},"category_id":{numbers[one.class_code]},'
                f'"bbox":[{left!r},{top!r},{width!r},{height!r}],{coco_shapes.members_of(one, record)},"iscrowd":0,'
                f'"task":"{one.task}","annotation":{one.annotation},'
                f'"author":{authors[one.author]},"stage":"{one.stage}"}}'
            )
        if parts:
            out.write((("" if is_first else ",\n") + ",\n".join(parts)).encode())
            is_first = False
    out.write(b'],"images":[')
    spare.seek(0)
    while block := spare.read(_BLOCK_BYTES):
        out.write(block)
    out.write(b"]}\n")


def read(file: BinaryIO, *, limits: Limits) -> Iterator[LabelledImage | Fault]:
    """Images in the order of the file, and whatever is wrong with them."""
    try:
        found = _Found(limits)
        yield from found.take(JsonText(file.read(limits.file_bytes)))
    except FaultFound as fatal:
        yield fatal.fault


class _Found:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.images: dict[int | str, tuple[str, dict[str, Any]]] = {}
        self.classes: dict[int | str, str] = {}
        self.boxes: dict[int | str, list[tuple[str, int | str, Box, dict[str, Any]]]] = defaultdict(list)
        self.count = 0
        self.faults: list[Fault] = []

    def take(self, text: JsonText) -> Iterator[LabelledImage | Fault]:
        if not text.is_object():
            raise FaultFound("$", "COCO is one object.", "Send the file with images, annotations and categories.")
        takers = {"images": self._image, "categories": self._category, "annotations": self._annotation}
        seen = set()
        for name in text.members():
            if name not in takers:
                text.value(where=f"$.{name:.40}")
                continue
            seen.add(name)
            for where, element in text.items(where=f"$.{name}"):
                try:
                    takers[name](where, element)
                except FaultFound as found:
                    self.faults.append(found.fault)
                if len(self.faults) >= 1000:
                    yield from self.faults
                    self.faults = []
        text.end()
        for name in takers:
            if name not in seen:
                raise FaultFound("$", f"It has no {name}.", f"COCO has an array of {name}.")
        yield from self.faults
        yield from self._put_together()

    def _image(self, where: str, element: Any) -> None:
        key = _id(element, "id", where=where)
        if key in self.images:
            raise FaultFound(f"{where}.id", f"Another image is {key} already.", "Number images once each.")
        if len(self.images) >= self.limits.images:
            raise FaultFound(where, f"More than {self.limits.images:,} images.", "Send them in several files.")
        self.images[key] = (where, element)

    def _category(self, where: str, element: Any) -> None:
        key = _id(element, "id", where=where)
        name = text_of(member(element, "name", where=where), where=f"{where}.name")
        if self.classes.setdefault(key, name) != name:
            raise FaultFound(f"{where}.id", f"Another category is {key} already.", "Number categories once each.")

    def _annotation(self, where: str, element: Any) -> None:
        self.count += 1
        if self.count > self.limits.boxes:
            raise FaultFound(where, f"More than {self.limits.boxes:,} annotations.", "Send them in several files.")
        image, category = _id(element, "image_id", where=where), _id(element, "category_id", where=where)
        if element.get("iscrowd"):
            raise FaultFound(f"{where}.iscrowd", "A crowd is no single defect.", "Draw each defect, or leave it out.")
        box = box_of(member(element, "bbox", where=where), where=f"{where}.bbox")
        drawn = {name: element[name] for name in ("shape", "segmentation") if element.get(name)}
        self.boxes[image].append((where, category, box, drawn))

    def _put_together(self) -> Iterator[LabelledImage | Fault]:
        for key, (where, element) in self.images.items():
            try:
                objects = []
                for at, category, box, drawn in self.boxes.pop(key, ()):
                    if category not in self.classes:
                        yield Fault(f"{at}.category_id", f"There is no category {category}.", "Add it to categories.")
                        continue
                    try:
                        shape = coco_shapes.read(drawn, _size_of(element), where=at) if drawn else None
                        objects.append(LabelledBox(self.classes[category], box, at, shape))
                    except FaultFound as found:
                        yield found.fault
                yield _labelled(where, element, tuple(objects))
            except FaultFound as found:
                yield found.fault
        for key, boxes in self.boxes.items():
            for at, *_ in boxes:
                yield Fault(f"{at}.image_id", f"There is no image {key!s:.40}.", "Add it to images.")


def _size_of(element: dict[str, Any]) -> tuple[int, int]:
    """Width and height as the file says, 0 where it says nothing that can be."""
    width, height = (element.get(side) for side in ("width", "height"))
    return (width, height) if type(width) is int and type(height) is int and min(width, height) > 0 else (0, 0)


def _labelled(where: str, element: dict[str, Any], objects: tuple[LabelledBox, ...]) -> LabelledImage:
    nuisances = element.get("nuisances", [])
    if not isinstance(nuisances, list):
        raise FaultFound(f"{where}.nuisances", "A list of boxes is wanted.", "Or leave it out.")
    return LabelledImage(
        file_name=file_name_of(member(element, "file_name", where=where), where=f"{where}.file_name"),
        objects=objects,
        nuisances=tuple(box_of(box, where=f"{where}.nuisances[{at}]") for at, box in enumerate(nuisances)),
        sha256=digest_of(element.get("sha256", ""), where=f"{where}.sha256"),
        external_id=text_of(element.get("external_id", ""), where=f"{where}.external_id", longest=128),
        width_px=size_of(element.get("width", 0), where=f"{where}.width"),
        height_px=size_of(element.get("height", 0), where=f"{where}.height"),
        split=text_of(element.get("split", ""), where=f"{where}.split", longest=32),
        where=where,
    )


class _Encoded(dict[str, str]):
    """Texts as JSON, each put into it once: few people label a whole data set."""

    def __missing__(self, text: str) -> str:
        self[text] = _encode(text)
        return self[text]


def _image(at: int, record: ImageRecord, links: str) -> dict[str, Any]:
    return {
        "id": at,
        "file_name": record.export_name,
        "width": record.width_px,
        "height": record.height_px,
        "coco_url": links.format(image=record.image),
        "image": record.image,
        "sha256": record.sha256,
        "pixel_sha256": record.pixel_sha256,
        "original_name": record.file_name,
        "site": record.site,
        "lot": record.lot,
        "wafer": record.wafer,
        "layer": record.layer,
        "tool": record.tool,
        "product": record.product,
        "split": record.split.value,
        "is_complete": record.is_complete,
        "nuisances": record.nuisances,
    }


def _id(element: Any, name: str, *, where: str) -> int | str:
    key = member(element, name, where=where)
    if isinstance(key, bool) or not isinstance(key, int | str) or (isinstance(key, str) and len(key) > 255):
        raise FaultFound(f"{where}.{name}", "An id is a whole number.", "Number it.")
    return key
