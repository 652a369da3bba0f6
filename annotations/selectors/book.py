"""The defect book of a site: of every class what it is, with the real items that show it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotations.choices import ExampleKind
from annotations.models import BookExample, BookText
from core.actors import Actor
from core.errors import NotFound
from inspection import selectors as inspection
from inspection.models import DefectClass

MOST_ON_CARD = 3
"""Of each kind so many are shown where a card is all the room there is."""


def book_of(site_id: int) -> list[dict[str, Any]]:
    """Every class with its page, in the order of the classes, with the first few items of each kind. Two queries."""
    newest = BookText.objects.filter(site=site_id).order_by("defect_class_id", "-number").distinct("defect_class_id")
    texts = {row.defect_class_id: row for row in newest}
    examples: dict[int, list[BookExample]] = defaultdict(list)
    for row in shown_examples(site_id):
        examples[row.defect_class_id].append(row)
    return [
        page_of_class(row, text=texts.get(row.pk), examples=examples[row.pk], most=MOST_ON_CARD)
        for row in inspection.defect_classes()
    ]


def shown_examples(site_id: int) -> QuerySet[BookExample]:
    """What is in a site's book, in its order."""
    rows = BookExample.objects.filter(site=site_id, retired_at__isnull=True)
    return rows.select_related("image").order_by("rank", "id")


def example_visible_to(actor: Actor, key: UUID) -> BookExample:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    rows = BookExample.objects.select_related("image", "defect_class", "site")
    rows = rows if actor.is_system else rows.filter(site_id__in=actor.site_ids)
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound("There is no such item, or it belongs to another site.")
    return row


def text_of(site_id: int, defect_class: DefectClass) -> BookText | None:
    """What a site says of a class now."""
    return BookText.objects.filter(site=site_id, defect_class=defect_class).order_by("-number").first()


def texts_of(site_id: int, defect_class: DefectClass) -> QuerySet[BookText]:
    """What a site has ever said of a class, newest first."""
    return BookText.objects.filter(site=site_id, defect_class=defect_class).order_by("-id")


def page_of_class(
    defect_class: DefectClass, *, text: BookText | None, examples: list[BookExample], most: int | None = None
) -> dict[str, Any]:
    """The page of a class as JSON: its words, and its items by kind.

    Args:
        most: so many of each kind at most; all where there is none.
    """
    by_kind: Mapping[str, list[BookExample]] = {
        kind: [row for row in examples if row.kind == kind] for kind in ExampleKind.values
    }
    return {
        "class_code": defect_class.code,
        "class_name": defect_class.name,
        "severity": defect_class.severity,
        "definition": text.definition if text else "",
        "look_for": text.look_for if text else "",
        "version": text.number if text else 0,
        "written_by": text.author if text else None,
        "written_at": text.made_at.isoformat() if text else None,
        "counts": {kind: len(rows) for kind, rows in by_kind.items()},
        "examples": [example_of(row) for rows in by_kind.values() for row in rows[:most]],
    }


def text_json(row: BookText) -> dict[str, Any]:
    """One version of the words of a page."""
    return {
        "number": row.number,
        "definition": row.definition,
        "look_for": row.look_for,
        "author": row.author,
        "made_at": row.made_at.isoformat(),
    }


def example_of(row: BookExample) -> dict[str, Any]:
    """An item with its image, which must be loaded."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "task": str(row.task_id),
        "image": inspection.image_of(row.image),
        "wafer": str(row.image.wafer_id),
        "bbox_px": [row.x_px, row.y_px, row.width_px, row.height_px],
        "truth": row.truth,
        "why": row.why,
        "author": row.author,
        "added_at": row.added_at.isoformat(),
    }
