"""What the live wall asks for after every connect: the newest run of each of the newest wafers."""

from typing import Any

from core.actors import Actor
from inspection.models import InspectionRun
from inspection.selectors.access import with_cards
from inspection.selectors.cards import card_of

# Wafers are re-inspected rarely; looking at this many runs per card finds enough different wafers.
_RUNS_PER_CARD = 4


def wall_cards(
    actor: Actor, *, limit: int = 200, tool: str = "", product: str = "", band: str = ""
) -> list[dict[str, Any]]:
    """Cards newest first, one per wafer and layer. As many queries for one as for 200."""
    newest = InspectionRun.objects.order_by("-id")
    if not actor.is_system:
        newest = newest.filter(site_id__in=actor.site_ids)
    if tool:
        newest = newest.filter(tool__code=tool)
    if product:
        newest = newest.filter(wafer__lot__product__code=product)
    seen: dict[tuple[Any, Any], Any] = {}
    for pk, wafer_id, layer_id in newest.values_list("pk", "wafer_id", "layer_id")[: limit * _RUNS_PER_CARD]:
        seen.setdefault((wafer_id, layer_id), pk)
        if len(seen) == limit:
            break
    runs = InspectionRun.objects.filter(pk__in=seen.values()).defer("provenance", "timings_ms").order_by("-id")
    return [card_of(run) for run in with_cards(runs.filter(band=band) if band else runs)]
