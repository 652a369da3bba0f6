"""Imports from MLflow and exports to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.permissions import may_get, may_post
from models_admin import selectors


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """The connection, what the registry holds, and what was transferred."""
    known = {
        "mayLook": may_get(request, "api:import_connection"),
        "mayImport": may_post(request, "api:imports"),
        "models": [
            {"name": model.name, "versions": [one.version for one in selectors.versions().filter(model=model)[:100]]}
            for model in selectors.models()
        ],
    }
    return render(request, "models_admin/imports.html", {"known": known})
