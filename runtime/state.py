"""What an instance remembers on disk: its supervisor, ports and processes; and the lock that keeps it single."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runtime import procfs
from runtime.private_files import replace_private


@dataclass
class ProcessState:
    """One line of `status`."""

    name: str
    kind: str
    state: str
    pid: int = 0
    started: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    address: str = ""
    restarts: int = 0
    since: str = ""
    last_exit: str = ""


@dataclass
class State:
    """The content of `state.json`. Holds no secret."""

    instance: str = ""
    boot: str = ""
    supervisor_pid: int = 0
    supervisor_started: int = 0
    phase: str = "down"
    address: str = ""
    since: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    processes: list[ProcessState] = field(default_factory=list)

    def supervised(self) -> bool:
        """Whether the supervisor that wrote this is still at work."""
        same_boot = self.boot == procfs.boot_id()
        return same_boot and procfs.is_same(pid=self.supervisor_pid, started=self.supervisor_started)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read(path: Path) -> State:
    """The state kept in `path`; an empty one when there is none or a half-written one."""
    try:
        kept = json.loads(path.read_text())
        processes = [ProcessState(**entry) for entry in kept.pop("processes", [])]
        return State(**kept, processes=processes)
    except (FileNotFoundError, ValueError, TypeError):
        return State()


def write(path: Path, state: State) -> None:
    """Replace the state in `path` in one step, so that a reader never sees half of it."""
    replace_private(path, json.dumps(state.as_dict(), indent=1))


class Locked(Exception):
    """Another supervisor holds this instance."""


class Lock:
    """Held by the supervisor of an instance, and by its warden until everything is cleared away."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, wait_s: float = 0.0) -> None:
        """Take the lock, or wait that long for it.

        Raises:
            Locked: somebody else still has it.
        """
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Locked from None
                time.sleep(0.02)

    def release(self) -> None:
        os.close(self._file)
