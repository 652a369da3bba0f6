"""What Prometheus reads of the present at each scrape: the queue, the breakers, what waits in this process.

What is counted while work is done is in `core.metrics`. A source that is away takes its own series with it, no others.
"""

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.conf import settings
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core import admission, heartbeats, live_socket
from core.clock import now
from core.decoding import decoder
from core.outages import as_unavailable
from inspection.selectors import queue
from inspection.services import inference, prediction_cache
from models_admin import selectors as models_admin
from serving.breaker import BreakerState
from serving.errors import ServingError
from serving.metrics import fetch_figures

logger = structlog.get_logger(__name__)

KINDS = {0: "interactive", 1: "upload", 2: "batch"}
"""What a run's priority says of where it came from."""

GPU_DEADLINE_S = 0.5
_VERSION = ("model", "version")


class SourceAway(Exception):
    """Whoever knows does not answer."""


class PresentFigures(Collector):
    """The figures of this moment. Three short queries, five of Redis, and one look at Triton where that has a page."""

    def collect(self) -> Iterator[Metric]:
        """Every series whose source answers."""
        yield from _of_this_process()
        answers = _gauge("waferdeck_source_up", "Whether the figures of a source could be read.", "source")
        for source, read in _sources().items():
            found = _read(source, read)
            answers.add_metric([source], found is not None)
            yield from found or ()
        yield answers


def _read(source: str, read: Callable[[], list[Metric]]) -> list[Metric] | None:
    """The source's series, or None where it is away."""
    try:
        return read()
    except Exception as fault:
        if not isinstance(fault, SourceAway | ServingError) and as_unavailable(fault) is None:
            raise
        logger.info("figures_unread", source=source, error=type(fault).__name__)
        return None


def _of_this_process() -> list[Metric]:
    sockets = _gauge("waferdeck_open_sockets", "Sockets that are open in this process.")
    sockets.add_metric([], live_socket.open_sockets())
    inside = _gauge("waferdeck_active_requests", "Requests at work or waiting in this process.", "lane")
    waiting = _gauge("waferdeck_waiting_requests", "Requests that wait for a place in this process.", "lane")
    for gate in admission.gates():
        inside.add_metric([gate.name], gate.inside)
        waiting.add_metric([gate.name], gate.waiting)
    decodes = _gauge("waferdeck_waiting_decodes", "Images that wait for a decoder in this process.")
    decodes.add_metric([], decoder().status()["waiting"])
    return [sockets, inside, waiting, decodes]


def _of_the_database() -> list[Metric]:
    serving = _gauge("waferdeck_serving_version", "Versions that judge or stand in: always 1.", *_VERSION)
    breakers = _gauge("waferdeck_breaker_open", "Whether a server is not asked for a version.", "server", *_VERSION)
    for deployment in models_admin.serving_versions():
        version = [deployment.version.model.name, deployment.version.version]
        serving.add_metric(version, 1)
        seen = inference.triton().breaker_snapshot(model_name=deployment.triton_name)
        breakers.add_metric([settings.TRITON_GRPC_URL, *version], seen.state is BreakerState.OPEN)
    return [*_of_the_queue(), serving, breakers]


def _of_the_queue() -> list[Metric]:
    queued = _gauge("waferdeck_queued_runs", "Runs that wait, by where they came from.", "kind")
    oldest = _gauge("waferdeck_oldest_queued_seconds", "How long the first of the queued runs has waited.", "kind")
    found = {waiting.priority: waiting for waiting in queue.waiting_runs()}
    for priority, kind in KINDS.items():
        waiting = found.get(priority)
        queued.add_metric([kind], waiting.runs if waiting else 0)
        oldest.add_metric([kind], max(0.0, (now() - waiting.oldest).total_seconds()) if waiting else 0)
    held = queue.runs_at_work()
    running = _gauge("waferdeck_running_runs", "Runs that workers hold.")
    running.add_metric([], held.runs)
    lapsed = _gauge("waferdeck_expired_leases", "Runs whose worker is silent, and which nobody has taken over yet.")
    lapsed.add_metric([], held.lapsed)
    return [queued, oldest, running, lapsed]


def _of_redis() -> list[Metric]:
    cache = prediction_cache.statistics()
    living = {kind: heartbeats.living(kind=kind, now=now()) for kind in ("worker", "beat")}
    if cache["hits"] is None or None in living.values():
        raise SourceAway
    hits = CounterMetricFamily("waferdeck_prediction_cache_hits", "Answers from the cache, of all processes.")
    hits.add_metric([], cache["hits"])
    misses = CounterMetricFamily("waferdeck_prediction_cache_misses", "Looks into the cache that found nothing.")
    misses.add_metric([], cache["misses"])
    processes = _gauge("waferdeck_live_processes", "Workers and clocks heard of in the last 20 s.", "kind")
    for kind, heard in living.items():
        processes.add_metric([kind], len(heard or ()))
    return [hits, misses, processes]


def _of_triton() -> list[Metric]:
    gpus = fetch_figures(settings.TRITON_METRICS_URL, deadline_s=GPU_DEADLINE_S).gpus
    families = []
    for name, meaning, field in _GPU:
        family = _gauge(name, meaning, "gpu")
        for gpu in gpus:
            if (value := getattr(gpu, field)) is not None:
                family.add_metric([gpu.uuid], value)
        families.append(family)
    return families


_GPU = (
    ("waferdeck_gpu_utilisation_ratio", "How busy a GPU of Triton's is, 0 to 1.", "utilisation"),
    ("waferdeck_gpu_memory_used_bytes", "Memory of a GPU of Triton's that is taken.", "memory_used_bytes"),
    ("waferdeck_gpu_memory_total_bytes", "Memory of a GPU of Triton's.", "memory_total_bytes"),
)


def _sources() -> dict[str, Callable[[], list[Metric]]]:
    """Who is asked, by name; Triton where its page is known."""
    triton = {"triton": _of_triton} if settings.TRITON_METRICS_URL else {}
    return {"database": _of_the_database, "redis": _of_redis, **triton}


def _gauge(name: str, meaning: str, *labels: str) -> Any:
    return GaugeMetricFamily(name, meaning, labels=labels)
