"""Forms of a version, as they are made."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from models_admin.models import VariantRun
from models_admin.selectors.work import described_work


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
        **described_work(run),
        "model": run.parent.model.name,
        "parent": run.parent.version,
        "version": run.version,
        "precision": run.precision,
        "dataset_sha256": run.dataset_sha256,
        "is_registered": run.made_id is not None,
    }
