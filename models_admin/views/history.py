"""Who judged when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from models_admin import selectors


@require_safe
def timeline(request: HttpRequest) -> HttpResponse:
    """Which deployment held each place when."""
    known = {"models": list(selectors.models().values_list("name", flat=True))}
    return render(request, "models_admin/timeline.html", {"known": known})
