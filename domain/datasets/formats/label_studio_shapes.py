"""Shapes as Label Studio's results: rectangles, also turned, polygons, brushes, points, and a choice for an image."""

from __future__ import annotations

import math
from typing import Any

from domain.datasets.formats import brush
from domain.datasets.formats.json_stream import member
from domain.datasets.labels import FaultFound, LabelledBox, box_of, number_of, shape_of, text_of
from domain.datasets.records import DefectObject, ImageRecord
from domain.shapes import said as shapes
from domain.shapes.kinds import Kind, Mask, Place, Point, Polygon, Rotated, Shape, Tag
from domain.shapes.measure import bbox_of

TO_NAME = "image"
CONTROLS = {
    "rectanglelabels": ("label", "RectangleLabels"),
    "polygonlabels": ("outline", "PolygonLabels"),
    "brushlabels": ("painted", "BrushLabels"),
    "keypointlabels": ("place", "KeyPointLabels"),
    "choices": ("whole", "Choices"),
}
"""By the type of a result: the name of its control in our interface, and what that is."""
CONTROL_OF = {
    Kind.BOX: "rectanglelabels",
    Kind.ROTATED: "rectanglelabels",
    Kind.POLYGON: "polygonlabels",
    Kind.MASK: "brushlabels",
    Kind.POINT: "keypointlabels",
    Kind.TAG: "choices",
}
_SIDES = ("x", "y", "width", "height")
_POINT_SHARE = 0.5
"""How large a key point is drawn there, in per cent of the image."""


