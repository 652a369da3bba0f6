"""What the live wall asks for after every connect: the newest wafers, each as it stands at its layer."""

from typing import Any
from uuid import UUID

from core.actors import Actor
from inspection.models import InspectionRun
from inspection.selectors.access import of_sites, with_cards
from inspection.selectors.cards import cards_of

# Wafers are re-inspected rarely; looking at this many runs per card finds enough different wafers.
_RUNS_PER_CARD = 4


def wall_cards(
    actor: Actor, *, limit: int = 200, tool: str = "", product: str = "", band: str = "", wafer: UUID | None = None
) -> list[dict[str, Any]]:
    """Cards newest first, one per wafer and layer: its newest run and its standing. As many queries for one as for 200.

    Args:
        band: of the standing.
    """
    newest = of_sites(InspectionRun.objects.order_by("-id"), actor)
    if tool:
        newest = newest.filter(tool__code=tool)
    if wafer:
        newest = newest.filter(wafer_id=wafer)
    if product:
        newest = newest.filter(wafer__lot__product__code=product)
    seen: dict[tuple[Any, Any], Any] = {}
    for pk, wafer_id, layer_id in newest.values_list("pk", "wafer_id", "layer_id")[: limit * _RUNS_PER_CARD]:
        seen.setdefault((wafer_id, layer_id), pk)
        if len(seen) == limit:
            break
    runs = InspectionRun.objects.filter(pk__in=seen.values()).defer("provenance", "timings_ms").order_by("-id")
    cards = cards_of(list(with_cards(runs)))
    return [card for card in cards if not band or card["standing"]["band"] == band]
