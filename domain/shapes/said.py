"""Shapes as JSON: read strictly, written shortly. Places are kept to a thousandth of a pixel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.shapes.kinds import Kind, Mask, Place, Point, Polygon, Rotated, Shape, Tag, Upright
from domain.shapes.measure import bbox_of, ring_area
from domain.shapes.runs import bits_of

MOST_POINTS = 1000
MOST_RUNS = 20_000
MOST_MASK_PX = 1 << 22
LARGEST_PX = 1_000_000.0
LEAST_SIDE_PX = 1.0
LEAST_AREA_PX = 1.0
SLACK_PX = 0.01
_DECIMALS = 3
_MEMBERS = {
    Kind.BOX: ("bbox_px",),
    Kind.ROTATED: ("center_px", "size_px", "angle_deg"),
    Kind.POLYGON: ("points_px",),
    Kind.MASK: ("bbox_px", "counts"),
    Kind.POINT: ("at_px",),
    Kind.TAG: (),
}
_KINDS: dict[Kind, Callable[..., Shape]] = {
    Kind.BOX: Upright,
    Kind.ROTATED: Rotated,
    Kind.POLYGON: Polygon,
    Kind.MASK: Mask,
    Kind.POINT: Point,
    Kind.TAG: Tag,
}


class ShapeFault(ValueError):
    """What is wrong with a shape, as a sentence for whoever drew it."""


def read(said: Any) -> Shape:
    """The shape that some JSON is, whatever image it is of.

    Raises:
        ShapeFault: it is none.
    """
    if not isinstance(said, Mapping):
        raise ShapeFault("A shape is an object with a kind.")
    kinds = ", ".join(Kind)
    try:
        kind = Kind(str(said.get("kind")))
    except ValueError as fault:
        raise ShapeFault(f"There is no kind {said.get('kind')!s:.20}. Known: {kinds}.") from fault
    wanted = {"kind", *_MEMBERS[kind]}
    if said.keys() != wanted:
        raise ShapeFault(f"A {kind} has {', '.join(sorted(wanted))}, and nothing else.")
    match kind:
        case Kind.BOX:
            left, top, width, height = _numbers(said["bbox_px"], "bbox_px", 4)
            return _with_sides(Upright((left, top, width, height)), width, height)
        case Kind.ROTATED:
            width, height = _numbers(said["size_px"], "size_px", 2)
            angle = _number(said["angle_deg"], "angle_deg", least=-360.0, most=360.0)
            return _with_sides(Rotated(_place(said["center_px"], "center_px"), (width, height), angle), width, height)
        case Kind.POLYGON:
            return _polygon(said["points_px"])
        case Kind.MASK:
            return _mask(said["bbox_px"], said["counts"])
        case Kind.POINT:
            return Point(_place(said["at_px"], "at_px"))
        case Kind.TAG:
            return Tag()


def fitted(shape: Shape, *, width_px: int, height_px: int) -> Shape:
    """The shape, if it can be one of an image of this size. Of a turned box only its middle must be in the image.

    Raises:
        ShapeFault: it reaches out of the image, or what is within it is too small.
    """
    match shape:
        case Rotated(center_px=place) | Point(at_px=place):
            places = [place]
        case Polygon(points_px=points):
            places = list(points)
        case Upright(bbox_px=(left, top, width, height)) | Mask(bbox_px=(left, top, width, height)):
            places = [(left, top), (left + width, top + height)]
        case Tag():
            places = []
    is_inside = all(-SLACK_PX <= x <= width_px + SLACK_PX and -SLACK_PX <= y <= height_px + SLACK_PX for x, y in places)
    if not is_inside:
        raise ShapeFault(f"It is not within the image, which has {width_px} x {height_px} pixels.")
    if min(bbox_of(shape, width_px=width_px, height_px=height_px)[2:]) < LEAST_SIDE_PX:
        raise ShapeFault("Less than a pixel of it is in the image.")
    return shape


def write(shape: Shape) -> dict[str, Any]:
    """The same as JSON."""
    said: dict[str, Any] = {"kind": shape.kind.value}
    for name in _MEMBERS[shape.kind]:
        said[name] = _listed(getattr(shape, name))
    return said


def restored(written: Mapping[str, Any]) -> Shape:
    """The shape that `write` wrote. Nothing is checked again: that took longer than all else that is done with it."""
    values = [_frozen(written[name]) for name in _MEMBERS[Kind(written["kind"])]]
    return _KINDS[Kind(written["kind"])](*values)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def _listed(value: Any) -> Any:
    return [_listed(one) for one in value] if isinstance(value, tuple) else value


def _polygon(said: Any) -> Polygon:
    if not isinstance(said, list | tuple) or not 3 <= len(said) <= MOST_POINTS:
        raise ShapeFault(f"points_px: an outline has 3 to {MOST_POINTS:,} points.")
    points = tuple(_place(one, f"points_px[{at}]") for at, one in enumerate(said))
    if len(set(points)) < 3 or ring_area(points) < LEAST_AREA_PX:
        raise ShapeFault("points_px: the outline holds less than a pixel.")
    if crosses(points):
        raise ShapeFault("points_px: its sides cross. Move a corner until they do not.")
    return Polygon(points)


def _mask(box: Any, counts: Any) -> Mask:
    left, top, width, height = (round(side) for side in _numbers(box, "bbox_px", 4))
    if [left, top, width, height] != list(box):
        raise ShapeFault("bbox_px: of painted pixels it has whole numbers.")
    if min(width, height) < 1:
        raise ShapeFault("bbox_px: it is at least a pixel wide and high.")
    if width * height > MOST_MASK_PX:
        raise ShapeFault(f"bbox_px: at most {MOST_MASK_PX:,} pixels; draw an outline around what is larger.")
    if not isinstance(counts, list | tuple) or not 2 <= len(counts) <= MOST_RUNS:
        raise ShapeFault(f"counts: 2 to {MOST_RUNS:,} run lengths; draw an outline around what has more.")
    if any(isinstance(one, bool) or not isinstance(one, int) for one in counts):
        raise ShapeFault("counts: run lengths are whole numbers.")
    if counts[0] < 0 or min(counts[1:]) < 1 or sum(counts) != width * height:
        raise ShapeFault(
            f"counts: runs of a pixel or more, {width * height:,} pixels together; only the first may be 0."
        )
    mask = Mask((left, top, width, height), tuple(counts))
    bits = bits_of(mask)
    if not (bits[0].any() and bits[-1].any() and bits[:, 0].any() and bits[:, -1].any()):
        raise ShapeFault("bbox_px: it is larger than what is painted.")
    return mask


def crosses(points: tuple[Place, ...]) -> bool:
    """Whether two sides of an outline cross. That they touch is no crossing."""
    first = np.asarray(points, np.float64)
    second = np.roll(first, -1, axis=0)
    in_order = np.argsort(np.minimum(first, second)[:, 0])
    first, second = first[in_order], second[in_order]
    one, other = _near(np.minimum(first, second), np.maximum(first, second))
    ends = first[one], second[one], first[other], second[other]
    return bool((_parts(*ends) & _parts(*ends[2:], *ends[:2])).any())


def _near(low: FloatArray, high: FloatArray) -> tuple[IntArray, IntArray]:
    """Pairs of sides, each once, whose boxes meet: of thousands few do, and none of the others cross.

    Args:
        low, high: (N, 2) corners of the sides' boxes, in the order of their left edges.
    """
    number = np.arange(len(low))
    # Those that begin after a side does and before it ends.
    counts = np.searchsorted(low[:, 0], high[:, 0], side="right") - number - 1
    one = np.repeat(number, counts)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    meet = (low[one, 1] <= high[other, 1]) & (low[other, 1] <= high[one, 1])
    return one[meet], other[meet]


def _parts(start: FloatArray, end: FloatArray, before: FloatArray, after: FloatArray) -> BoolArray:
    """(K,) whether a line from start to end has the one place on its one side and the other on the other."""
    way = end - start
    sides = [np.sign(way[:, 0] * (at - start)[:, 1] - way[:, 1] * (at - start)[:, 0]) for at in (before, after)]
    return np.asarray(sides[0] * sides[1] < 0)


def _with_sides(shape: Shape, width: float, height: float) -> Shape:
    if min(width, height) < LEAST_SIDE_PX:
        raise ShapeFault("It is at least a pixel wide and high.")
    return shape


def _place(said: Any, name: str) -> Place:
    x, y = _numbers(said, name, 2)
    return x, y


def _numbers(said: Any, name: str, count: int) -> list[float]:
    if not isinstance(said, list | tuple) or len(said) != count:
        raise ShapeFault(f"{name}: {count} numbers are wanted.")
    return [_number(one, name) for one in said]


def _number(said: Any, name: str, *, least: float = -LARGEST_PX, most: float = LARGEST_PX) -> float:
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    if not is_number or (isinstance(said, float) and math.isnan(said)):
        raise ShapeFault(f"{name}: a number is wanted.")
    if not least <= said <= most:
        raise ShapeFault(f"{name}: {str(said)[:20]} is not between {least:g} and {most:g}.")
    return round(float(said), _DECIMALS)
