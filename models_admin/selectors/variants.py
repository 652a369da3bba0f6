"""Forms of a version, as they are made."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from models_admin.models import VariantRun


def variant_runs() -> QuerySet[VariantRun]:
    """Every one, newest first, with its parent."""
    return VariantRun.objects.select_related("parent__model").order_by("-id")


def variant_run(model_name: str, run_id: UUID) -> VariantRun:
    """
    Raises:
        NotFound: there is none.
    """
    found = variant_runs().filter(parent__model__name=model_name, pk=run_id).first()
    if found is None:
        raise NotFound("Nobody asked for such a form.")
    return found


def described_variant_run(run: VariantRun) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "model": run.parent.model.name,
        "parent": run.parent.version,
        "version": run.version,
        "precision": run.precision,
        "dataset_sha256": run.dataset_sha256,
        "state": run.state,
        "steps_done": run.steps_done,
        "steps_total": run.steps_total,
        "doing": run.doing,
        "waiting_for": run.waiting_for,
        "error": {"code": run.error_code, "detail": run.error_detail} if run.error_code else None,
        "is_registered": run.made_id is not None,
        "requested_by": run.requested_by,
        "requested_at": run.requested_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }
