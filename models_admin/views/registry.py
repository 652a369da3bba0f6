"""Models, their versions, and files that are to become some."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.permissions import may_post
from models_admin import selectors
from models_admin.choices import DEPLOYABLE, Precision
from models_admin.intake.process import MOST_BYTES


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """Every model: what judges, what waits to."""
    known = {"mayRegister": may_post(request, "api:model_versions")}
    return render(request, "models_admin/models.html", {"known": known})


@require_safe
def model(request: HttpRequest, name: str) -> HttpResponse:
    """One model: where its versions serve, and all of them."""
    shown = selectors.described_model(selectors.model_named(name))
    known = {"mayRegister": may_post(request, "api:model_versions"), "mostBytes": MOST_BYTES}
    return render(request, "models_admin/model.html", {"known": known, "model": shown})


@require_safe
def version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One version: its card, its figures, what its file holds, and where it came from."""
    row = selectors.version_of(model_name=name, version=version)
    shown = selectors.described_version(row)
    is_made_from = row.precision == Precision.FP32 and row.status in DEPLOYABLE
    known = {
        "mayJudge": may_post(request, "api:model_version_status"),
        "mayValidate": row.status in DEPLOYABLE and may_post(request, "api:model_validate"),
        "mayMake": is_made_from and may_post(request, "api:model_variants"),
    }
    return render(request, "models_admin/version.html", {"known": known, "shown": shown})


@require_safe
def intake(request: HttpRequest, name: str, intake_id: UUID) -> HttpResponse:
    """What became of a file."""
    shown = selectors.described_intake(selectors.intake_of(model_name=name, intake_id=intake_id))
    known = {"mayRegister": may_post(request, "api:model_versions")}
    return render(request, "models_admin/intake.html", {"known": known, "intake": shown})
