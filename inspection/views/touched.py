"""What a deployment, a recipe version, a tool or a time has touched; and what another version says of it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from core.actors import Actor
from core.errors import NotFound
from core.permissions import may_post
from inspection import selectors
from models_admin import selectors as models_admin
from models_admin.choices import LOADED
from models_admin.selectors.timeline import described_deployment

MOST_VERSIONS = 500


@require_safe
def deployment(request: HttpRequest, deployment_id: int) -> HttpResponse:
    """What a deployment is, where it served, and everything it has touched."""
    row = models_admin.deployments().filter(pk=deployment_id).first()
    if row is None:
        raise NotFound("There is no such deployment.")
    shown = described_deployment(row)
    return _page(request, deployment=shown)


@require_safe
def touched(request: HttpRequest) -> HttpResponse:
    """What a recipe version, a tool or a time has touched; the page reads them from its address."""
    return _page(request, deployment=None)


@require_safe
def flipped(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What another version says of what was judged before."""
    job = selectors.one(selectors.jobs_visible_to(actor_of(request)), job_id, what="job")
    rerun = selectors.rerun_of(job)
    if rerun is None:
        raise NotFound("This job judges nothing again: its runs count.")
    context = {"job": {"id": str(job.pk), "label": job.label, **rerun}, "classes": selectors.drawn_classes()}
    return render(request, "inspection/flipped.html", context)


def _page(request: HttpRequest, *, deployment: dict[str, Any] | None) -> HttpResponse:
    actor = actor_of(request)
    known = {
        "deployment": deployment,
        "recipes": _recipe_versions(actor),
        "tools": [*selectors.tools_visible_to(actor).values_list("code", flat=True), selectors.BY_HAND],
        "loaded": [
            {"model": row.version.model.name, "version": row.version.version}
            for row in models_admin.deployments(states=LOADED)
        ],
        "mayRerun": may_post(request, "api:touched_rerun"),
    }
    context = {"known": known, "deployment": deployment, "classes": selectors.drawn_classes()}
    return render(request, "inspection/touched.html", context)


def _recipe_versions(actor: Actor) -> list[dict[str, Any]]:
    """What can be chosen, by recipe and with its newest version first."""
    rows = selectors.recipe_versions_visible_to(actor)
    return [{"id": row.pk, "name": f"{row.recipe.code} v{row.number}"} for row in rows[:MOST_VERSIONS]]
