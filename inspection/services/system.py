"""How the whole is: every part, what waits, and one sentence for people when something is wrong."""

import platform
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from core import health, heartbeats
from core.actors import Actor
from core.briefly import Briefly
from core.decoding import decoder
from core.health import Component, State
from core.roles import Role
from inspection import selectors
from inspection.services import inference, prediction_cache
from models_admin import selectors as models_admin
from models_admin.models import Deployment
from serving.breaker import BreakerSnapshot, BreakerState
from serving.health import ServerHealth, snapshot

_ENGINEERS = frozenset({Role.MODEL_ENGINEER, Role.ADMIN})
_NAMES = {
    "postgres": "the database",
    "storage": "the image store",
    "triton": "the inference server",
    "model": "the model",
    "worker": "the worker",
    "redis": "live updates",
    "decoder": "the decoder",
    "beat": "the clock",
}

WAITS_LONG_S = 10.0
"""A queue that waits for Triton longer than this is trouble, not a moment."""

_seen: Briefly[dict[str, Any]] = Briefly(ttl_s=1.0)

BANNERS = {
    "postgres": "The database does not answer. Nothing can be stored or shown until it returns.",
    "storage": "Images cannot be stored, so uploads are refused. What was stored is safe.",
    "triton": "The inference server does not answer. Uploads are accepted; runs wait and finish by themselves.",
    "model": "No model is ready. Uploads are accepted; runs wait and finish by themselves.",
    "worker": "No worker is running. Batches are accepted and wait.",
    "redis": "Live updates are off; pages ask for news every 5 s. Nothing is lost.",
    "decoder": "Images cannot be decoded, so uploads are refused. What was stored is safe.",
    "beat": "The clock is not running: lost and waiting runs are not looked for.",
}
HELD_BACK = "The inference server fails. Uploads are accepted; runs wait and finish by themselves."


def system_state(*, now: datetime, visible_to: Actor) -> dict[str, Any]:
    """Every component, the breaker, the queue and the versions. Asked once a second at most.

    Args:
        visible_to: Triton's own words, the breaker's reason, are for engineers and admins.
    """
    state = _seen.get("state", lambda: _read(now))
    if visible_to.is_system or visible_to.roles & _ENGINEERS:
        return state
    return {**state, "breaker": {**state["breaker"], "reason": ""}}


def _read(now: datetime) -> dict[str, Any]:
    parts = {part.name: part for part in health.components()}
    serving = models_admin.serving_versions()
    names = [deployment.triton_name for deployment in serving]
    server = snapshot(
        inference.triton_control(),
        client=inference.triton(),
        watched_models=names,
        metrics_url=settings.TRITON_METRICS_URL,
    )
    workers = {kind: heartbeats.living(kind=kind, now=now) for kind in ("worker", "beat")}
    for kind, living in workers.items():
        parts[kind] = _process(kind, living)
    parts["decoder"] = _decoder()
    parts["model"] = _model(names, server)
    breaker, queue = _worst_breaker(names, server), selectors.queue_state(now=now)
    parts["triton"] = _as_it_serves(parts["triton"], breaker=breaker, held_up_s=queue["held_up_s"], now=now)
    components = list(parts.values())
    return {
        "state": health.readiness(components),
        "banner": banner_of(components),
        "components": [_shown(part) for part in components],
        "breaker": _breaker(breaker, now=now),
        "queue": queue,
        "versions": _versions(parts, serving, server),
        "triton": {"models": _models(server), "gpus": _gpus(server)},
        "cache": prediction_cache.statistics(),
        "workers": {
            kind: sorted(name for name in living) if living is not None else None for kind, living in workers.items()
        },
    }


def banner_of(components: list[Component]) -> str | None:
    """What people are told: of several troubles the one that stops most, and the names of the others."""
    down = {part.name for part in components if part.state == State.DOWN}
    gravest_first = [name for name in BANNERS if name in down]
    if not gravest_first:
        return HELD_BACK if any(part.state == State.DEGRADED for part in components) else None
    others = ", ".join(_NAMES[name] for name in gravest_first[1:])
    return BANNERS[gravest_first[0]] + (f" Also down: {others}." if others else "")


def _shown(part: Component) -> dict[str, Any]:
    return {**asdict(part), "since": part.since.isoformat() if part.since else None}


def _process(kind: str, living: dict[str, datetime] | None) -> Component:
    if living is None:
        return Component(name=kind, state=State.UNKNOWN, detail="Redis does not answer, so nobody knows.")
    if not living:
        return Component(name=kind, state=State.DOWN, detail="None has been heard of for 20 s.")
    return Component(name=kind, state=State.OK, detail=f"{len(living)} running")


