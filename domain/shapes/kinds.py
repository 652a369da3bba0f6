"""The shapes there are. Places are in pixels of the image, from its top left edge; x to the right, y down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

Place = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, width, height."""


class Kind(StrEnum):
    BOX = "box"
    ROTATED = "rotated"
    POLYGON = "polygon"
    MASK = "mask"
    POINT = "point"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Upright:
    """A box along the edges of the image."""

    bbox_px: Box

    @property
    def kind(self) -> Kind:
        return Kind.BOX


@dataclass(frozen=True, slots=True)
class Rotated:
    """A box turned around its middle, clockwise as it is seen."""

    center_px: Place
    size_px: Place
    angle_deg: float

    @property
    def kind(self) -> Kind:
        return Kind.ROTATED

    @property
    def corners_px(self) -> tuple[Place, ...]:
        """Of the box before it is turned: top left, top right, bottom right, bottom left."""
        turn = math.radians(self.angle_deg)
        cos, sin = math.cos(turn), math.sin(turn)
        (x, y), (width, height) = self.center_px, self.size_px
        halves = [
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        ]
        return tuple((x + right * cos - down * sin, y + right * sin + down * cos) for right, down in halves)


@dataclass(frozen=True, slots=True)
class Polygon:
    """An outline without holes whose sides do not cross."""

    points_px: tuple[Place, ...]

    @property
    def kind(self) -> Kind:
        return Kind.POLYGON


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels, within the smallest box of whole pixels that holds them.

    Attributes:
        counts: run lengths down the columns from left to right, as COCO has them: first how many are out, then how many
            are in, and so on.
    """

    bbox_px: tuple[int, int, int, int]
    counts: tuple[int, ...]

    @property
    def kind(self) -> Kind:
        return Kind.MASK


@dataclass(frozen=True, slots=True)
class Point:
    """A place, of which nobody has said how large it is."""

    at_px: Place

    @property
    def kind(self) -> Kind:
        return Kind.POINT


@dataclass(frozen=True, slots=True)
class Tag:
    """The whole image: it shows the defect, and nobody has said where."""

    @property
    def kind(self) -> Kind:
        return Kind.TAG


Shape = Upright | Rotated | Polygon | Mask | Point | Tag
