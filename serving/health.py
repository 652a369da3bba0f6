"""One look at a Triton server for the health page and for readiness. Answers in bounded time and never raises."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from serving.breaker import BreakerSnapshot
from serving.client import TritonClient
from serving.control import ModelStatistics, TritonControl
from serving.deadline import Clock
from serving.errors import ServingError
from serving.metrics import ServerFigures, fetch_figures

_READY = "READY"


@dataclass(frozen=True)
class ModelHealth:
    """One model of the repository.

    Attributes:
        state: Triton's word: READY, LOADING, UNLOADING, UNAVAILABLE, or empty when it was never asked for.
        statistics: totals since it was loaded; None when it is not loaded.
        breaker: the circuit breaker in front of it; None when nobody asked for it.
    """

    name: str
    version: str
    state: str
    reason: str
    statistics: ModelStatistics | None
    breaker: BreakerSnapshot | None

    @property
    def ready(self) -> bool:
        return self.state == _READY


@dataclass(frozen=True)
class ServerHealth:
    """A server at one moment. `fault` says what could not be found out, in words for people."""

    live: bool
    ready: bool
    version: str
    models: tuple[ModelHealth, ...]
    figures: ServerFigures | None
    answered_in_ms: float
    fault: str

    def model(self, name: str) -> ModelHealth | None:
        return next((model for model in self.models if model.name == name), None)


def snapshot(
    control: TritonControl,
    *,
    client: TritonClient | None = None,
    watched_models: Sequence[str] = (),
    metrics_url: str = "",
    deadline_s: float = 1.0,
    clock: Clock = time.monotonic,
) -> ServerHealth:
    """Look at the server, its models and its figures.

    Args:
        client: whose breakers to show beside the models.
        watched_models: Triton names that must appear even if the server does not know them.
        metrics_url: Triton's Prometheus page; empty leaves `figures` out.
        deadline_s: for all questions together.
    """
    started_s = clock()

    def left_s() -> float:
        return max(0.05, deadline_s - (clock() - started_s))

    faults: list[str] = []
    live = control.is_live(deadline_s=left_s())
    ready = live and control.is_ready(deadline_s=left_s())
    answered_in_ms = (clock() - started_s) * 1000
    version, figures = "", None
    models: tuple[ModelHealth, ...] = ()
    if live:
        try:
            version = control.server_metadata(deadline_s=left_s()).version
            models = _models(control, deadline_s=left_s())
        except ServingError as fault:
            faults.append(fault.detail)
        if metrics_url:
            try:
                figures = fetch_figures(metrics_url, deadline_s=left_s())
            except ServingError as fault:
                faults.append(fault.detail)
    else:
        faults.append("Triton does not answer")
    return ServerHealth(
        live=live,
        ready=ready,
        version=version,
        models=_with_watched(models, watched_models, client),
        figures=figures,
        answered_in_ms=answered_in_ms,
        fault="; ".join(faults),
    )


def _models(control: TritonControl, *, deadline_s: float) -> tuple[ModelHealth, ...]:
    totals = {(entry.name, entry.version): entry for entry in control.statistics(deadline_s=deadline_s)}
    return tuple(
        ModelHealth(
            name=entry.name,
            version=entry.version,
            state=entry.state,
            reason=entry.reason,
            statistics=totals.get((entry.name, entry.version)),
            breaker=None,
        )
        for entry in control.repository_index(deadline_s=deadline_s)
        if not entry.name.startswith(".")
    )


def _with_watched(
    models: tuple[ModelHealth, ...], watched: Sequence[str], client: TritonClient | None
) -> tuple[ModelHealth, ...]:
    """Add the models that should be there, and the breakers in front of those that are watched."""
    known = {model.name for model in models}
    missing = [
        ModelHealth(name, "", "", "the server does not list it", None, None) for name in watched if name not in known
    ]
    if client is None:
        return (*models, *missing)
    return tuple(
        ModelHealth(
            name=model.name,
            version=model.version,
            state=model.state,
            reason=model.reason,
            statistics=model.statistics,
            breaker=client.breaker_snapshot(model_name=model.name) if model.name in watched else None,
        )
        for model in (*models, *missing)
    )
