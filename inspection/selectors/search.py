"""Finding wafers by what is written on them: lot and wafer, as a person types or a scanner reads them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core.actors import Actor
from inspection.models import InspectionRun, Wafer
from inspection.selectors.access import lots_visible_to, of_tool, wafers_visible_to, with_cards
from inspection.selectors.cards import cards_of
from inspection.selectors.standing import that_may_stand, with_standing

# Lots whose code begins alike; past this many the text is too short to mean any of them.
_MOST_LOTS = 500


# How many wafers that may stand as asked are looked at first; where few of them do, four times as many the next time.
_FIRST_LOOK, _MORE = 64, 4


@dataclass(frozen=True)
class Found:
    """Wafers that fit a search, each with `newest_run_id`.

    Attributes:
        wafers: those that fit but for how they stand.
        state, band: of the standing at the layer that was inspected last; empty leaves it open.
    """

    wafers: QuerySet[Wafer]
    state: str = ""
    band: str = ""

    def newest(self, count: int, *, before: UUID | None = None) -> list[Any]:
        """The newest of them, newest first, all older than `before`."""
        return self._walk(count, order="-id", beyond="pk__lt", mark=before)

    def oldest(self, count: int, *, after: UUID) -> list[Any]:
        """The oldest of those newer than `after`, oldest first."""
        return self._walk(count, order="id", beyond="pk__gt", mark=after)

    def _walk(self, count: int, *, order: str, beyond: str, mark: UUID | None) -> list[Any]:
        """One query; two for each look where the standing counts, which is worked out for the wafers looked at only."""
        wafers = self.wafers.order_by(order)
        if not (self.state or self.band):
            return list((wafers.filter(**{beyond: mark}) if mark else wafers)[:count])
        candidates = that_may_stand(wafers, state=self.state, band=self.band)
        rows: list[Any] = []
        size = _FIRST_LOOK
        while True:
            rest = candidates.filter(**{beyond: mark}) if mark else candidates
            keys = list(rest.values_list("pk", flat=True)[:size])
            standing = with_standing(wafers.filter(pk__in=keys), state=self.state, band=self.band)
            rows += standing[: count - len(rows)]
            if len(rows) == count or len(keys) < size:
                return rows
            mark, size = keys[-1], size * _MORE


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
    hold: str = "",
) -> Found:
    """Wafers by what is written on them and how they stand.

    Args:
        text: words separated by spaces, slashes or commas. Each has to begin the lot's or the wafer's code.
        lot, product: the whole code.
        layer, tool: of the newest run. The tool `BY_HAND` is none.
        state, band: of the wafer's standing at that layer.
        hold: anything takes those that are on hold only.
    """
    newest = InspectionRun.objects.filter(wafer=OuterRef("pk"), counts=True).order_by("-id")
    found = wafers_visible_to(actor).annotate(newest_run_id=Subquery(newest.values("pk")[:1]))
    for word in words_of(text):
        lots = lots_visible_to(actor).filter(code__istartswith=word).values_list("pk", flat=True)[:_MOST_LOTS]
        found = found.filter(Q(lot_id__in=list(lots)) | Q(code__istartswith=word))
    if hold:
        found = found.filter(held_at__isnull=False)
    if lot:
        found = found.filter(lot__code=lot)
    if product:
        found = found.filter(lot__product__code=product)
    wanted = InspectionRun.objects.filter(pk=OuterRef("newest_run_id"))
    if layer:
        found = found.filter(Exists(wanted.filter(layer__code=layer)))
    if tool:
        found = found.filter(Exists(of_tool(wanted, tool)))
    return Found(found, state=state, band=band)


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


def page_of(found: Found, *, before: UUID | None, after: UUID | None, size: int) -> WaferPage:
    """The page older than `before`, newer than `after`, or the newest one.

    A page of newer wafers that is not full is the newest page: it is filled up instead of being cut short.
    """
    if after is not None:
        upwards = found.oldest(size + 1, after=after)
        if len(upwards) > size:
            rows = upwards[size - 1 :: -1]
            return WaferPage(wafers=rows, newer=rows[0].pk, older=rows[-1].pk)
        before = None
    rows = found.newest(size + 1, before=before)
    shown = rows[:size]
    has_newer = before is not None and bool(shown) and bool(found.oldest(1, after=shown[0].pk))
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
