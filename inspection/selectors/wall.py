"""The live wall: the newest wafers, each as it stands at its layer. What it shows at first, and after every connect."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.actors import Actor
from inspection.models import InspectionRun
from inspection.selectors.access import of_sites, of_tool, with_cards
from inspection.selectors.cards import cards_of

# Wafers are re-inspected rarely; looking at this many runs per card finds enough different wafers.
_RUNS_PER_CARD = 4
MOST_CARDS = 200


def wall_cards(
    actor: Actor,
    *,
    limit: int = MOST_CARDS,
    tool: str = "",
    product: str = "",
    band: str = "",
    wafer: UUID | None = None,
) -> list[dict[str, Any]]:
    """Cards newest first, one per wafer and layer: its newest run and its standing. As many queries for one as for 200.

    Args:
        tool: of the newest run; `BY_HAND` is none.
        band: of the standing.
    """
    newest = of_sites(InspectionRun.objects.filter(counts=True).order_by("-id"), actor)
    if tool:
        newest = of_tool(newest, tool)
    if wafer:
        newest = newest.filter(wafer_id=wafer)
    if product:
        newest = newest.filter(wafer__lot__product__code=product)
    return [card for card in _cards(_keys(newest, limit)) if not band or card["standing"]["band"] == band]


def first_cards(actor: Actor, *, least: int, of_a_tool: int) -> tuple[list[dict[str, Any]], bool]:
    """The cards that a screen shows before it is scrolled, newest first, and whether the wall has no others.

    Args:
        least: as many of the newest.
        of_a_tool: as many of the newest of each tool, whose lane is on the screen however long ago it sent the last.
    """
    keys = _keys(of_sites(InspectionRun.objects.filter(counts=True).order_by("-id"), actor), MOST_CARDS)
    of_tools: Counter[int | None] = Counter()
    chosen = {}
    for place, (pk, tool_id) in enumerate(keys.items()):
        of_tools[tool_id] += 1
        if place < least or of_tools[tool_id] <= of_a_tool:
            chosen[pk] = tool_id
    return _cards(chosen), len(chosen) == len(keys)


def _keys(newest: QuerySet[InspectionRun], limit: int) -> dict[UUID, int | None]:
    """The newest run of each wafer and layer, newest first, with the id of its tool."""
    found: dict[UUID, int | None] = {}
    seen = set()
    for pk, wafer_id, layer_id, tool_id in newest.values_list("pk", "wafer_id", "layer_id", "tool_id")[
        : limit * _RUNS_PER_CARD
    ]:
        if (wafer_id, layer_id) in seen:
            continue
        seen.add((wafer_id, layer_id))
        found[pk] = tool_id
        if len(found) == limit:
            break
    return found


def _cards(keys: Iterable[UUID]) -> list[dict[str, Any]]:
    runs = InspectionRun.objects.filter(pk__in=list(keys)).defer("provenance", "timings_ms").order_by("-id")
    return cards_of(list(with_cards(runs)))
