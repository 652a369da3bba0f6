"""Training runs: all of them, and one as it runs."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from core import heartbeats
from core.clock import now
from core.permissions import may_post
from models_admin import selectors, services
from models_admin.models.training import MOST_STEPS
from models_admin.selectors import training


@require_safe
def trainings(request: HttpRequest) -> HttpResponse:
    """Every run, and the form a new one is asked for with."""
    may_train = may_post(request, "api:training_runs")
    known = {
        "mayTrain": may_train,
        "models": _teachable() if may_train else [],
        "defaults": services.TRAINING_DEFAULTS,
        "mostSteps": MOST_STEPS,
        "isTrainerAlive": _is_trainer_alive(),
    }
    return render(request, "models_admin/trainings.html", {"known": known})


@require_safe
def training_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: its curves and log as they grow, then before and after."""
    run = training.training_run(actor_of(request), run_id)
    known = {"mayTrain": may_post(request, "api:training_runs"), "isTrainerAlive": _is_trainer_alive()}
    return render(request, "models_admin/training.html", {"known": known, "run": training.described_run_whole(run)})


def _teachable() -> list[dict[str, Any]]:
    """Models with the versions that a training can begin with, newest first, and the number that comes next."""
    found = []
    for model in selectors.models():
        versions = training.teachable(list(selectors.versions().filter(model=model)[:50]))
        if versions:
            shown = [{"version": one.version, "precision": one.precision, "status": one.status} for one in versions]
            found.append({"name": model.name, "next": services.next_version(model.name), "versions": shown})
    return found


def _is_trainer_alive() -> bool | None:
    """None where nobody can say."""
    living = heartbeats.living(kind="trainer", now=now())
    return None if living is None else bool(living)
