"""Work that takes a while, as JSON."""

from typing import Any

from models_admin.models import Work


def described_work(row: Work) -> dict[str, Any]:
    """How far it is: what validations, training runs, transfers, forms and explanations have in common."""
    return {
        "id": str(row.pk),
        "state": row.state,
        "doing": row.doing,
        "waiting_for": row.waiting_for,
        "steps_done": row.steps_done,
        "steps_total": row.steps_total,
        "is_cancel_asked": bool(row.cancel_asked_by),
        "error": {"code": row.error_code, "detail": row.error_detail} if row.error_code else None,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at.isoformat(),
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "revision": row.revision,
    }
