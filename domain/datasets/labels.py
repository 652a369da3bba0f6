"""What a file of labels from elsewhere says, before anybody has looked whether it fits what is here."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.datasets.records import Box, ImageRecord
from domain.shapes.kinds import Polygon, Shape, Upright
from domain.shapes.measure import bbox_of
from domain.shapes.outline import recognised
from domain.shapes.said import ShapeFault, read, write

LONGEST_NAME = 255
LARGEST_PX = 1e6
MiB = 1 << 20


class Unit(StrEnum):
    PIXELS = "pixels"
    SHARES = "shares"
    """Of the image's width and height: of formats that do not say how large an image is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold.

    Attributes:
        file_bytes: of the file as it was sent.
        unpacked_bytes: of everything in an archive together; `entry_bytes` of one file in it.
    """

    file_bytes: int = 64 * MiB
    unpacked_bytes: int = 256 * MiB
    entry_bytes: int = 4 * MiB
    entries: int = 200_000
    images: int = 200_000
    boxes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be used of a file.

    Attributes:
        where: a line, or the path of a value: "line 7", "$.annotations[3].bbox", "labels/train/a.txt line 2".
        what: what is wrong there.
        advice: what to do.
    """

    where: str
    what: str
    advice: str


class FaultFound(Exception):
    """Carries a fault to where it is reported; nothing of what it was found in is used."""

    def __init__(self, where: str, what: str, advice: str) -> None:
        super().__init__(f"{where}: {what}")
        self.fault = Fault(where, what, advice)


@dataclass(frozen=True, slots=True)
class LabelledBox:
    class_code: str
    bbox: Box
    where: str = field(default="", compare=False)
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """What a file says of one image.

    Attributes:
        file_name: its last part; without a suffix where the format has none.
        width_px, height_px: 0 where the format does not say.
        nuisances: boxes in which nothing of interest is.
    """

    file_name: str
    objects: tuple[LabelledBox, ...]
    nuisances: tuple[Box, ...] = ()
    sha256: str = ""
    external_id: str = ""
    width_px: int = 0
    height_px: int = 0
    split: str = ""
    unit: Unit = Unit.PIXELS
    where: str = field(default="", compare=False)

    def place_px(self, one: LabelledBox, *, width_px: int, height_px: int) -> tuple[Box, Shape | None]:
        """An object of this image in pixels, given how large the image is: its box, and what is more than that.

        Raises:
            FaultFound: in pixels its outline is none.
        """
        if self.unit is Unit.PIXELS:
            return one.bbox, one.shape
        if isinstance(one.shape, Polygon):
            points = tuple((x * width_px, y * height_px) for x, y in one.shape.points_px)
            shape = shape_of(write(recognised(Polygon(points))), where=one.where)
            box = bbox_of(shape, width_px=width_px, height_px=height_px)
            return (box, None) if isinstance(shape, Upright) else (box, shape)
        left, top, width, height = one.bbox
        return (left * width_px, top * height_px, width * width_px, height * height_px), one.shape


def labelled(record: ImageRecord) -> LabelledImage:
    """What of a record other people's formats can say at most; also what readers of ours give back."""
    return LabelledImage(
        file_name=record.export_name,
        objects=tuple(LabelledBox(one.class_code, one.bbox_px, shape=one.shape) for one in record.objects),
        nuisances=record.nuisances,
        sha256=record.sha256,
        width_px=record.width_px,
        height_px=record.height_px,
        split=record.split.value,
    )


def text_of(value: Any, *, where: str, longest: int = LONGEST_NAME) -> str:
    """A name.

    Raises:
        FaultFound: no text, too long, or with characters that cannot be shown.
    """
    if not isinstance(value, str):
        raise FaultFound(where, "A text is wanted.", "Write it in quotes.")
    if len(value) > longest:
        raise FaultFound(where, f"It has {len(value):,} characters.", f"{longest} are the most.")
    if not value.isascii() or not value.isprintable():
        for character in value:
            if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
                raise FaultFound(where, "It holds a character that cannot be shown.", "Use letters, digits and spaces.")
    return value


def file_name_of(value: Any, *, where: str) -> str:
    """The last part of a path. Raises as `text_of`."""
    return text_of(value, where=where, longest=4096).replace("\\", "/").rsplit("/", 1)[-1][-LONGEST_NAME:]


def digest_of(value: Any, *, where: str) -> str:
    """A SHA-256 in lower case hexadecimal digits, or empty. Raises as `text_of`."""
    text = text_of(value, where=where).lower()
    if text and not is_digest(text):
        raise FaultFound(where, "It is no SHA-256.", "64 hexadecimal digits, or leave it out.")
    return text


def is_digest(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)


def number_of(value: Any, *, where: str, least: float = -LARGEST_PX, most: float = LARGEST_PX) -> float:
    """A finite number.

    Raises:
        FaultFound: it is none, or too large.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultFound(where, "A number is wanted.", "Write it without quotes, with a point for the fraction.")
    if not least <= value <= most or not math.isfinite(value):
        raise FaultFound(where, f"{value!s:.40} is no place in an image.", f"From {least:g} to {most:g}.")
    return float(value)


def parsed_number(text: str, *, where: str, least: float = -LARGEST_PX, most: float = LARGEST_PX) -> float:
    """A number that was written as text. Raises as `number_of`."""
    try:
        if len(text) > 64 or not text.isascii() or "_" in text:
            raise ValueError
        value = float(text)
    except ValueError as fault:
        raise FaultFound(where, f"{text!r:.60} is no number.", "Digits, with a point for the fraction.") from fault
    return number_of(value, where=where, least=least, most=most)


def size_of(value: Any, *, where: str) -> int:
    """How many pixels wide or high. Raises as `number_of`."""
    size = number_of(value, where=where, least=0)
    if size != int(size):
        raise FaultFound(where, f"{size:g} is no whole number of pixels.", "Write the size in whole pixels.")
    return int(size)


def shape_of(said: Any, *, where: str) -> Shape:
    """A shape as `domain.shapes.said` has it.

    Raises:
        FaultFound: it is none.
    """
    try:
        return read(said)
    except ShapeFault as fault:
        raise FaultFound(where, str(fault), "Draw it so that it can be, or leave the object out.") from fault


def box_of(values: Any, *, where: str) -> Box:
    """Left, top, width, height.

    Raises:
        FaultFound: not four numbers, or nothing between its sides.
    """
    if not isinstance(values, list | tuple) or len(values) != 4:
        raise FaultFound(where, "A box has four numbers.", "Left, top, width and height, in pixels.")
    left, top, width, height = (number_of(value, where=where) for value in values)
    if width <= 0 or height <= 0:
        raise FaultFound(where, "The box is empty.", "Width and height are more than 0.")
    return left, top, width, height
