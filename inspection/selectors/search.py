"""Finding wafers by what is written on them: lot and wafer, as a person types or a scanner reads them."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.actors import Actor
from inspection.models import InspectionRun, Wafer
from inspection.selectors.access import CARD_RELATIONS, lots_visible_to, wafers_visible_to

# Lots whose code begins alike; past this many the text is too short to mean any of them.
_MOST_LOTS = 500


def wafers_like(
    actor: Actor, *, text: str = "", product: str = "", band: str = "", before: UUID | None = None
) -> QuerySet[Wafer]:
    """Wafers newest first, each with `newest_run_id`.

    Args:
        text: words separated by spaces, slashes or commas. Each has to begin the lot's or the wafer's code.
        band: of the newest run.
        before: the last wafer of the page before.
    """
    newest = InspectionRun.objects.filter(wafer=OuterRef("pk")).order_by("-id")
    found = wafers_visible_to(actor).annotate(newest_run_id=Subquery(newest.values("pk")[:1]))
    for word in re.split(r"[\s/,]+", text.strip())[:4]:
        if word:
            lots = lots_visible_to(actor).filter(code__istartswith=word).values_list("pk", flat=True)[:_MOST_LOTS]
            found = found.filter(Q(lot_id__in=list(lots)) | Q(code__istartswith=word))
    if product:
        found = found.filter(lot__product__code=product)
    if band:
        found = found.annotate(newest_band=Subquery(newest.values("band")[:1])).filter(newest_band=band)
    return found.filter(pk__lt=before) if before else found


def newest_runs_of(wafers: Sequence[Any]) -> dict[UUID, InspectionRun]:
    """The newest run of each wafer that has one, with what its card shows. One query."""
    ids = [wafer.newest_run_id for wafer in wafers if wafer.newest_run_id]
    runs = InspectionRun.objects.filter(pk__in=ids).select_related(*CARD_RELATIONS)
    return {run.wafer_id: run for run in runs}
