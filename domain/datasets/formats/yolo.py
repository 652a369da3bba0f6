"""YOLO: a text file per image with class number, centre and size as shares of the image; `data.yaml` has the names.

Outlines are lines of class number and corners, as its segmentation and its turned boxes have them. Its readers take a
file with one outline for a file of outlines, so beside one a box is written by its four corners, too.

It cannot say how large an image is, nor what is a nuisance; the name of a file is the digest of its image.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from domain.datasets.formats.archives import Archive, is_zip
from domain.datasets.formats.says import is_said, readme
from domain.datasets.formats.voc import FOLDERS
from domain.datasets.labels import (
    Fault,
    FaultFound,
    LabelledBox,
    LabelledImage,
    Limits,
    Unit,
    box_of,
    file_name_of,
    is_digest,
    parsed_number,
    text_of,
)
from domain.datasets.records import Box, DefectObject, Header, ImageRecord, Split
from domain.shapes.kinds import Mask, Polygon, Rotated
from domain.shapes.measure import extent_of
from domain.shapes.outline import edge_px, outline_of, simplified
from domain.shapes.said import MOST_POINTS

_SPLITS = {"train": Split.TRAIN, "val": Split.VALIDATION, "valid": Split.VALIDATION, "validation": Split.VALIDATION,
           "test": Split.TEST}  # fmt: skip
_NO_LABELS = ("classes.txt", "train.txt", "val.txt", "test.txt", "readme.txt", "obj.names", "notes.txt")
_MOST_NAMES = 10_000
_OVER = 0.5
"""So far beyond the image a turned box may reach."""
_COARSE_PX = 0.75
_MOST_RUNS = 5_000
_MOST_EDGE_PX = 200_000
"""Following more edges than this takes long, and what has so many has no outline worth the name."""


def entries(records: Iterable[ImageRecord], *, header: Header, links: str) -> Iterator[tuple[str, bytes]]:
    """Files of the data set: name and content."""
    numbers = {code: at for at, code in enumerate(header.classes)}
    yield "data.yaml", _data_yaml(header).encode()
    kinds: Counter[str] = Counter()
    for record in records:
        kinds.update(one.kind for one in record.objects)
        said = [one for one in record.objects if is_said("yolo", one.kind)]
        has_outline = any(one.shape for one in said)
        places = [_corners(one, record) if has_outline else _shares(one.bbox_px, record) for one in said]
        lines = [
            f"{numbers[one.class_code]} {' '.join(map(repr, shares))}\n"
            for one, shares in zip(said, places, strict=True)
        ]
        yield f"labels/{FOLDERS[record.split]}/{record.stem}.txt", "".join(lines).encode()
    if text := readme("yolo", kinds):
        yield "README.txt", text


def read(file: BinaryIO, *, limits: Limits) -> Iterator[LabelledImage | Fault]:
    """Of a ZIP the labels of every image in it; boxes are shares of the image."""
    try:
        if not is_zip(file):
            raise FaultFound("the file", "YOLO is many files.", "Send a ZIP with data.yaml and the folder labels.")
        archive = Archive(file, limits=limits)
        names = _class_names(archive)
    except FaultFound as fatal:
        yield fatal.fault
        return
    boxes = images = 0
    for name in archive.names(".txt"):
        folder, _, last = name.rpartition("/")
        if last.lower() in _NO_LABELS:
            continue
        images += 1
        if images > limits.images or boxes > limits.boxes:
            yield Fault(name[:120], "There is more than is read at once.", "Send it in several files.")
            return
        try:
            text = archive.text_of(name)
            stem = file_name_of(last[: -len(".txt")], where=name[:120])
        except FaultFound as found:
            yield found.fault
            continue
        objects = []
        for number, line in enumerate(text.split("\n"), start=1):
            where = f"{name[:120]} line {number}"
            try:
                if line.strip():
                    objects.append(_object(line, names, where=where))
            except FaultFound as found:
                yield found.fault
        boxes += len(objects)
        split = next((_SPLITS[part] for part in reversed(folder.lower().split("/")) if part in _SPLITS), "")
        yield LabelledImage(
            file_name=stem,
            objects=tuple(objects),
            sha256=stem if is_digest(stem) else "",
            split=str(split),
            unit=Unit.SHARES,
            where=name[:120],
        )


def _object(line: str, names: dict[int, str], *, where: str) -> LabelledBox:
    cells = line.split()
    is_outline = len(cells) >= 7 and len(cells) % 2 == 1
    if len(cells) != 5 and not is_outline:
        advice = "Class, centre x and y, width, height: five. Or the class, and x and y of three corners or more."
        what = "A line that is too short" if len(cells) < 5 else "A line that is neither box nor outline"
        raise FaultFound(where, f"{what}: it has {len(cells)} numbers.", advice)
    number = parsed_number(cells[0], where=where)
    if number not in names:
        raise FaultFound(where, f"There is no class {cells[0]:.20}.", "Name it in data.yaml.")
    if is_outline:
        places = [parsed_number(cell, where=where, least=0 - _OVER, most=1 + _OVER) for cell in cells[1:]]
        outline = Polygon(tuple(zip(places[::2], places[1::2], strict=True)))
        return LabelledBox(names[int(number)], extent_of(outline), where, outline)
    x, y, width, height = (parsed_number(cell, where=where, least=0, most=1) for cell in cells[1:])
    return LabelledBox(names[int(number)], box_of((x - width / 2, y - height / 2, width, height), where=where), where)


def _corners(one: DefectObject, record: ImageRecord) -> list[float]:
    """The outline of an object as shares of the image: x and y of every corner."""
    left, top, width, height = one.bbox_px
    match one.shape:
        case Mask() if len(one.shape.counts) <= _MOST_RUNS and edge_px(one.shape) <= _MOST_EDGE_PX:
            points, _ = outline_of(one.shape)
            if len(points) > MOST_POINTS:
                points = simplified(points, within_px=_COARSE_PX)
        case Polygon(points_px=found) | Rotated(corners_px=found):
            points = list(found)
        case _:
            right, bottom = left + width, top + height
            points = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [share for x, y in points for share in (x / record.width_px, y / record.height_px)]


def _shares(box: Box, record: ImageRecord) -> Box:
    left, top, width, height = box
    return (
        (left + width / 2) / record.width_px,
        (top + height / 2) / record.height_px,
        width / record.width_px,
        height / record.height_px,
    )


def _data_yaml(header: Header) -> str:
    lines = ["path: .", *(f"{folder}: images/{folder}" for folder in FOLDERS.values()), f"nc: {len(header.classes)}"]
    # A text in JSON's quotes is one in YAML's.
    return "\n".join([*lines, "names:", *(f"  {at}: {json.dumps(code)}" for at, code in enumerate(header.classes)), ""])


def _class_names(archive: Archive) -> dict[int, str]:
    """The classes by number, of `data.yaml` or of `classes.txt`."""
    for name in archive.names("data.yaml", "dataset.yaml", "data.yml"):
        return _names_in_yaml(archive.text_of(name), name=name)
    for name in archive.names("classes.txt", "obj.names"):
        lines = archive.text_of(name).split("\n")
        return {
            at: text_of(line.strip(), where=f"{name} line {at + 1}") for at, line in enumerate(lines) if line.strip()
        }
    raise FaultFound("the file", "Nothing says what the classes are called.", "Add data.yaml with names.")


def _names_in_yaml(text: str, *, name: str) -> dict[int, str]:
    """The value of `names`: a list or a mapping, in one line or in one line each. All of YAML is not read."""
    lines = text.split("\n")
    for start, line in enumerate(lines):
        if line.startswith("names:"):
            where = f"{name} line {start + 1}"
            rest = _without_comment(line.removeprefix("names:")).strip()
            return _in_one_line(rest, where=where) if rest else _in_lines(lines, start + 1, name=name)
    raise FaultFound(name, "It has no names.", "Add names: and the classes.")


def _in_one_line(value: str, *, where: str) -> dict[int, str]:
    if value[:1] + value[-1:] not in ("[]", "{}"):
        raise FaultFound(where, "The names are no list.", "names: [scratch, pit], or one in each line.")
    cells = [cell.strip() for cell in value[1:-1].split(",") if cell.strip()]
    if value[0] == "[":
        return {at: _unquoted(cell, where=where) for at, cell in enumerate(cells)}
    return dict(_numbered(cell, where=where) for cell in cells)


def _in_lines(lines: list[str], start: int, *, name: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for at, line in enumerate(lines[start : start + _MOST_NAMES], start=start + 1):
        cell = _without_comment(line).strip()
        if not cell:
            continue
        if cell.startswith("- "):
            found[len(found)] = _unquoted(cell[2:].strip(), where=f"{name} line {at}")
        elif line[0] == " ":
            number, code = _numbered(cell, where=f"{name} line {at}")
            found[number] = code
        else:
            break
    return found


def _numbered(cell: str, *, where: str) -> tuple[int, str]:
    number, sign, code = cell.partition(":")
    if not sign or not number.strip().isascii() or not number.strip().isdigit() or len(number.strip()) > 6:
        raise FaultFound(where, f"{cell:.40} is no number with a name.", "0: scratch")
    return int(number), _unquoted(code.strip(), where=where)


def _unquoted(cell: str, *, where: str) -> str:
    if cell[:1] == '"':
        try:
            cell = json.loads(cell)
        except ValueError as fault:
            raise FaultFound(where, f"{cell:.40} is not closed.", "Close the quotes.") from fault
    elif cell[:1] == "'" and cell[-1:] == "'" and len(cell) > 1:
        cell = cell[1:-1].replace("''", "'")
    return text_of(cell, where=where)


def _without_comment(line: str) -> str:
    head, sign, _ = line.partition(" #")
    return head if sign and head.count('"') % 2 == 0 and head.count("'") % 2 == 0 else line
