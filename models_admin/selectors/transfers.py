"""Transfers to and from MLflow as they are read."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from models_admin.models import Transfer
from models_admin.selectors.work import described_work


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
        **described_work(row),
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
        "is_registered": row.made_id is not None,
    }
