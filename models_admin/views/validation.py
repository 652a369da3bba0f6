"""Golden sets with what was measured by them, and one validation with its report."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from core.permissions import may_post, may_put
from models_admin import selectors


@require_safe
def golden_sets(request: HttpRequest) -> HttpResponse:
    """What versions are measured by, what they must reach, and what came of it."""
    known = {
        "mayRegister": may_post(request, "api:golden_sets"),
        "mayValidate": may_post(request, "api:model_validate"),
        "mayGate": may_put(request, "api:model_gates"),
    }
    return render(request, "models_admin/golden_sets.html", {"known": known})


@require_safe
def validation(request: HttpRequest, validation_id: UUID) -> HttpResponse:
    """How far a validation is, or what came of it."""
    shown = selectors.described_validation_with_report(actor_of(request), validation_id)
    known = {"mayValidate": may_post(request, "api:model_validate")}
    return render(request, "models_admin/validation.html", {"known": known, "validation": shown})
