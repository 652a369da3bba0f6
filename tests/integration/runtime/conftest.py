"""An instance of the supervisor as a test sees it: through its command line, its files and the kernel."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime import procfs

PROJECT_DIR = Path(__file__).resolve().parents[3]


def wait_until(question: Callable[[], Any], *, within_s: float = 15.0, what: str = "") -> Any:
    """The first true answer."""
    deadline = time.monotonic() + within_s
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what or question}"
        time.sleep(0.02)
    return answer


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Instance:
    """One instance, kept in `var_dir`, driven by `python -m runtime`."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self._seen: dict[int, int] = {}
        self._background: list[subprocess.Popen[str]] = []

    def argv(self, *arguments: str) -> list[str]:
        action, *others = arguments
        return [sys.executable, "-m", "runtime", action, "--var", str(self.var_dir), *others]

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(
            self.argv(*arguments), cwd=PROJECT_DIR, capture_output=True, text=True, timeout=90, check=False, **more
        )
        self.note()
        return answer

    def up(self, only: str) -> subprocess.CompletedProcess[str]:
        answer = self.run("up", "--detach", "--only", only)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer

    def start(self, *arguments: str, **more: Any) -> "subprocess.Popen[str]":
        """Start a command in the background, with its output in a pipe."""
        started = subprocess.Popen(
            self.argv(*arguments), cwd=PROJECT_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more
        )
        self._background.append(started)
        return started

    def status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "--json").stdout)

    def process(self, name: str) -> dict[str, Any]:
        """One process by its name, from the file that `status` prints: tests ask too often for a program each."""
        return next(entry for entry in self.state["processes"] if entry["name"] == name)

    @property
    def state(self) -> dict[str, Any]:
        try:
            return json.loads((self.var_dir / "state.json").read_text())
        except FileNotFoundError:
            return {"processes": [], "supervisor_pid": 0, "supervisor_started": 0, "instance": "", "phase": "down"}

    def note(self) -> None:
        """Remember every process of this instance, to ask for it later."""
        kept = self.state
        if kept["supervisor_pid"]:
            self._seen[kept["supervisor_pid"]] = kept["supervisor_started"]
        self._seen |= {entry["pid"]: entry["started"] for entry in kept["processes"] if entry["pid"]}
        if kept["instance"]:
            for pid in procfs.marked(f"{kept['instance']}/"):
                self._seen.setdefault(pid, procfs.started_ticks(pid) or 0)

    def alive(self) -> list[int]:
        """Processes of this instance that were seen and still run."""
        return [pid for pid, started in self._seen.items() if procfs.is_same(pid=pid, started=started)]

    def log(self, name: str = "supervisor") -> str:
        return (self.var_dir / "log" / f"{name}.log").read_text()

    def close(self) -> None:
        self.note()
        for started in self._background:
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)
                started.wait(30)
            if started.stdout:
                started.stdout.close()
        self.run("down")
        for pid in self.alive():
            procfs.send(pid, signal.SIGKILL)


@pytest.fixture
def make_instance(tmp_path: Path) -> Iterator[Callable[[str], Instance]]:
    made: list[Instance] = []

    def make(name: str = "one") -> Instance:
        made.append(Instance(tmp_path / name))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def instance(make_instance: Callable[[str], Instance]) -> Instance:
    return make_instance("one")


@pytest.fixture(scope="module")
def kept_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for all tests of a file: its database is made once. Each test calls `up` and may leave it dead."""
    kept = Instance(tmp_path_factory.mktemp("kept") / "var")
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def instance_class() -> type[Instance]:
    return Instance


@pytest.fixture
def until() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def port_is_open() -> Callable[[int], bool]:
    return is_open


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts the supervisor of `stand_in.py` with one of its sets of units."""
    started: list[subprocess.Popen[str]] = []

    def start(scenario: str, *arguments: str) -> "subprocess.Popen[str]":
        program = Path(__file__).with_name("stand_in.py")
        started.append(
            subprocess.Popen(
                [sys.executable, str(program), scenario, str(tmp_path), *arguments],
                cwd=PROJECT_DIR,
                env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
            each.wait(10)
        if each.stdout:
            each.stdout.close()
