"""Why models saw what they saw, as JSON."""

from typing import Any
from uuid import UUID

from core.errors import NotFound
from inspection.models import Explanation
from models_admin.selectors import described_work


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
        **described_work(row),
        "detection": str(row.detection),
        "region_px": row.region_px,
        "heat": row.heat,
        "strength": row.strength,
    }
