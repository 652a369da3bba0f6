"""Golden sets, gates and reports as people see them. Golden sets and what was measured by them belong to a site."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.actors import Actor
from core.errors import NotFound
from domain.evaluation.gates import Gates
from models_admin.models import GateVersion, GoldenSet, Model, ValidationReport, ValidationRun
from models_admin.selectors.work import described_work


def golden_sets_visible_to(actor: Actor) -> QuerySet[GoldenSet]:
    """Golden sets of the actor's sites, newest first."""
    rows = GoldenSet.objects.select_related("site", "model").order_by("-id")
    return rows if actor.is_system else rows.filter(site_id__in=actor.site_ids)


def golden_set_visible_to(actor: Actor, key: UUID) -> GoldenSet:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    found = golden_sets_visible_to(actor).filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such golden set, or it belongs to another site.")
    return found


def validations_visible_to(actor: Actor) -> QuerySet[ValidationRun]:
    """Validations by golden sets of the actor's sites, newest first, without what is long in their reports."""
    rows = ValidationRun.objects.select_related("version__model", "golden_set__site", "report").defer(
        "version__metadata", "version__card", "version__golden", "report__document"
    )
    rows = rows if actor.is_system else rows.filter(golden_set__site_id__in=actor.site_ids)
    return rows.order_by("-id")


def validation_visible_to(actor: Actor, key: UUID) -> ValidationRun:
    """
    Raises:
        NotFound: as `golden_set_visible_to`.
    """
    found = validations_visible_to(actor).filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such validation, or it belongs to another site.")
    return found


def report_of(run: ValidationRun) -> ValidationReport | None:
    """The whole report of a validation, once there is one."""
    return ValidationReport.objects.filter(pk=run.pk).first()


def reports_visible_to(actor: Actor) -> QuerySet[ValidationReport]:
    """Reports by golden sets of the actor's sites, newest first."""
    rows = ValidationReport.objects.select_related("version__model").order_by("-run_id")
    return rows if actor.is_system else rows.filter(run__golden_set__site_id__in=actor.site_ids)


def gates_of(model: Model) -> tuple[int, Gates]:
    """The limits in force and their number; 0 for those a model begins with."""
    row = GateVersion.objects.filter(model=model).order_by("-number").first()
    return (row.number, Gates.from_dict(row.limits)) if row else (0, Gates())


def described_gates(model: Model) -> dict[str, Any]:
    """The limits in force, with who set them and why."""
    row = GateVersion.objects.filter(model=model).order_by("-number").first()
    limits = Gates.from_dict(row.limits) if row else Gates()
    return {
        "model": model.name,
        "number": row.number if row else 0,
        "limits": limits.as_dict(),
        "reason": row.reason if row else "",
        "changed_by": row.created_by if row else None,
        "changed_at": row.created_at.isoformat() if row else None,
    }


def described_golden_set(row: GoldenSet) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "site": row.site.code,
        "model": row.model.name,
        "name": row.name,
        "sha256": row.sha256,
        "splits": row.splits,
        "images": row.images,
        "defects": row.defects,
        "classes": row.classes,
        "left_out": row.left_out,
        "registered_by": row.registered_by,
        "registered_at": row.registered_at.isoformat(),
        "retired_by": row.retired_by or None,
        "retired_at": row.retired_at.isoformat() if row.retired_at else None,
        "retired_because": row.retired_because,
    }


def described_validation(run: ValidationRun) -> dict[str, Any]:
    """A validation as lists show it, without what its report says."""
    report = getattr(run, "report", None)
    return {
        **described_work(run),
        "model": run.version.model.name,
        "version": run.version.version,
        "golden_set": {"id": str(run.golden_set_id), "name": run.golden_set.name, "site": run.golden_set.site.code},
        "has_passed": report.has_passed if report else None,
        "gate_number": report.gate_number if report else None,
    }


def described_validation_with_report(actor: Actor, key: UUID) -> dict[str, Any]:
    """A validation with its whole report. Raises as `validation_visible_to`."""
    run = validation_visible_to(actor, key)
    report = report_of(run)
    return {
        **described_validation(run),
        "reading": run.reading,
        "report": report.document if report else None,
        "report_sha256": report.sha256 if report else None,
    }
