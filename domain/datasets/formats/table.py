"""CSV: a line per box, and one for an image without any. What was drawn beside the box is JSON in the column `shape`.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which is taken off again on reading.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from domain.datasets.labels import (
    Fault,
    FaultFound,
    LabelledBox,
    LabelledImage,
    Limits,
    box_of,
    digest_of,
    file_name_of,
    parsed_number,
    shape_of,
    size_of,
    text_of,
)
from domain.datasets.records import Box, Header, ImageRecord
from domain.shapes import said as shapes
from domain.shapes.kinds import Shape

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
DEFECT, NUISANCE, NOTHING = "defect", "nuisance", "none"
_BOX = ("x_px", "y_px", "box_width_px", "box_height_px")
COLUMNS = (
    "file_name", "sha256", "image", "pixel_sha256", "original_name", "split", "width_px", "height_px", "site", "lot",
    "wafer", "layer", "tool", "product", "is_complete", "kind", "class_code", *_BOX, "task", "annotation", "author",
    "stage", "shape", "address",
)  # fmt: skip
_NAMES = ("sha256", "external_id", "file_name")
_LINES_AT_ONCE = 500
# A painted region with as many runs as there may be.
_LONGEST_CELL = 1 << 18


def chunks(records: Iterable[ImageRecord], *, header: Header, links: str) -> Iterator[bytes]:
    """The file, in portions."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for at, record in enumerate(records):
        writer.writerows(_rows(record, links))
        if at % _LINES_AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def read(file: BinaryIO, *, limits: Limits) -> Iterator[LabelledImage | Fault]:
    """Images in the order in which they come up, each with all of its boxes."""
    try:
        found = _Found(limits)
        yield from found.take(io.TextIOWrapper(file, "utf-8-sig", newline=""))
    except FaultFound as fatal:
        yield fatal.fault


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data


def _rows(record: ImageRecord, links: str) -> Iterator[list[object]]:
    image: list[object] = [
        record.export_name, record.sha256, record.image, record.pixel_sha256, safe_cell(record.file_name),
        record.split.value, record.width_px, record.height_px, safe_cell(record.site), safe_cell(record.lot),
        safe_cell(record.wafer), safe_cell(record.layer), safe_cell(record.tool), safe_cell(record.product),
        str(record.is_complete).lower(),
    ]  # fmt: skip
    address = links.format(image=record.image)
    for one in record.objects:
        yield [*image, DEFECT, safe_cell(one.class_code), *one.bbox_px, one.task, one.annotation, safe_cell(one.author),
               one.stage, json.dumps(shapes.write(one.shape)) if one.shape else "", address]  # fmt: skip
    for box in record.nuisances:
        yield [*image, NUISANCE, "", *box, "", "", "", "", "", address]
    if not record.objects and not record.nuisances:
        yield [*image, NOTHING, "", "", "", "", "", "", "", "", "", "", address]


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(DANGEROUS) else text


class _Found:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._images: dict[tuple[str, ...], LabelledImage] = {}
        self._objects: dict[tuple[str, ...], list[LabelledBox]] = {}
        self._nuisances: dict[tuple[str, ...], list[Box]] = {}
        self._boxes = 0

    def take(self, lines: io.TextIOWrapper) -> Iterator[LabelledImage | Fault]:
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(lines, strict=True)
        rows = _located(reader)
        _, columns = next(rows, (1, []))
        self._check(columns)
        for line, cells in rows:
            where = f"line {line}"
            try:
                if len(cells) != len(columns):
                    what = f"It has {len(cells)} cells, and there are {len(columns)} columns."
                    raise FaultFound(where, what, "Put texts with commas in quotes.")
                self._row({name: _plain(cell) for name, cell in zip(columns, cells, strict=True)}, where=where)
            except FaultFound as found:
                yield found.fault
        for key, image in self._images.items():
            objects, nuisances = tuple(self._objects[key]), tuple(self._nuisances[key])
            yield replace(image, objects=objects, nuisances=nuisances)

    @staticmethod
    def _check(columns: list[str]) -> None:
        missing = [name for name in ("class_code", *_BOX) if name not in columns]
        if missing:
            raise FaultFound("line 1", f"There is no column {missing[0]}.", "The first line names the columns.")
        if not any(name in columns for name in _NAMES):
            raise FaultFound("line 1", "No column says which image.", f"Add one of {', '.join(_NAMES)}.")
        if len(set(columns)) != len(columns):
            raise FaultFound("line 1", "A column is named twice.", "Name each once.")

    def _row(self, row: dict[str, str], *, where: str) -> None:
        sha256 = digest_of(row.get("sha256", ""), where=where)
        external_id = text_of(row.get("external_id", ""), where=where, longest=128)
        file_name = file_name_of(row.get("file_name", ""), where=where)
        key = (sha256, external_id, file_name)
        if not any(key):
            raise FaultFound(where, "It does not say which image.", f"Fill in one of {', '.join(_NAMES)}.")
        if key not in self._images:
            self._add_image(key, row, where=where)
        kind = row.get("kind") or DEFECT
        if kind == NOTHING:
            return
        self._boxes += 1
        if self._boxes > self._limits.boxes:
            raise FaultFound(where, f"More than {self._limits.boxes:,} boxes.", "Send them in several files.")
        box = box_of([parsed_number(row[name], where=f"{where}, {name}") for name in _BOX], where=where)
        if kind == NUISANCE:
            self._nuisances[key].append(box)
        elif kind == DEFECT:
            code = text_of(row["class_code"], where=f"{where}, class_code")
            self._objects[key].append(LabelledBox(code, box, where, _shape(row.get("shape", ""), where=where)))
        else:
            raise FaultFound(where, f"There is no kind {kind:.20}.", f"{DEFECT}, {NUISANCE} or {NOTHING}.")

    def _add_image(self, key: tuple[str, str, str], row: dict[str, str], *, where: str) -> None:
        if len(self._images) >= self._limits.images:
            raise FaultFound(where, f"More than {self._limits.images:,} images.", "Send them in several files.")
        sha256, external_id, file_name = key
        width, height = (
            size_of(parsed_number(row.get(name) or "0", where=f"{where}, {name}"), where=f"{where}, {name}")
            for name in ("width_px", "height_px")
        )
        split = text_of(row.get("split", ""), where=where, longest=32)
        self._images[key] = LabelledImage(
            file_name=file_name, objects=(), sha256=sha256, external_id=external_id, width_px=width, height_px=height,
            split=split, where=where,
        )  # fmt: skip
        self._objects[key], self._nuisances[key] = [], []


def _shape(cell: str, *, where: str) -> Shape | None:
    if not cell:
        return None
    try:
        said = json.loads(cell)
    except (ValueError, RecursionError) as fault:
        raise FaultFound(f"{where}, shape", "It is no JSON.", "Leave it empty for a box.") from fault
    return shape_of(said, where=f"{where}, shape")


def _located(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin in; empty ones are passed over."""
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise FaultFound(f"line {line}", f"This is no CSV: {fault}.", "Close the quotes.") from fault
        except UnicodeDecodeError as fault:
            raise FaultFound(f"line {line}", "It is not UTF-8.", "Save the file as UTF-8.") from fault
        if cells:
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]
