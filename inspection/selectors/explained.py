"""Why models saw what they saw, as JSON."""

from typing import Any
from uuid import UUID

from core.errors import NotFound
from inspection.models import Explanation


def explanation_of(detection_id: UUID) -> dict[str, Any]:
    """The explanation of a detection that its reader may see.

    Raises:
        NotFound: nobody has asked for one.
    """
    row = Explanation.objects.filter(detection=detection_id).first()
    if row is None:
        raise NotFound("Nobody has asked why this was found. POST here to ask.")
    return described_explanation(row)


def described_explanation(row: Explanation) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "detection": str(row.detection),
        "state": row.state,
        "steps_done": row.steps_done,
        "steps_total": row.steps_total,
        "waiting_for": row.waiting_for,
        "error": {"code": row.error_code, "detail": row.error_detail} if row.error_code else None,
        "region_px": row.region_px,
        "heat": row.heat,
        "strength": row.strength,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
    }
