"""A real MLflow server of the tests' own, from the environment that `make setup-mlflow` makes."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
import requests

PROGRAM = Path(__file__).resolve().parents[1] / "var" / "mlflow" / "bin" / "mlflow"
READY_WITHIN_S = 120.0


class MlflowServer:
    """One server with its own store.

    Attributes:
        address: where it listens.
    """

    def __init__(self, folder: Path) -> None:
        if not PROGRAM.exists():
            pytest.skip("MLflow is not installed beside us: make setup-mlflow")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        store = [
            "--backend-store-uri",
            f"sqlite:///{folder}/mlflow.db",
            "--artifacts-destination",
            str(folder / "files"),
        ]
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._process = subprocess.Popen(
            [str(PROGRAM), "server", *store, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            cwd=folder,
            env={**environment, "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait()

    def stop(self) -> None:
        os.killpg(self._process.pid, 15)
        self._process.wait(timeout=30)

    def _wait(self) -> None:
        until_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until_s:
            try:
                if requests.get(f"{self.address}/health", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"MLflow was not there after {READY_WITHIN_S:.0f} s")
