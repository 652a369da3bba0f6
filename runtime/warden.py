"""A second pair of eyes: clears an instance away when its supervisor is killed before it could.

The kernel ends our direct children with the supervisor. What they have started (Triton's stubs, Celery's pool) is
found here by the mark in its environment.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from runtime import procfs, state, triton

DISMISSED = b"dismissed"
# Redis and PostgreSQL are asked by the kernel to end in good order; they get this long.
GRACE_S = 5.0
GENTLE = ("redis-server", "postgres")


class Warden:
    """The supervisor's side: a process that watches it through a pipe."""

    def __init__(self, *, state_path: Path) -> None:
        read_end, self._write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._write_end)
            with contextlib.suppress(BaseException):
                _watch(read_end, state_path)
            os._exit(0)
        os.close(read_end)

    def dismiss(self) -> None:
        """Everything is in order: go without touching anything."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._write_end, DISMISSED)
        os.close(self._write_end)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _watch(read_end: int, state_path: Path) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    # The end of the supervisor closes its end of the pipe.
    if os.read(read_end, len(DISMISSED)) != DISMISSED:
        clear_away(state.read(state_path))


def clear_away(left: state.State) -> None:
    """End every process of a dead supervisor, and remove the shared memory they leave.

    Args:
        left: what that supervisor wrote down last. Its pids are believed only with their start times.
    """
    if not left.instance or left.boot != procfs.boot_id():
        return
    deadline = time.monotonic() + GRACE_S
    while found := _alive(left):
        for pid in found:
            gentle = procfs.command_name(pid) in GENTLE
            if time.monotonic() > deadline or not gentle:
                procfs.send(pid, signal.SIGKILL)
            else:
                procfs.send(pid, signal.SIGQUIT if procfs.command_name(pid) == "postgres" else signal.SIGTERM)
        time.sleep(0.02)
    triton.remove_shared_memory(triton.shared_memory_prefix(left.instance))


def _alive(left: state.State) -> set[int]:
    known = {entry.pid for entry in left.processes if procfs.is_same(pid=entry.pid, started=entry.started)}
    return known | set(procfs.marked(f"{left.instance}/"))
