"""How fast a loaded model answers: a short look with made-up tiles, beside whatever else it is asked."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from serving.client import TritonClient
from serving.tensors import DetectorShape, TileArray

# Enough to tell configurations apart, too little for anybody to notice: a second of one core's time for each.
ALONE_CALLS = 12
TOGETHER_S = 1.0
TOGETHER_CLIENTS = 4
CALL_DEADLINE_S = 5.0


@dataclass(frozen=True)
class Speed:
    """One model's answers to calls of one tile.

    Attributes:
        alone_ms: median of a lone caller.
        p50_ms, p95_ms: with four callers at once.
        tiles_per_s: with four callers at once.
    """

    alone_ms: float
    p50_ms: float
    p95_ms: float
    tiles_per_s: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(client: TritonClient, *, model_name: str, tile: TileArray, shape: DetectorShape) -> Speed:
    """Ask a model for about two seconds.

    Args:
        tile: (1, 1, tile, tile) uint8.

    Raises:
        ServingError: it did not answer.
    """

    def ask() -> float:
        started_s = time.perf_counter()
        client.infer(model_name=model_name, tiles=tile, deadline_s=CALL_DEADLINE_S, shape=shape)
        return (time.perf_counter() - started_s) * 1000

    alone = [ask() for _ in range(ALONE_CALLS)]
    together, wall_s = _together(ask)
    return Speed(
        alone_ms=round(float(np.median(alone)), 2),
        p50_ms=round(float(np.percentile(together, 50)), 2),
        p95_ms=round(float(np.percentile(together, 95)), 2),
        tiles_per_s=round(len(together) / wall_s, 1),
    )


def _together(ask: Callable[[], float]) -> tuple[list[float], float]:
    """Milliseconds of every call of several callers, and seconds all of it took."""
    began_s = time.perf_counter()
    until_s = began_s + TOGETHER_S

    def go_on(_: int) -> list[float]:
        taken = [ask()]
        while time.perf_counter() < until_s:
            taken.append(ask())
        return taken

    with ThreadPoolExecutor(TOGETHER_CLIENTS) as callers:
        taken = [one for ones in callers.map(go_on, range(TOGETHER_CLIENTS)) for one in ones]
    return taken, time.perf_counter() - began_s
