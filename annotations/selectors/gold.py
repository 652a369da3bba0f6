"""Items with a known answer, for the leads who own them."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import GoldItem
from core.actors import Actor
from inspection import selectors as inspection


def gold_visible_to(actor: Actor) -> QuerySet[GoldItem]:
    """Every answer that is or was known, newest first."""
    rows = GoldItem.objects.select_related("made_by", "retired_by").order_by("-id")
    return rows if actor.is_system else rows.filter(site_id__in=actor.site_ids)


def newest_of_each(rows: QuerySet[GoldItem]) -> QuerySet[GoldItem]:
    """Of some answers those that no later one of the same task replaces."""
    later = GoldItem.objects.filter(task=OuterRef("task"), number__gt=OuterRef("number"))
    return rows.filter(~Exists(later))


def gold_of(gold: GoldItem) -> dict[str, Any]:
    """An item with its answer as JSON."""
    defect_class = inspection.classes_by_id()[gold.defect_class_id] if gold.defect_class_id else None
    box = [gold.x_px, gold.y_px, gold.width_px, gold.height_px]
    return {
        "task": str(gold.task_id),
        "version": gold.number,
        "verdict": gold.verdict,
        "class_code": defect_class.code if defect_class else None,
        "bbox_px": None if gold.width_px is None else box,
        "shape": gold.shape,
        "made_by": gold.made_by.username,
        "made_at": gold.made_at.isoformat(),
        "retired_by": gold.retired_by.username if gold.retired_by else None,
        "retired_at": gold.retired_at.isoformat() if gold.retired_at else None,
        "reason": gold.reason,
    }
