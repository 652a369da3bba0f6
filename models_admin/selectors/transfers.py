"""Transfers to and from MLflow as they are read."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from models_admin.models import Transfer


def transfers() -> QuerySet[Transfer]:
    """Every transfer, newest first."""
    return Transfer.objects.select_related("made__model").order_by("-id")


def transfer(transfer_id: UUID) -> Transfer:
    """
    Raises:
        NotFound: there is none.
    """
    row = transfers().filter(pk=transfer_id).first()
    if row is None:
        raise NotFound("There is no such transfer.")
    return row


def described_transfer(row: Transfer) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "way": row.way,
        "server": row.server,
        "remote_name": row.remote_name,
        "remote_version": row.remote_version,
        "chosen_by": row.chosen_by,
        "remote_run": row.remote_run,
        "alias": row.alias,
        "model": row.model_name,
        "version": row.version,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "state": row.state,
        "doing": row.doing,
        "waiting_for": row.waiting_for,
        "steps_done": row.steps_done,
        "steps_total": row.steps_total,
        "is_cancel_asked": bool(row.cancel_asked_by),
        "error": {"code": row.error_code, "detail": row.error_detail} if row.error_code else None,
        "is_registered": row.made_id is not None,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "revision": row.revision,
    }