def result_of(number: int, one: DefectObject, record: ImageRecord) -> dict[str, Any]:
    """An object as a result."""
    size = (record.width_px, record.height_px)
    kind, value = _value(one, size)
    from_name, _ = CONTROLS[kind]
    said: dict[str, Any] = {"id": f"r{number}", "type": kind, "from_name": from_name, "to_name": TO_NAME}
    if kind != "choices":
        said |= {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    return {**said, "value": {**value, kind: [one.class_code]}}


def is_region(result: Any) -> bool:
    """Whether a result says where something is, or what the whole image shows; others are about something else."""
    if not isinstance(result, dict):
        return True
    kind = result.get("type")
    if kind == "choices":
        return result.get("from_name") == CONTROLS["choices"][0]
    return isinstance(kind, str) and kind.endswith("labels")


def object_of(result: Any, size: tuple[int, int] | None, *, where: str) -> LabelledBox:
    """A result as an object.

    Args:
        size: width and height of the image; None where nobody says: then places are shares of it.

    Raises:
        FaultFound: it is none that we could draw.
    """
    value = member(result, "value", where=where)
    kind = result.get("type")
    if kind not in CONTROLS:
        raise FaultFound(f"{where}.type", f"{kind!s:.40} are not read.", f"Known are {', '.join(CONTROLS)}.")
    labels = member(value, kind, where=f"{where}.value")
    if not isinstance(labels, list) or len(labels) != 1:
        raise FaultFound(f"{where}.value.{kind}", "A region has one label.", "Give it one.")
    code = text_of(labels[0], where=f"{where}.value.{kind}")
    if kind == "rectanglelabels" and not value.get("rotation"):
        scale = size or (1, 1)
        x, y, width, height = (_number(value, side, where=where) for side in _SIDES)
        box = (x * scale[0], y * scale[1], width * scale[0], height * scale[1])
        return LabelledBox(code, box_of(box, where=f"{where}.value"), where)
    if size is None:
        return _in_shares(kind, value, code, where=where)
    shape = _shape(kind, value, size, where=where)
    return LabelledBox(code, bbox_of(shape, width_px=size[0], height_px=size[1]), where, shape)


def _value(one: DefectObject, size: tuple[int, int]) -> tuple[str, dict[str, Any]]:
    left, top, width, height = one.bbox_px
    match one.shape:
        case Polygon(points_px=points):
            return "polygonlabels", {"points": [_percent(place, size) for place in points], "closed": True}
        case Mask():
            data = brush.packed(one.shape, width_px=size[0], height_px=size[1])
            return "brushlabels", {"format": "rle", "rle": data}
        case Point(at_px=place):
            x, y = _percent(place, size)
            return "keypointlabels", {"x": x, "y": y, "width": _POINT_SHARE}
        case Tag():
            return "choices", {}
        case Rotated(size_px=(width, height), corners_px=((left, top), *_)):
            angle = one.shape.angle_deg
        case _:
            angle = 0
    (x, y), (wide, high) = _percent((left, top), size), _percent((width, height), size)
    return "rectanglelabels", {"x": x, "y": y, "width": wide, "height": high, "rotation": angle}


def _shape(kind: str, value: dict[str, Any], size: tuple[int, int], *, where: str) -> Shape:
    match kind:
        case "polygonlabels":
            points = [(x * size[0], y * size[1]) for x, y in _points(value, where=where)]
            return shape_of({"kind": "polygon", "points_px": points}, where=f"{where}.value.points")
        case "brushlabels":
            return _painted(value, size, where=where)
        case "keypointlabels":
            place = _number(value, "x", where=where) * size[0], _number(value, "y", where=where) * size[1]
            return shape_of({"kind": "point", "at_px": place}, where=f"{where}.value")
        case "choices":
            return Tag()
    x, y, width, height = (_number(value, side, where=where) * size[at % 2] for at, side in enumerate(_SIDES))
    angle = number_of(value["rotation"], where=f"{where}.value.rotation", least=-360, most=360)
    # It is turned around its top left corner.
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    middle = x + width / 2 * cos - height / 2 * sin, y + width / 2 * sin + height / 2 * cos
    said = {"kind": "rotated", "center_px": middle, "size_px": (width, height), "angle_deg": angle}
    return shape_of(said, where=f"{where}.value")


def _painted(value: dict[str, Any], size: tuple[int, int], *, where: str) -> Shape:
    data = member(value, "rle", where=f"{where}.value")
    try:
        mask = brush.unpacked(data if isinstance(data, list) else [], width_px=size[0], height_px=size[1])
    except ValueError as fault:
        raise FaultFound(f"{where}.value.rle", f"This is no painted region: {fault}.", "Export it anew.") from fault
    if mask is None:
        raise FaultFound(f"{where}.value.rle", "Nothing is painted.", "Leave it out.")
    return shape_of(shapes.write(mask), where=f"{where}.value.rle")


def _in_shares(kind: str, value: dict[str, Any], code: str, *, where: str) -> LabelledBox:
    if kind == "choices":
        return LabelledBox(code, (0.0, 0.0, 1.0, 1.0), where, Tag())
    if kind != "polygonlabels":
        what = "Nobody says how large the image is."
        raise FaultFound(f"{where}.original_width", what, "Export with original_width and original_height.")
    points = _points(value, where=where)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    return LabelledBox(code, box_of(box, where=f"{where}.value.points"), where, Polygon(tuple(points)))


def _points(value: dict[str, Any], *, where: str) -> list[Place]:
    said = member(value, "points", where=f"{where}.value")
    if not isinstance(said, list) or any(not isinstance(one, list) or len(one) != 2 for one in said):
        raise FaultFound(f"{where}.value.points", "A list of places is wanted.", "Each has x and y, in per cent.")
    return [
        (_share(x, f"{where}.value.points[{at}]"), _share(y, f"{where}.value.points[{at}]"))
        for at, (x, y) in enumerate(said)
    ]


def _number(value: dict[str, Any], name: str, *, where: str) -> float:
    return _share(member(value, name, where=f"{where}.value"), f"{where}.value.{name}")


def _share(said: Any, where: str) -> float:
    # The corner of a turned box may lie outside, and so may a side of one that is slanted.
    return number_of(said, where=where, least=-100, most=200) / 100


def _percent(place: Place, size: tuple[int, int]) -> tuple[float, float]:
    return 100 * place[0] / size[0], 100 * place[1] / size[1]
