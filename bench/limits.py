"""What the machine could do at best: the same work in a tight loop, and Triton alone.

A process of its own, so that its CPU time is its own: `python -m bench.limits loop MODEL_FOLDER`, or
`python -m bench.limits triton GRPC_URL TRITON_NAME CLIENTS`. Prints one JSON line.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.images import ImagePool
from domain.imaging.decode import decode
from domain.imaging.preprocess import PreprocessProfile, preprocess
from domain.imaging.refusal import DecodeLimits

HALF = PreprocessProfile(scale=0.5)
COUNT = 200


def tight_loop(model: Path) -> dict[str, Any]:
    """Decode, preprocess and judge one image after the other in ONNX Runtime, one thread, nothing kept."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model / "model.onnx"), options, providers=["CPUExecutionProvider"])
    pool = ImagePool.draw(count=8, seed=1)
    limits = DecodeLimits()
    steps = {"decode": 0.0, "preprocess": 0.0, "infer": 0.0}

    def judge(number: int) -> None:
        marks = [time.process_time()]
        image = decode(pool.unique(number), limits=limits)
        marks.append(time.process_time())
        grey = preprocess(image.pixels, profile=HALF)[None, None]
        marks.append(time.process_time())
        session.run(None, {"image": np.ascontiguousarray(grey)})
        marks.append(time.process_time())
        for step, before, after in zip(steps, marks, marks[1:], strict=False):
            steps[step] += after - before

    for number in range(10):
        judge(number)
    steps.update(dict.fromkeys(steps, 0.0))
    before_s, started_s = _cpu_s(), time.perf_counter()
    for number in range(COUNT):
        judge(number)
    spent_s, seconds = _cpu_s() - before_s, time.perf_counter() - started_s
    return {
        "cpu_ms": round(spent_s / COUNT * 1000, 2),
        "images_per_s_one_core": round(COUNT / seconds, 1),
        **{f"{step}_cpu_ms": round(total / COUNT * 1000, 2) for step, total in steps.items()},
    }


def raw_triton(grpc_url: str, name: str, *, clients: int) -> dict[str, Any]:
    """Tiles through gRPC with nothing around it. CPU of the server is measured by the caller."""
    from serving.client import TritonClient

    tile = cv2.resize(decode(ImagePool.draw(count=1, seed=2).files[0], limits=DecodeLimits()).pixels, (512, 512))
    tiles = np.ascontiguousarray(tile[None, None])
    with TritonClient(grpc_url=grpc_url) as client, ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: client.infer(model_name=name, tiles=tiles, deadline_s=30), range(20)))
        latencies: list[float] = []

        def ask(_: int) -> None:
            started_s = time.perf_counter()
            client.infer(model_name=name, tiles=tiles, deadline_s=30)
            latencies.append((time.perf_counter() - started_s) * 1000)

        before_s, started_s = _cpu_s(), time.perf_counter()
        list(pool.map(ask, range(COUNT)))
        seconds = time.perf_counter() - started_s
        spent_s = _cpu_s() - before_s
    latencies.sort()
    return {
        "clients": clients,
        "count": COUNT,
        "client_cpu_ms": round(spent_s / COUNT * 1000, 2),
        "images_per_s": round(COUNT / seconds, 1),
        "p50_ms": round(latencies[COUNT // 2], 1),
        "p95_ms": round(latencies[COUNT * 95 // 100], 1),
    }


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(arguments: list[str]) -> None:
    cv2.setNumThreads(1)
    if arguments[0] == "loop":
        answer = tight_loop(Path(arguments[1]))
    else:
        answer = raw_triton(arguments[1], arguments[2], clients=int(arguments[3]))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
