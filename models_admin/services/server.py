"""How the inference server is, for people: what it holds, how busy it is, and what each model costs."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from core.actors import Actor
from core.briefly import Briefly
from core.roles import Role
from models_admin import deployment as triton
from models_admin import selectors
from models_admin.choices import LOADED, ON_THE_WAY, ControlKind, ControlOutcome
from models_admin.models import ControlCall, Deployment
from serving import processes
from serving.breaker import Breakers, BreakerSnapshot
from serving.breaker_redis import shared_through
from serving.client import TritonClient
from serving.errors import ServingError
from serving.health import ModelHealth, ServerHealth, snapshot
from serving.metrics import ModelFigures

_SEE_REASONS = frozenset({Role.MODEL_ENGINEER, Role.APPROVER, Role.AUDITOR, Role.ADMIN})
_seen: Briefly[dict[str, Any]] = Briefly(ttl_s=1.0)


def ready_names() -> set[str] | None:
    """Names of everything Triton has ready; None where it does not answer."""
    try:
        return {entry.name for entry in triton.triton_control().repository_index(only_ready=True)}
    except ServingError:
        return None


def server_state(*, now: datetime, visible_to: Actor) -> dict[str, Any]:
    """Triton as it is now.

    Args:
        visible_to: Triton's own words are for who answers for models; others are told that something is wrong.
    """
    state = _seen.get("state", lambda: _read(now))
    if visible_to.is_system or visible_to.roles & _SEE_REASONS:
        return state
    hidden = [{**one, "reason": "", "breaker": {**one["breaker"], "reason": ""}} for one in state["models"]]
    return {**state, "models": hidden}


def forget_server() -> None:
    """Look again from now on; for tests."""
    _seen.clear()


@lru_cache(maxsize=1)
def _watcher() -> TritonClient:
    """Sees the breakers that the processes which judge share."""
    shared = shared_through(settings.REDIS_URL)
    breakers = Breakers(server=settings.TRITON_GRPC_URL, clock=time.monotonic, shared=shared)
    return TritonClient(grpc_url=settings.TRITON_GRPC_URL, breakers=breakers)


def _read(now: datetime) -> dict[str, Any]:
    rows = {row.triton_name: row for row in selectors.deployments(states=LOADED | ON_THE_WAY)}
    health = snapshot(
        triton.triton_control(),
        client=_watcher(),
        watched_models=list(rows),
        metrics_url=settings.TRITON_METRICS_URL,
    )
    taken = processes.figures_of(settings.TRITON_GRPC_URL)
    figures = health.figures
    queues = {one.name: one for one in figures.models} if figures else {}
    cost = _cost_of_loading([model.name for model in health.models])
    return {
        "live": health.live,
        "ready": health.ready,
        "version": health.version,
        "fault": health.fault,
        "answered_in_ms": round(health.answered_in_ms, 1),
        "at": now.isoformat(),
        "processes": asdict(taken) if taken else None,
        "host": _host(health),
        "gpus": [asdict(gpu) for gpu in figures.gpus] if figures else [],
        "models": [
            _held(model, row=rows.get(model.name), queue=queues.get(model.name), cost=cost) for model in health.models
        ],
    }


def _host(health: ServerHealth) -> dict[str, float | None]:
    figures = health.figures
    names = ("cpu_utilisation", "memory_used_bytes", "memory_total_bytes")
    return {name: getattr(figures, name) if figures else None for name in names}


def _held(
    model: ModelHealth, *, row: Deployment | None, queue: ModelFigures | None, cost: Mapping[str, int]
) -> dict[str, Any]:
    totals = model.statistics
    config = selectors.config_of(row) if row else None
    return {
        "triton_name": model.name,
        "model": row.version.model.name if row else None,
        "version": row.version.version if row else None,
        "deployment": row.pk if row else None,
        "deployment_state": row.state if row else None,
        "config_revision": row.config_revision if row else None,
        "instances": config.instances if config else None,
        "max_queue_size": config.max_queue_size if config else None,
        "state": model.state,
        "reason": model.reason,
        "ready": model.ready,
        "places": selectors.places_of(row) if row else [],
        "requests": totals.succeeded if totals else 0,
        "failed": totals.failed if totals else 0,
        "tiles": totals.inferences if totals else 0,
        "batches": totals.executions if totals else 0,
        "queue_ms": round(totals.queue_ms, 1) if totals else 0.0,
        "compute_ms": round(totals.compute_ms, 1) if totals else 0.0,
        "pending": queue.pending_requests if queue else None,
        "rejected": queue.rejected_requests if queue else None,
        "memory_bytes": cost.get(model.name),
        "breaker": _breaker(model.breaker),
    }


def _breaker(seen: BreakerSnapshot | None) -> dict[str, Any]:
    if seen is None:
        return {"state": "unknown", "open_for_s": None, "reason": ""}
    return {"state": str(seen.state), "open_for_s": round(seen.open_for_s, 1), "reason": seen.reason}


def _cost_of_loading(names: list[str]) -> dict[str, int]:
    """What Triton's memory grew by when it last loaded each of the models, where that was seen."""
    calls = ControlCall.objects.filter(
        kind=ControlKind.LOAD, outcome=ControlOutcome.DONE, triton_name__in=names, memory_after__isnull=False
    )
    newest = calls.order_by("triton_name", "-id").distinct("triton_name")
    return {call.triton_name: (call.memory_after or 0) - (call.memory_before or 0) for call in newest}