def _decoder() -> Component:
    status = decoder().status()
    if status["failure"] and not status["running"]:
        return Component(name="decoder", state=State.DOWN, detail=f"It does not start: {status['failure']}")
    if not status["running"]:
        first = "next" if status["started"] else "first"
        return Component(name="decoder", state=State.OK, detail=f"It starts when the {first} image comes.")
    detail = f"{status['running']} of {status['workers']} processes, {status['waiting']} images waiting"
    return Component(name="decoder", state=State.OK, detail=detail)


def _model(names: list[str], server: ServerHealth) -> Component:
    if not names:
        return Component(name="model", state=State.DOWN, detail="No version is deployed.")
    if not server.live:
        return Component(name="model", state=State.UNKNOWN, detail="Triton does not answer, so nobody knows.")
    missing = [name for name in names if not (model := server.model(name)) or not model.ready]
    if missing:
        return Component(name="model", state=State.DOWN, detail=f"Not ready: {', '.join(missing)}.")
    return Component(name="model", state=State.OK, detail=", ".join(names))


def _as_it_serves(
    part: Component, *, breaker: BreakerSnapshot | None, held_up_s: float | None, now: datetime
) -> Component:
    """Triton by what becomes of the work, not by its answer to being asked alone.

    Args:
        held_up_s: for how long a run has waited for Triton, None when none does.
    """
    if part.state != State.OK:
        return part
    if breaker is not None and breaker.state is BreakerState.OPEN:
        detail, for_s = "It answers, but calls to it failed and are held back; runs wait.", breaker.open_for_s
    elif held_up_s is not None and held_up_s > WAITS_LONG_S:
        detail, for_s = "It answers, but runs wait for it.", held_up_s
    else:
        return part
    return replace(part, state=State.DEGRADED, detail=detail, since=now - timedelta(seconds=for_s))


def _worst_breaker(names: list[str], server: ServerHealth) -> BreakerSnapshot | None:
    """Of those in front of what serves; None where there is none."""
    seen = [model.breaker for name in names if (model := server.model(name)) and model.breaker]
    return max(seen, key=lambda one: one.open_for_s, default=None)


def _breaker(worst: BreakerSnapshot | None, *, now: datetime) -> dict[str, Any]:
    if worst is None:
        return {"state": "unknown", "opened_at": None, "failures": None, "reason": "", "probe_in_s": None}
    opened_at = (now - timedelta(seconds=worst.open_for_s)).isoformat() if worst.open_for_s else None
    return {
        "state": str(worst.state),
        "opened_at": opened_at,
        "failures": worst.consecutive,
        "reason": worst.reason,
        "probe_in_s": round(worst.probe_in_s, 1) if opened_at else None,
    }


def _models(server: ServerHealth) -> list[dict[str, Any]]:
    """Every model Triton knows. Times are totals over its requests since it was loaded.

    `pending` waits in its queue now, `rejected` waited there for too long; None where Triton's metrics cannot be read.
    """
    queues = {figures.name: figures for figures in server.figures.models} if server.figures else {}
    return [
        {
            "name": model.name,
            "ready": model.ready,
            "state": model.state,
            "inferences": model.statistics.inferences if model.statistics else 0,
            "requests": model.statistics.succeeded if model.statistics else 0,
            "queue_ms": round(model.statistics.queue_ms, 1) if model.statistics else 0.0,
            "compute_ms": round(model.statistics.compute_ms, 1) if model.statistics else 0.0,
            "pending": queues[model.name].pending_requests if model.name in queues else None,
            "rejected": queues[model.name].rejected_requests if model.name in queues else None,
        }
        for model in server.models
    ]


def _gpus(server: ServerHealth) -> list[dict[str, Any]]:
    """Every GPU Triton sees; what it does not report of one is None."""
    return [asdict(gpu) for gpu in server.figures.gpus] if server.figures else []


def _versions(parts: dict[str, Component], serving: list[Deployment], server: ServerHealth) -> dict[str, Any]:
    return {
        "waferdeck": settings.WAFERDECK_VERSION,
        "code": settings.CODE_VERSION,
        "model": [
            {
                "name": deployment.version.model.name,
                "version": deployment.version.version,
                "triton_name": deployment.triton_name,
                "state": deployment.state,
                "sha256": deployment.version.sha256,
            }
            for deployment in serving
        ],
        "triton": server.version,
        "postgres": _number(parts["postgres"]),
        "redis": _number(parts["redis"]),
        "python": platform.python_version(),
    }


def _number(part: Component) -> str:
    return part.detail.split()[-1] if part.state == State.OK else ""
