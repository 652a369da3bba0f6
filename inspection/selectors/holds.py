"""Whether a wafer is on hold, and how that came."""

from typing import Any

from inspection.models import Wafer, WaferHold

MOST_SHOWN = 50


def hold_of(wafer: Wafer) -> dict[str, Any] | None:
    """The hold a wafer is on; None where it is on none. Reads what is loaded."""
    if wafer.held_at is None:
        return None
    return {
        "number": wafer.hold_number,
        "by": wafer.held_by,
        "at": wafer.held_at.isoformat(),
        "reason": wafer.hold_reason,
    }


def holds_of(wafer: Wafer) -> list[dict[str, Any]]:
    """The wafer's holds and releases, the newest first. One query."""
    rows = WaferHold.objects.filter(wafer=wafer).select_related("author").order_by("-number")
    return [
        {
            "number": row.number,
            "is_held": row.is_held,
            "reason": row.reason,
            "author": row.author.username,
            "made_at": row.made_at.isoformat(),
        }
        for row in rows[:MOST_SHOWN]
    ]
