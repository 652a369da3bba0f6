"""The whole product as real processes, for tests that use it from outside and kill parts of it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import requests

PROJECT_DIR = Path(__file__).resolve().parent.parent
PASSWORD = "demo"
EXEC = (sys.executable, "-m", "runtime", "exec", "--attach")
Found = TypeVar("Found")


def eventually(
    look: Callable[[], Found],
    *,
    within_s: float,
    every_s: float = 0.1,
    what: str = "it",
    why: Callable[[], Any] | None = None,
) -> Found:
    """The first truthy answer of `look`. With none in time the test fails, with the last one or what `why` knows."""
    deadline_s = time.monotonic() + within_s
    answer: Any = None
    while time.monotonic() < deadline_s:
        with contextlib.suppress(requests.RequestException):
            answer = look()
            if answer:
                return answer
        time.sleep(every_s)
    raise AssertionError(f"waited {within_s:g} s for {what}; last answer: {why() if why else answer!r}")


@dataclass(frozen=True)
class LiveStack:
    """One running instance."""

    var: Path
    address: str

    @property
    def api(self) -> str:
        return f"{self.address}/api/v1"

    def run(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runtime", *arguments, "--var", str(self.var)],
            cwd=PROJECT_DIR,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "runtime",
                "exec",
                "--attach",
                "--var",
                str(self.var),
                "--",
                sys.executable,
                "manage.py",
                *arguments,
            ],
            cwd=PROJECT_DIR,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    def process(self, name: str) -> dict[str, Any]:
        status = json.loads(self.run("status", "--json").stdout)
        return next(process for process in status["processes"] if process["name"] == name)

    def kill(self, name: str, *, with_signal: int = signal.SIGKILL) -> dict[str, Any]:
        """Send a signal to a process and return what was known of it before."""
        before = self.process(name)
        os.kill(before["pid"], with_signal)
        return before

    def wait_for_restart(self, before: dict[str, Any], *, within_s: float = 60) -> None:
        def is_back() -> bool:
            now = self.process(before["name"])
            return now["restarts"] > before["restarts"] and now["state"] == "ready"

        eventually(is_back, within_s=within_s, every_s=0.3, what=f"{before['name']} to be back")

    def session(self, username: str = "operator") -> requests.Session:
        """A program signed in with a token."""
        answer = requests.post(f"{self.api}/auth/token/", json={"username": username, "password": PASSWORD}, timeout=10)
        answer.raise_for_status()
        session = requests.Session()
        session.headers["Authorization"] = f"Token {answer.json()['token']}"
        return session

    def runs_settled(self, session: requests.Session, run_ids: list[str], *, within_s: float) -> list[dict[str, Any]]:
        """The runs once all of them are done."""

        def all_done() -> list[dict[str, Any]] | None:
            found = [session.get(f"{self.api}/inference/results/{run}/", timeout=10).json() for run in run_ids]
            return found if all(run.get("state") == "done" for run in found) else None

        return eventually(all_done, within_s=within_s, every_s=0.5, what=f"{len(run_ids)} runs to be done")


def wafer_png(seed: int, *, side_px: int = 256) -> bytes:
    """A small image no other seed gives: noise with a dark scratch."""
    rng = np.random.default_rng(seed)
    image = rng.integers(100, 140, (side_px, side_px), dtype=np.uint8)
    start, end = rng.integers(20, side_px - 20, (2, 2)).tolist()
    cv2.line(image, start, end, 20, 2)
    return bytes(cv2.imencode(".png", image)[1])


@contextlib.contextmanager
def running(var: Path) -> Iterator[LiveStack]:
    """The whole product under `var`, stopped at the end."""
    stack = LiveStack(var=var, address=f"http://127.0.0.1:{_free_port()}")
    port = stack.address.rsplit(":", 1)[1]
    # What an earlier run left behind would be another product: other models, other rows.
    stack.run("down")
    shutil.rmtree(var, ignore_errors=True)
    started = stack.run("up", "--detach", "--without", "lot", "--port", port, timeout_s=240)
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        eventually(
            lambda: requests.get(f"{stack.address}/readyz", timeout=2).status_code == 200, within_s=60, what="readyz"
        )
        yield stack
    finally:
        stack.run("down")


def attached(var: Path) -> LiveStack:
    """An instance that is up already; it is left as it is."""
    status = json.loads(LiveStack(var=var, address="").run("status", "--json").stdout)
    return LiveStack(var=var, address=status["address"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The caller's, without the addresses of the servers the test suite itself runs on."""
    ours = ("DATABASE", "REDIS_URL", "TRITON_", "STORAGE_URL", "MODEL_REPOSITORY_DIR", "SECRET_KEY", "DJANGO_SETTINGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "RUN_LEASE_S": "6", "SWEEP_EVERY_S": "1", "WAFERDECK_DEMO_PASSWORD": PASSWORD}
