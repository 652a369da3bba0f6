"""What each format can say of a shape, and what becomes of those it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.shapes.kinds import Kind

_AS_BOX = "written as the box around it"
_NO_PLACE = "left out: the format says nothing of what has no size"
_LOSSES: dict[str, dict[Kind, str]] = {
    "voc": {
        Kind.ROTATED: _AS_BOX,
        Kind.POLYGON: _AS_BOX,
        Kind.MASK: _AS_BOX,
        Kind.POINT: _NO_PLACE,
        Kind.TAG: _NO_PLACE,
    },
    "yolo": {
        Kind.MASK: "written as its largest outline, without holes and further parts; very ragged ones as the box",
        Kind.POINT: _NO_PLACE,
        Kind.TAG: _NO_PLACE,
    },
}
"""By format; the others say everything."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Objects of a kind that a format cannot say as they were drawn, and what becomes of them."""

    kind: str
    count: int
    what: str


def is_said(format: str, kind: Kind) -> bool:
    """Whether a format has a place for a kind at all."""
    return _LOSSES.get(format, {}).get(kind) != _NO_PLACE


def losses(format: str, counts: Mapping[str, int]) -> list[Loss]:
    """What a file of a format says less than its data set.

    Args:
        counts: objects by kind.
    """
    return [Loss(kind, counts[kind], what) for kind, what in _LOSSES.get(format, {}).items() if counts.get(kind)]


def readme(format: str, counts: Mapping[str, int]) -> bytes:
    """The same as a text that goes with the file; empty where nothing is lost."""
    lines = [f"{one.count} drawn as {one.kind}: {one.what}.\n" for one in losses(format, counts)]
    if not lines:
        return b""
    head = "This format cannot say all that was drawn. COCO, CSV, Label Studio and JSONL have everything.\n\n"
    return (head + "".join(lines)).encode()
