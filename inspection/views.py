"""The pages. Each renders its frame at once; what changes while it is open comes over the API and the sockets."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/wall.html")


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
