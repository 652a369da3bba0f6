"""Which way of serving is cheapest and fastest here: instances, batching and delay, against ONNX Runtime alone.

    python -m runtime exec --scratch --var var/bench --only triton -- \\
        python -m bench.configurations model_zoo/visual_defects/2.3.0

Prints a table: CPU milliseconds per tile of the client, the server and its stubs (the python-based backend), their sum,
and that as a ratio to a tight loop of ONNX Runtime over the same tiles. Both take turns, and the medians are shown, so
that a machine shared with others treats them alike.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import psutil

from serving.client import TritonClient
from serving.control import TritonControl
from serving.repository import ModelConfig, publish, remove, triton_model_name
from serving.tensors import DetectorSpec, TileArray

VERSION = "9.9.9"
CONFIGURATIONS = [
    ModelConfig(instances=1, max_batch=1),
    ModelConfig(instances=2, max_batch=1),
    ModelConfig(instances=1, max_batch=8),
    ModelConfig(instances=2, max_batch=8),
    ModelConfig(instances=2, max_batch=8, max_queue_delay_us=1000),
    ModelConfig(instances=2, max_batch=8, max_queue_delay_us=2000),
    ModelConfig(instances=1, max_batch=8, intra_op_threads=2),
]
LOADS = [(1, 1), (2, 1), (16, 1), (2, 8)]
"""(clients, tiles per request)"""


@dataclass(frozen=True)
class Figures:
    """One configuration under one load; CPU is per tile."""

    client_ms: float
    server_ms: float
    stubs_ms: float
    tiles_per_s: float
    p50_ms: float
    p95_ms: float

    @property
    def sum_ms(self) -> float:
        return self.client_ms + self.server_ms + self.stubs_ms


def tiles(count: int) -> TileArray:
    draw = np.random.default_rng(1)
    smooth = draw.normal(120, 12, (count, 1, 512, 512))
    return np.clip(smooth, 0, 255).astype(np.uint8)


def onnxruntime_alone(model: Path, *, batch: int, repeats: int) -> float:
    """CPU milliseconds per tile of a tight loop, one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    feed = {"image": tiles(batch)}
    for _ in range(3):
        session.run(None, feed)
    started_s = time.process_time()
    for _ in range(repeats):
        session.run(None, feed)
    return (time.process_time() - started_s) / repeats / batch * 1000


def measure(
    client: TritonClient, *, name: str, server: psutil.Process, clients: int, batch: int, seconds: float
) -> Figures:
    """Ask as fast as the answers come, from `clients` threads."""
    feed = tiles(batch)
    latencies_ms: list[float] = []

    def ask() -> None:
        while not latencies_ms or time.perf_counter() < until_s:
            started_s = time.perf_counter()
            client.infer(model_name=name, tiles=feed, deadline_s=60)
            latencies_ms.append((time.perf_counter() - started_s) * 1000)

    for _ in range(4):
        client.infer(model_name=name, tiles=feed, deadline_s=60)
    family = [[psutil.Process()], [server], server.children(recursive=True)]
    before_s, started_s = _cpu_s(family), time.perf_counter()
    until_s = started_s + seconds
    with ThreadPoolExecutor(clients) as pool:
        for future in [pool.submit(ask) for _ in range(clients)]:
            future.result()
    took_s, count = time.perf_counter() - started_s, len(latencies_ms) * batch
    own_ms, server_ms, stubs_ms = (
        (after - before) / count * 1000 for after, before in zip(_cpu_s(family), before_s, strict=True)
    )
    return Figures(
        client_ms=own_ms,
        server_ms=server_ms,
        stubs_ms=stubs_ms,
        tiles_per_s=count / took_s,
        p50_ms=float(np.percentile(latencies_ms, 50)),
        p95_ms=float(np.percentile(latencies_ms, 95)),
    )


@contextmanager
def served(control: TritonControl, folder: Path, *, repository: Path, config: ModelConfig) -> Iterator[str]:
    spec = DetectorSpec.from_dict(json.loads((folder / "model.json").read_text()))
    name = triton_model_name(model_name="bench", version=VERSION)
    publish(
        repository, model_name="bench", version=VERSION, source=folder / "model.onnx", sha256=spec.sha256, config=config
    )
    control.load_model(model_name=name)
    try:
        yield name
    finally:
        control.unload_model(model_name=name)
        time.sleep(0.5)
        remove(repository, model_name="bench", version=VERSION)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.configurations", description=__doc__)
    parser.add_argument("model", type=Path, help="folder of the model zoo")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement")
    arguments = parser.parse_args()
    grpc_url, repository = os.environ["TRITON_GRPC_URL"], Path(os.environ["MODEL_REPOSITORY_DIR"])
    server, control = _server_of(grpc_url), TritonControl(grpc_url=grpc_url)
    print(
        f"{'instances batch delay threads':>30} | clients tiles "
        "| client server  stubs    sum  ratio | tiles/s  P50 ms  P95 ms"
    )
    for config in CONFIGURATIONS:
        with served(control, arguments.model, repository=repository, config=config) as name:
            client = TritonClient(grpc_url=grpc_url)
            for clients, batch in LOADS:
                if batch > config.max_batch:
                    continue
                rounds = []
                for _ in range(arguments.rounds):
                    alone_ms = onnxruntime_alone(arguments.model / "model.onnx", batch=1, repeats=10)
                    got = measure(
                        client, name=name, server=server, clients=clients, batch=batch, seconds=arguments.seconds
                    )
                    rounds.append((got.sum_ms / alone_ms, got))
                print(_row(config, clients, batch, rounds), flush=True)
            client.close()


def _row(config: ModelConfig, clients: int, batch: int, rounds: list[tuple[float, Figures]]) -> str:
    ratio = statistics.median(ratio for ratio, _ in rounds)
    middle = Figures(*(statistics.median(values) for values in zip(*(astuple(got) for _, got in rounds), strict=True)))
    return (
        f"{config.instances:9} {config.max_batch:5} {config.max_queue_delay_us:5} {config.intra_op_threads:7} "
        f"| {clients:7} {batch:5} | {middle.client_ms:6.2f} {middle.server_ms:6.2f} {middle.stubs_ms:6.2f} "
        f"{middle.sum_ms:6.2f} {ratio:6.2f} | {middle.tiles_per_s:7.1f} {middle.p50_ms:7.1f} {middle.p95_ms:7.1f}"
    )


def _server_of(grpc_url: str) -> psutil.Process:
    port = grpc_url.rsplit(":", 1)[1]
    for process in psutil.process_iter(["cmdline"]):
        if f"--grpc-port={port}" in (process.info["cmdline"] or []):
            return process
    raise SystemExit(f"no Triton listens on {port} on this machine")


def _cpu_s(family: list[list[psutil.Process]]) -> list[float]:
    return [sum(sum(process.cpu_times()[:2]) for process in part) for part in family]


if __name__ == "__main__":
    main()
