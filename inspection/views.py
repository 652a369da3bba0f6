"""The pages. Each renders its frame at once; what changes while it is open comes over the API and the sockets."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from inspection import selectors


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "cards": selectors.wall_cards(actor),
        "tools": [
            {"code": tool.code, "cadence_s": tool.cadence_s, "last_image_at": tool.last_image_at}
            for tool in selectors.tools_visible_to(actor)
        ],
        "products": list(selectors.products_visible_to(actor).values_list("code", flat=True)),
        "classes": _classes(),
    }
    return render(request, "inspection/wall.html", context)


@require_safe
def wafers(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/wafers.html")


@require_safe
def wafer(request: HttpRequest, wafer_id: UUID) -> HttpResponse:
    return render(request, "inspection/wafer.html", {"wafer_id": wafer_id})


@require_safe
def upload(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/upload.html")


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/jobs.html")


@require_safe
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "inspection/job.html", {"job_id": job_id})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/health.html")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html")


def _classes() -> list[dict[str, Any]]:
    """The classes as pages draw them: name, colour, severity and key."""
    return list(selectors.defect_classes().values("code", "name", "colour", "severity", "key"))
