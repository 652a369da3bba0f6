"""Pascal VOC: an XML file per image, and lists of images by split.

Corners are written as continuous coordinates from 0 at the image's top left edge, with their fractions, as CVAT and
Label Studio do; files that count pixels from 1 are half a pixel off, which no reader can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape

from domain.datasets.formats.archives import Archive, is_zip
from domain.datasets.formats.says import is_said, readme
from domain.datasets.labels import (
    Fault,
    FaultFound,
    LabelledBox,
    LabelledImage,
    Limits,
    box_of,
    digest_of,
    file_name_of,
    is_digest,
    parsed_number,
    size_of,
    text_of,
)
from domain.datasets.records import Header, ImageRecord, Split

FOLDERS = {Split.TRAIN: "train", Split.VALIDATION: "val", Split.TEST: "test"}
_MOST_DEPTH = 8
_LONGEST_TEXT = 4096
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def entries(records: Iterable[ImageRecord], *, header: Header, links: str) -> Iterator[tuple[str, bytes]]:
    """Files of the data set: name and content."""
    stems: dict[Split, list[str]] = {split: [] for split in Split}
    kinds: Counter[str] = Counter()
    for record in records:
        kinds.update(one.kind for one in record.objects)
        stems[record.split].append(record.stem)
        yield f"Annotations/{record.stem}.xml", _written(record, links).encode()
    for split, named in stems.items():
        yield f"ImageSets/Main/{FOLDERS[split]}.txt", "".join(f"{stem}\n" for stem in named).encode()
    if text := readme("voc", kinds):
        yield "README.txt", text


def read(file: BinaryIO, *, limits: Limits) -> Iterator[LabelledImage | Fault]:
    """Of a ZIP every XML in it, or of one XML file the image it is about."""
    try:
        if not is_zip(file):
            yield _parsed(file.read(limits.entry_bytes + 1), name="", limits=limits)
            return
        archive = Archive(file, limits=limits)
        splits = _splits(archive)
        names = list(archive.names(".xml"))
        if not names and not any(archive.names(".txt")):
            raise FaultFound("the file", "There is no XML in it.", "Pack the folder Annotations.")
    except FaultFound as fatal:
        yield fatal.fault
        return
    boxes = 0
    for number, name in enumerate(names):
        if number >= limits.images or boxes > limits.boxes:
            yield Fault(name[:120], "There is more than is read at once.", "Send it in several files.")
            return
        try:
            stem = name.rsplit("/", 1)[-1].removesuffix(".xml")
            image = _parsed(archive.bytes_of(name), name=name, limits=limits, split=splits.get(stem, ""))
            boxes += len(image.objects)
            yield image
        except FaultFound as found:
            yield found.fault


def _splits(archive: Archive) -> dict[str, str]:
    """The split of each image by the stem of its name, where the lists say."""
    found = {}
    for split, folder in FOLDERS.items():
        for name in archive.names(f"imagesets/main/{folder}.txt"):
            found.update(dict.fromkeys(archive.text_of(name).split(), split.value))
    return found


class _Parser:
    """Reads the texts of one file; a file with entities, or any document type, is not read at all."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[str] = []
        self._text = ""
        self.lines: list[int] = []
        self.texts: dict[str, str] = {}
        self.objects: list[dict[str, str]] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def parse(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as fault:
            what = f"This is no XML: {expat.ErrorString(fault.code)}."
            raise FaultFound(self.where(fault.lineno), what, "Write the file anew.") from fault
        except (ValueError, LookupError) as fault:
            raise self._fault("Its encoding is not known.", "Save it as UTF-8.") from fault

    def where(self, line: int) -> str:
        return f"{self._name[:120]} line {line}".strip()

    def _fault(self, what: str, advice: str) -> FaultFound:
        return FaultFound(self.where(self._parser.CurrentLineNumber), what, advice)

    def _refuse(self, *_: object) -> None:
        raise self._fault("It declares a document type or entities.", "Leave the declaration out.")

    def _start(self, tag: str, _: dict[str, str]) -> None:
        self._path.append(tag)
        self._text = ""
        if len(self._path) > _MOST_DEPTH:
            raise self._fault("It is nested too deep.", "Leave out what is not labels.")
        if self._path[1:] == ["object"]:
            self.objects.append({})
            self.lines.append(self._parser.CurrentLineNumber)

    def _characters(self, text: str) -> None:
        self._text += text
        if len(self._text) > _LONGEST_TEXT:
            raise self._fault(f"A text has more than {_LONGEST_TEXT:,} characters.", "Leave out what is not labels.")

    def _end(self, _: str) -> None:
        path = "/".join(self._path[1:])
        if self._text.strip():
            if path.startswith("object/"):
                self.objects[-1].setdefault(path.removeprefix("object/"), self._text.strip())
            else:
                self.texts.setdefault(path, self._text.strip())
        self._path.pop()
        self._text = ""


def _parsed(data: bytes, *, name: str, limits: Limits, split: str = "") -> LabelledImage:
    if len(data) > limits.entry_bytes:
        raise FaultFound(
            name or "the file", "It is too large for the labels of one image.", "Send a ZIP of many files."
        )
    parser = _Parser(name)
    parser.parse(data)
    where, texts = parser.where(1), parser.texts
    if "filename" not in texts:
        raise FaultFound(where, "It names no image.", "Add <filename>.")
    file_name = file_name_of(texts["filename"], where=where)
    stem = file_name.rsplit(".", 1)[0]
    sha256 = texts.get("source/sha256", stem if is_digest(stem) else "")
    return LabelledImage(
        file_name=file_name,
        objects=tuple(_object(one, parser.where(line)) for one, line in zip(parser.objects, parser.lines, strict=True)),
        sha256=digest_of(sha256, where=where),
        width_px=size_of(parsed_number(texts.get("size/width", "0"), where=where), where=where),
        height_px=size_of(parsed_number(texts.get("size/height", "0"), where=where), where=where),
        split=split,
        where=where,
    )


def _object(texts: dict[str, str], where: str) -> LabelledBox:
    missing = [side for side in ("name", *(f"bndbox/{side}" for side in _SIDES)) if side not in texts]
    if missing:
        raise FaultFound(where, f"The object has no {missing[0]}.", f"Add {missing[0]}.")
    left, top, right, bottom = (parsed_number(texts[f"bndbox/{side}"], where=where) for side in _SIDES)
    box = box_of((left, top, right - left, bottom - top), where=where)
    return LabelledBox(text_of(texts["name"], where=where), box, where)


def _written(record: ImageRecord, links: str) -> str:
    source = {
        "database": "Waferdeck", "url": links.format(image=record.image), "image": record.image,
        "sha256": record.sha256, "pixel_sha256": record.pixel_sha256, "original_name": record.file_name,
        "site": record.site, "lot": record.lot, "wafer": record.wafer, "layer": record.layer, "tool": record.tool,
        "product": record.product, "is_complete": str(record.is_complete).lower(),
    }  # fmt: skip
    lines = [
        "<annotation>",
        f"  <folder>{FOLDERS[record.split]}</folder>",
        f"  <filename>{record.export_name}</filename>",
        "  <source>",
        *(f"    <{name}>{escape(text)}</{name}>" for name, text in source.items()),
        "  </source>",
        f"  <size><width>{record.width_px}</width><height>{record.height_px}</height><depth>1</depth></size>",
        "  <segmented>0</segmented>",
    ]
    for one in record.objects:
        if not is_said("voc", one.kind):
            continue
        left, top, width, height = one.bbox_px
        corners = zip(_SIDES, (left, top, left + width, top + height), strict=True)
        lines += [
            "  <object>",
            f"    <name>{escape(one.class_code)}</name>",
            "    <pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>",
            f"    <bndbox>{''.join(f'<{side}>{place!r}</{side}>' for side, place in corners)}</bndbox>",
            "  </object>",
        ]
    return "\n".join([*lines, "</annotation>", ""])
