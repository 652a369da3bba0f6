"""The supervisor's side of a training: one child with a session of its own, its lines, and an end of all of it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

_PROJECT_DIR = Path(__file__).resolve().parents[2]
_CHILD = "models_admin.trainer.child"
LONGEST_LINE = 16_384
_BLOCK_BYTES = 65_536
END_GRACE_S = 10.0


def is_installed() -> bool:
    """Whether this Python has what training needs beside what the product needs."""
    return all(find_spec(name) is not None for name in ("torch", "onnxscript"))


class Trainer:
    """A running training. Use as a context: at its end nothing of it is left.

    Args:
        arguments: of `python`: `-m`, `training`, ….
        folder: for its temporary files.
        threads: how many cores it uses.
    """

    def __init__(self, arguments: Sequence[str], *, folder: Path, threads: int) -> None:
        told = {"arguments": list(arguments), "parent_pid": os.getpid()}
        # Nothing of our environment: no addresses, no secrets.
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ORT_DISABLE_TELEMETRY": "1",
            "OMP_NUM_THREADS": str(threads),
            # Threads that wait for each other sleep: spinning would take the cores from whoever serves.
            "OMP_WAIT_POLICY": "PASSIVE",
            **settings.GPU_ENVIRONMENT,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-m", _CHILD, json.dumps(told)],
            cwd=_PROJECT_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def lines(self, *, tick_s: float) -> Iterator[str | None]:
        """What it says, line by line, until it closes its output; None whenever it was silent for `tick_s`."""
        said = b""
        while True:
            ready, _, _ = select.select([self._output], [], [], tick_s)
            block = self._output.read(_BLOCK_BYTES) if ready else None
            if block == b"":
                break
            if block is None:
                yield None
                continue
            *whole, said = (said + block).split(b"\n")
            yield from (_text(line) for line in whole)
            if len(said) > LONGEST_LINE:
                yield _text(said)
                said = b""
        if said:
            yield _text(said)

    def wait(self) -> int:
        """Let it end by itself, now that it has closed its output; its exit status."""
        deadline_s = time.monotonic() + END_GRACE_S
        # Without reaping it: until then its group is its own.
        while os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            if time.monotonic() > deadline_s:
                break
            time.sleep(0.02)
        return self.end()

    def end(self) -> int:
        """End it and everything it started, at once: its checkpoints are whole or absent. Harmless when repeated."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        status = self._process.wait()
        self._output.close()
        return status


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode(errors="replace").replace("\0", "\ufffd").rstrip("\r")


def how_it_ended(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"it ended with {status}"
    with contextlib.suppress(ValueError):
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it was ended by signal {-status}"
