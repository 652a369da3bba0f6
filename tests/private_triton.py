"""A Triton server of a test's own, under the real supervisor, that may be stopped, killed and frozen."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


class PrivateTriton:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.repository = folder / "models"
        self.start()

    def start(self) -> None:
        self._runtime("up", "--detach", "--only", "triton")

    def stop(self) -> None:
        self._runtime("down")

    def kill(self) -> None:
        """End the server at once; the supervisor brings it back."""
        os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def pid(self) -> int:
        return self._process["pid"]

    @property
    def grpc_url(self) -> str:
        return f"127.0.0.1:{self._process['ports']['grpc']}"

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self._process['ports']['metrics']}/metrics"

    @property
    def _process(self) -> dict:
        return json.loads(self._runtime("status", "--json"))["processes"][0]

    def _runtime(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "runtime", arguments[0], "--var", str(self._folder), *arguments[1:]]
        ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def eventually(check, *, within_s: float, every_s: float = 0.1) -> float:
    """Seconds until `check` was true."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < within_s, "it did not happen in time"
        time.sleep(every_s)
    return time.monotonic() - started
