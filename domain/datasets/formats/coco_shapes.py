"""Shapes as COCO has them: outlines, run lengths over the whole image, and a member of our own for the rest."""

from __future__ import annotations

import json
import math
from typing import Any

from domain.datasets.labels import FaultFound, number_of, shape_of
from domain.datasets.records import DefectObject, ImageRecord
from domain.shapes import said as shapes
from domain.shapes.kinds import Mask, Place, Point, Polygon, Rotated, Shape, Upright
from domain.shapes.measure import area_of
from domain.shapes.outline import recognised
from domain.shapes.raster import filled
from domain.shapes.runs import decode, mask_of, whole_counts

_MOST_PX = 1 << 24
_MOST_CORNERS = 10_000
_MOST_WORK = 1 << 25
"""Rows times corners of what is rasterised."""
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def members_of(one: DefectObject, record: ImageRecord) -> str:
    """The members `area`, `segmentation` and what else says where an object is, as JSON without braces."""
    _, _, width, height = one.bbox_px
    if one.shape is None:
        return f'"area":{width * height!r},"segmentation":[]'
    outline: Any = []
    match one.shape:
        case Polygon(points_px=points) | Rotated(corners_px=points):
            outline = [[side for place in points for side in place]]
        case Mask():
            size = {"width_px": record.width_px, "height_px": record.height_px}
            outline = {"size": [record.height_px, record.width_px], "counts": whole_counts(one.shape, **size)}
    said = f'"area":{area_of(one.shape)!r},"segmentation":{_encode(outline)}'
    if isinstance(one.shape, Point):
        x, y = one.shape.at_px
        said += f',"keypoints":[{x!r},{y!r},2],"num_keypoints":1'
    # An outline that is a box would be read as one.
    is_plain = isinstance(one.shape, Mask) or (isinstance(one.shape, Polygon) and recognised(one.shape) is one.shape)
    if not is_plain:
        said += f',"shape":{_encode(shapes.write(one.shape))}'
    return said


def read(element: dict[str, Any], size: tuple[int, int], *, where: str) -> Shape | None:
    """What an annotation says beside its box; None where that is nothing.

    Outlines that we could not draw (several parts, sides that cross, very many corners) are read as their pixels.

    Args:
        size: width and height of the image; 0 where the file does not say.

    Raises:
        FaultFound: it is no outline.
    """
    if "shape" in element:
        return shape_of(element["shape"], where=f"{where}.shape")
    said, where = element.get("segmentation") or [], f"{where}.segmentation"
    if isinstance(said, dict):
        return _of_runs(said, size, where=where)
    if not isinstance(said, list):
        raise FaultFound(where, "It is no outline.", "A list of outlines, or run lengths with their size.")
    if sum(len(one) for one in said if isinstance(one, list)) > 2 * _MOST_CORNERS:
        raise FaultFound(where, f"It has more than {_MOST_CORNERS:,} corners.", "Draw it with fewer, or leave it out.")
    rings = [_ring(one, where=f"{where}[{at}]") for at, one in enumerate(said)]
    if not rings:
        return None
    shape = _outline(rings[0]) if len(rings) == 1 else None
    if shape is None:
        return _filled(rings, size, where=where)
    return None if isinstance(recognised(shape), Upright) else shape


def _outline(ring: list[Place]) -> Polygon | None:
    try:
        shape = shapes.read({"kind": "polygon", "points_px": ring})
    except shapes.ShapeFault:
        return None
    assert isinstance(shape, Polygon)
    return shape


def _ring(said: Any, *, where: str) -> list[Place]:
    if not isinstance(said, list) or len(said) < 6 or len(said) % 2:
        raise FaultFound(where, "An outline has x and y of three corners or more.", "Draw it anew, or leave it out.")
    places = [number_of(one, where=where) for one in said]
    return list(zip(places[::2], places[1::2], strict=True))


def _filled(rings: list[list[Place]], size: tuple[int, int], *, where: str) -> Mask | None:
    width, height = size
    if not width or not height or width * height > _MOST_PX:
        raise FaultFound(where, "Several outlines, or sides that cross.", "Say the size of the image, or draw it anew.")
    xs, ys = zip(*(place for ring in rings for place in ring), strict=True)
    left, top = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
    right, bottom = min(width, math.ceil(max(xs))), min(height, math.ceil(max(ys)))
    if right <= left or bottom <= top:
        return None
    if (bottom - top) * len(xs) > _MOST_WORK:
        raise FaultFound(where, "It is too large for so many corners.", "Draw it with fewer, or leave it out.")
    bits = filled(rings, (left, top, right - left, bottom - top))
    return _checked(mask_of(bits, left=left, top=top), where=where)


def _of_runs(said: dict[str, Any], size: tuple[int, int], *, where: str) -> Mask | None:
    sides, counts = said.get("size"), said.get("counts")
    if not isinstance(sides, list) or len(sides) != 2 or any(type(one) is not int or one < 1 for one in sides):
        raise FaultFound(f"{where}.size", "Height and width are wanted.", "Two whole numbers.")
    height, width = sides
    if width * height > _MOST_PX or (all(size) and (width, height) != size):
        raise FaultFound(f"{where}.size", "It is another size than the image.", "Height and width of the image.")
    if isinstance(counts, str):
        counts = _unpacked(counts, where=where)
    if not isinstance(counts, list) or any(type(one) is not int or one < 0 for one in counts):
        raise FaultFound(f"{where}.counts", "Run lengths are wanted.", "Whole numbers, or COCO's packed text.")
    try:
        return _checked(mask_of(decode(counts, width=width, height=height)), where=where)
    except ValueError as fault:
        raise FaultFound(f"{where}.counts", f"{fault}.", "Run lengths of the whole image.") from fault


def _unpacked(text: str, *, where: str) -> list[int]:
    """COCO's packed run lengths: five bits a character, each run but the first ones against the one two before."""
    counts: list[int] = []
    at = 0
    while at < len(text):
        value = shift = 0
        while True:
            code = ord(text[at]) - 48 if at < len(text) else -1
            if not 0 <= code < 64 or shift > 40:
                raise FaultFound(f"{where}.counts", "These are no run lengths of COCO.", "Write the file anew.")
            value |= (code & 31) << shift
            at, shift = at + 1, shift + 5
            if not code & 32:
                break
        if code & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts


def _checked(mask: Mask | None, *, where: str) -> Mask | None:
    if mask is None:
        return None
    shape = shape_of(shapes.write(mask), where=where)
    assert isinstance(shape, Mask)
    return shape
