"""A scribble becomes a region, as a proposal: nothing is stored until somebody decides."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from annotations.errors import NothingFound
from core.errors import Invalid
from domain.imaging.region import MOST_SIDE_PX, Frame, scribbled, shape_of, tapped
from domain.shapes.kinds import Place, Polygon
from domain.shapes.measure import bbox_of, extent_of
from domain.shapes.said import write
from inspection import services as inspecting
from inspection.models import InspectionImage

AROUND = 3.0
"""So many times as large as the scribble is what is looked at, and no smaller than that."""
LEAST_AROUND_PX = 192


class How(StrEnum):
    SCRIBBLE = "scribble"
    TAP = "tap"


def find_region(*, image: InspectionImage, scribble_px: Sequence[Place], how: How, tolerance: int) -> dict[str, Any]:
    """The region that a scribble over an image means, as a shape.

    Args:
        image: one that who asks may see.
        scribble_px: places along it, in pixels of the image.
        tolerance: how much the region may differ from what was touched, in grey levels.

    Returns:
        `shape` and the `bbox_px` around it.

    Raises:
        Invalid: the scribble is not on the image.
        NothingFound: nothing stands out there.
        Unavailable, Overloaded: its picture cannot be had right now.
    """
    size = {"width_px": image.width_px, "height_px": image.height_px}
    if not all(0 <= x <= image.width_px and 0 <= y <= image.height_px for x, y in scribble_px):
        raise Invalid.of({"scribble_px": [f"It is not on the image, which has {image.width_px} x {image.height_px}."]})
    left_px, top_px, side_px = _around(scribble_px, image)
    part = inspecting.part_of(image, left_px=left_px, top_px=top_px, side_px=side_px, most_px=MOST_SIDE_PX)
    places = [((x - part.left_px) / part.scale, (y - part.top_px) / part.scale) for x, y in scribble_px]
    find = tapped if how is How.TAP else scribbled
    frame = Frame(part.left_px, part.top_px, part.scale, **size)
    found = shape_of(find(part.pixels, places, tolerance=tolerance), frame)
    if found is None:
        raise NothingFound("Nothing stands out there. Scribble along the defect itself, or look wider.")
    return {"shape": write(found), "bbox_px": bbox_of(found, **size)}


def _around(places: Sequence[Place], image: InspectionImage) -> tuple[int, int, int]:
    """Left, top and side of the square that is looked at, within the image as far as it goes."""
    left, top, width, height = extent_of(Polygon(tuple(places)))
    side = int(min(max(LEAST_AROUND_PX, AROUND * max(width, height)), max(image.width_px, image.height_px)))
    start = [
        int(min(max(0.0, middle - side / 2), max(0, most - side)))
        for middle, most in ((left + width / 2, image.width_px), (top + height / 2, image.height_px))
    ]
    return start[0], start[1], side
