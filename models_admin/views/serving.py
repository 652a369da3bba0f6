"""Deploying a model, and the server that serves them all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.permissions import may_post
from models_admin import selectors
from serving.repository import ModelConfig

_CONFIG_FIELDS = [
    ("instances", "Instances", "Copies that compute side by side, one core each."),
    ("max_queue_delay_us", "Wait for company, µs", "A lone request pays all of it."),
    ("preferred_batches", "Preferred batches", f"Sizes up to {ModelConfig().max_batch}, with commas; empty: none."),
    ("max_queue_size", "Longest queue", "Requests beyond it are refused."),
]


@require_safe
def deploy(request: HttpRequest, name: str) -> HttpResponse:
    """What judges where, one click back, what is loaded, and how it is served."""
    model = selectors.model_named(name)
    known = {"mayDeploy": may_post(request, "api:model_deploy")}
    values = {"model": model.name, "known": known, "config_fields": _CONFIG_FIELDS}
    return render(request, "models_admin/deploy.html", values)


@require_safe
def server(request: HttpRequest) -> HttpResponse:
    """What Triton holds, how it does, and what it was told."""
    return render(request, "models_admin/server.html")
