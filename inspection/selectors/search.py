"""Finding wafers by what is written on them: lot and wafer, as a person types or a scanner reads them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core.actors import Actor
from inspection.models import InspectionRun, Wafer
from inspection.selectors.access import lots_visible_to, wafers_visible_to, with_cards
from inspection.selectors.cards import cards_of
from inspection.selectors.standing import with_standing

# Lots whose code begins alike; past this many the text is too short to mean any of them.
_MOST_LOTS = 500
BY_HAND = "by hand"
"""The tool of what people uploaded: none."""


@dataclass(frozen=True)
class WaferPage:
    """Some wafers, newest first, and where the pages beside them begin; None where there is no such page."""

    wafers: list[Any]
    newer: UUID | None
    older: UUID | None


def wafers_like(
    actor: Actor,
    *,
    text: str = "",
    lot: str = "",
    product: str = "",
    layer: str = "",
    tool: str = "",
    state: str = "",
    band: str = "",
) -> QuerySet[Wafer]:
    """Wafers newest first, each with `newest_run_id`.

    Args:
        text: words separated by spaces, slashes or commas. Each has to begin the lot's or the wafer's code.
        lot, product: the whole code.
        layer, tool: of the newest run. The tool `BY_HAND` is none.
        state, band: of the wafer's standing at that layer.
    """
    newest = InspectionRun.objects.filter(wafer=OuterRef("pk")).order_by("-id")
    found = wafers_visible_to(actor).annotate(newest_run_id=Subquery(newest.values("pk")[:1]))
    for word in words_of(text):
        lots = lots_visible_to(actor).filter(code__istartswith=word).values_list("pk", flat=True)[:_MOST_LOTS]
        found = found.filter(Q(lot_id__in=list(lots)) | Q(code__istartswith=word))
    if lot:
        found = found.filter(lot__code=lot)
    if product:
        found = found.filter(lot__product__code=product)
    of_run = {"layer__code": layer, "tool__code": "" if tool == BY_HAND else tool}
    wanted = Q(**{name: value for name, value in of_run.items() if value})
    if tool == BY_HAND:
        wanted &= Q(tool__isnull=True)
    if wanted:
        found = found.filter(Exists(InspectionRun.objects.filter(wanted, pk=OuterRef("newest_run_id"))))
    return with_standing(found, state=state, band=band)


def words_of(text: str) -> list[str]:
    """What was typed or scanned, as the words that are looked for."""
    return [word for word in re.split(r"[\s/,]+", text.strip())[:4] if word]


def named_exactly(wafers: Sequence[Any], *, text: str) -> Any | None:
    """The one wafer whose code, or lot and code, is what was typed; None when there is none or more than one."""
    wanted = {word.casefold() for word in words_of(text)}
    exact = [
        wafer
        for wafer in wafers
        if wanted in ({wafer.code.casefold()}, {wafer.lot.code.casefold(), wafer.code.casefold()})
    ]
    return exact[0] if len(exact) == 1 else None


def page_of(found: QuerySet[Wafer], *, before: UUID | None, after: UUID | None, size: int) -> WaferPage:
    """The page older than `before`, newer than `after`, or the newest one. Two queries at most.

    A page of newer wafers that is not full is the newest page: it is filled up instead of being cut short.
    """
    if after is not None:
        upwards = list(found.filter(pk__gt=after).order_by("id")[: size + 1])
        if len(upwards) > size:
            rows = upwards[size - 1 :: -1]
            return WaferPage(wafers=rows, newer=rows[0].pk, older=rows[-1].pk)
        before = None
    rows = list((found.filter(pk__lt=before) if before else found)[: size + 1])
    shown = rows[:size]
    has_newer = before is not None and bool(shown) and found.filter(pk__gt=shown[0].pk).exists()
    return WaferPage(
        wafers=shown,
        newer=shown[0].pk if has_newer else None,
        older=shown[-1].pk if len(rows) > size else None,
    )


def cards_of_wafers(wafers: Sequence[Any]) -> dict[UUID, dict[str, Any]]:
    """The card of each wafer that has been inspected: its newest run, and its standing at that run's layer."""
    ids = [wafer.newest_run_id for wafer in wafers if wafer.newest_run_id]
    runs = list(with_cards(InspectionRun.objects.filter(pk__in=ids)))
    return {run.wafer_id: card for run, card in zip(runs, cards_of(runs), strict=True)}
