"""`make bench`: the whole path at 1, 10, 50 and 100 clients beside the machine's limit and Triton alone, in one run.

The figure to compare is CPU-milliseconds per image, user and system, over every process of the product: it repeats to a
few per cent on a shared machine, wall-clock does not.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from bench.cpu import sample
from bench.images import ImagePool
from bench.load import upload
from bench.screens import watch
from bench.targets import summary

PROJECT_DIR = Path(__file__).resolve().parent.parent
PASSWORD = "demo"
CLIENTS = (1, 10, 50, 100)
RECIPE = "FAST-HALF"
MEASURED = ("web", "worker", "beat", "postgres", "redis", "triton")


class Instance:
    """An instance of the product for this run only."""

    def __init__(self, var: Path, *, without: str = "lot", is_kept: bool = False, is_up: bool = False) -> None:
        self.var = var
        self._without = without
        self._is_kept = is_kept
        self._is_up = is_up

    def __enter__(self) -> "Instance":
        if not self._is_up:
            self._runtime("down")
            shutil.rmtree(self.var, ignore_errors=True)
            self._runtime("up", "--detach", "--port", "0", "--without", self._without)
        self.status = json.loads(self._runtime("status", "--json"))
        self.address = self.status["address"]
        answer = requests.post(
            f"{self.address}/api/v1/auth/token/", json={"username": "model_engineer", "password": PASSWORD}, timeout=20
        )
        answer.raise_for_status()
        self.token = answer.json()["token"]
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_kept:
            self._runtime("down")

    def pids(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in self.status["processes"] if one["name"] in MEASURED and one["pid"]}

    def ports(self) -> dict[str, int]:
        ports: dict[str, int] = self.status["ports"]
        return ports

    def system(self) -> dict[str, Any]:
        answer = requests.get(
            f"{self.address}/api/v1/system/", headers={"Authorization": f"Token {self.token}"}, timeout=20
        )
        answer.raise_for_status()
        described: dict[str, Any] = answer.json()
        return described

    def _runtime(self, *arguments: str) -> str:
        environment = {**os.environ, "WAFERDECK_DEMO_PASSWORD": PASSWORD, "SOCKETS_PER_ACCOUNT": "1000"}
        done = subprocess.run(
            [sys.executable, "-m", "runtime", *arguments, "--var", str(self.var)],
            cwd=PROJECT_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"runtime {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def limit(*arguments: str) -> dict[str, Any]:
    """One of the limits, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.limits", *arguments], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure_clients(instance: Instance, pool: ImagePool, *, clients: int, requests: int, first: int) -> dict[str, Any]:
    before = sample(instance.pids())
    load = asyncio.run(
        upload(
            url=f"{instance.address}/api/v1/inference/predict/",
            token=instance.token,
            pool=pool,
            clients=clients,
            requests=requests,
            recipe=RECIPE,
            first_number=first,
        )
    )
    spent = sample(instance.pids()).since(before)
    per_image = {name: round(seconds / max(load.stored, 1) * 1000, 2) for name, seconds in spent.items()}
    return {**load.described(), "cpu_ms_per_image": round(sum(per_image.values()), 1), "cpu_ms_by_process": per_image}


async def measure_screens(instance: Instance, pool: ImagePool, *, screens: int, first: int) -> dict[str, Any]:
    """Results announced by four uploaders while `screens` pages are open."""
    seconds = 12.0
    watching = asyncio.create_task(
        watch(
            url=instance.address.replace("http", "ws", 1) + "/ws/live/",
            token=instance.token,
            screens=screens,
            seconds=seconds,
        )
    )
    await asyncio.sleep(2)
    load = await upload(
        url=f"{instance.address}/api/v1/inference/predict/",
        token=instance.token,
        pool=pool,
        clients=4,
        requests=160,
        recipe=RECIPE,
        first_number=first,
    )
    return {**await watching, "events_per_s": load.described()["images_per_s"]}


def main() -> None:
    arguments = _arguments()
    say = sys.stdout.write
    with Instance(arguments.var) as instance:
        model = instance.system()["versions"]["model"][0]
        folder = PROJECT_DIR / "model_zoo" / model["name"] / model["version"]
        grpc_url = next(one["ports"] for one in instance.status["processes"] if one["name"] == "triton")["grpc"]
        pool = ImagePool.draw(count=16, seed=7)
        report: dict[str, Any] = {
            "at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
            "model": f"{model['name']} {model['version']}",
            "image": f"1024 x 1024 grey PNG, {sum(map(len, pool.files)) // len(pool.files) // 1000} kB, judged at 512",
            "tight_loop": limit("loop", str(folder)),
        }
        triton_pid = {"triton": instance.pids()["triton"]}
        before = sample(triton_pid)
        report["raw_triton"] = limit("triton", f"127.0.0.1:{grpc_url}", model["triton_name"], "4")
        server_s = sum(sample(triton_pid).since(before).values())
        report["raw_triton"]["server_cpu_ms"] = round(server_s / (report["raw_triton"]["count"] + 20) * 1000, 2)
        triton_ms = report["raw_triton"]["server_cpu_ms"] + report["raw_triton"]["client_cpu_ms"]
        report["raw_triton"]["times_onnx_runtime"] = round(triton_ms / report["tight_loop"]["infer_cpu_ms"], 2)
        say(f"{report['machine']} · {report['model']} · {report['image']}\n")
        say(f"tight loop   {report['tight_loop']}\nraw Triton   {report['raw_triton']}\n")
        first = 1_000_000
        measure_clients(instance, pool, clients=4, requests=40, first=first)
        report["whole_path"] = []
        for clients in CLIENTS:
            first += 10_000
            figures = measure_clients(
                instance, pool, clients=clients, requests=max(arguments.requests, clients * 3), first=first
            )
            figures["times_the_limit"] = round(figures["cpu_ms_per_image"] / report["tight_loop"]["cpu_ms"], 2)
            figures["times_raw_triton"] = round(figures["cpu_ms_per_image"] / triton_ms, 2)
            report["whole_path"].append(figures)
            say(f"{clients:>3} clients  {figures}\n")
        report["screens"] = []
        for screens in (1, 50, 500):
            first += 10_000
            figures = asyncio.run(measure_screens(instance, pool, screens=screens, first=first))
            report["screens"].append(figures)
            say(f"{screens:>3} screens  {figures}\n")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    precision = json.loads((folder / "model.json").read_text())["precision"]
    say("".join(f"{line}\n" for line in summary(report, precision=precision)))
    say(f"kept in {arguments.out}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--var", type=Path, default=PROJECT_DIR / "var" / "bench" / "instance", help="emptied first")
    parser.add_argument("--requests", type=int, default=300, help="images per number of clients")
    stamp = datetime.now(tz=UTC).strftime("%Y%m%d-%H%M%S")
    parser.add_argument("--out", type=Path, default=PROJECT_DIR / "var" / "bench" / "reports" / f"{stamp}.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
