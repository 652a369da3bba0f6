"""Triton's Prometheus figures: what the health page shows of queues, processors and memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from serving import over_http
from serving.errors import BadAnswer

_MAX_BYTES = 4 * 2**20


@dataclass(frozen=True)
class GpuFigures:
    """One GPU; a figure Triton does not report is None."""

    uuid: str
    utilisation: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    power_w: float | None = None


@dataclass(frozen=True)
class ModelFigures:
    """Queue figures of one model, as named by Triton.

    `rejected_requests` waited too long in the queue; Triton 2.51 does not count those that found it full.
    """

    name: str
    pending_requests: int = 0
    rejected_requests: int = 0


@dataclass(frozen=True)
class ServerFigures:
    """What could be read from the metrics page; absent parts are empty or None."""

    gpus: tuple[GpuFigures, ...] = ()
    models: tuple[ModelFigures, ...] = ()
    cpu_utilisation: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None


_GPU_FIELDS = {
    "nv_gpu_utilization": "utilisation",
    "nv_gpu_memory_used_bytes": "memory_used_bytes",
    "nv_gpu_memory_total_bytes": "memory_total_bytes",
    "nv_gpu_power_usage": "power_w",
}
_HOST_FIELDS = {
    "nv_cpu_utilization": "cpu_utilisation",
    "nv_cpu_memory_used_bytes": "memory_used_bytes",
    "nv_cpu_memory_total_bytes": "memory_total_bytes",
}


def parse_figures(text: str) -> ServerFigures:
    """Pick the known figures out of a metrics page.

    Raises:
        BadAnswer: the text is not in Prometheus' format.
    """
    gpus: dict[str, dict[str, float]] = {}
    pending: dict[str, int] = {}
    rejected: dict[str, int] = {}
    host: dict[str, float] = {}
    for name, labels, value in _samples(text):
        if name in _GPU_FIELDS:
            gpus.setdefault(labels.get("gpu_uuid", ""), {})[_GPU_FIELDS[name]] = value
        elif name in _HOST_FIELDS:
            host[_HOST_FIELDS[name]] = value
        elif name == "nv_inference_pending_request_count":
            pending[labels.get("model", "")] = pending.get(labels.get("model", ""), 0) + int(value)
        elif name == "nv_inference_request_failure" and labels.get("reason") == "REJECTED":
            rejected[labels.get("model", "")] = rejected.get(labels.get("model", ""), 0) + int(value)
    return ServerFigures(
        gpus=tuple(GpuFigures(uuid=uuid, **fields) for uuid, fields in sorted(gpus.items())),
        models=tuple(
            ModelFigures(name=name, pending_requests=pending.get(name, 0), rejected_requests=rejected.get(name, 0))
            for name in sorted(pending.keys() | rejected.keys())
        ),
        **host,
    )


def fetch_figures(metrics_url: str, *, deadline_s: float) -> ServerFigures:
    """Read and parse the metrics page.

    Raises:
        TritonUnavailable: it cannot be read in time.
        BadAnswer: it can, but makes no sense.
    """
    body = over_http.read(metrics_url, deadline_s=deadline_s, most_bytes=_MAX_BYTES)
    return parse_figures(body.decode(errors="replace"))


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if math.isfinite(sample.value):
                    # The parser adds the conventional suffix to counters; Triton's names do not carry it.
                    yield sample.name.removesuffix("_total"), sample.labels, sample.value
    except (ValueError, KeyError, IndexError) as fault:
        raise BadAnswer(f"Triton's metrics page cannot be parsed: {fault}") from fault
