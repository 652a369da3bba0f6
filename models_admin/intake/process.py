"""The parent's side: one child per file, one answer, and an end."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from core.confinement.start import start
from models_admin.errors import ExaminerUnavailable
from models_admin.intake.rules import Refusal, Rule
from serving.tensors import DetectorShape

MOST_BYTES = 512 * 2**20
MEMORY_BYTES = 3 * 2**30
"""Beyond what the libraries take; a model of the largest size is held thrice, and its tensors beside it."""
CPU_S = 60
WALL_S = 120.0
_CHILD = "models_admin.intake.child"
_MOST_ANSWERED_BYTES = 2**20


@dataclass(frozen=True)
class Examined:
    """What quarantine found.

    Attributes:
        refusals: rules that are broken; empty: the file may be registered.
        golden: what it answers to the golden images.
        tile_ms: one tile on one thread of this machine.
        graph: nodes, tensors, parameters, opset, operators by how often.
        isolation: what the process had given up.
    """

    refusals: tuple[Refusal, ...]
    golden: dict[str, Any] = field(default_factory=dict)
    tile_ms: float = 0.0
    graph: dict[str, Any] = field(default_factory=dict)
    isolation: dict[str, Any] = field(default_factory=dict)


def examine(
    content: bytes,
    *,
    shape: DetectorShape,
    memory_bytes: int = MEMORY_BYTES,
    cpu_s: int = CPU_S,
    wall_s: float = WALL_S,
) -> Examined:
    """Hold a model file against every rule, in a process of its own.

    Args:
        shape: of the detector contract, as the description names it.

    Raises:
        ExaminerUnavailable: the process did not start.
    """
    if len(content) > MOST_BYTES:
        return _refused(Rule.SIZE, "file", f"{len(content) >> 20} MiB; at most {MOST_BYTES >> 20} MiB.")
    if not content:
        return _refused(Rule.SIZE, "file", "The file is empty.")
    answer_fd, theirs = os.pipe2(os.O_CLOEXEC)
    with os.fdopen(answer_fd, "rb", buffering=0) as pipe, _memory_file(content) as content_fd:
        settings = {
            "content_fd": content_fd,
            "answer_fd": theirs,
            "shape": asdict(shape),
            "memory_bytes": memory_bytes,
            "cpu_s": cpu_s,
            "parent_pid": os.getpid(),
        }
        try:
            process = start(_CHILD, settings, environment={"OMP_NUM_THREADS": "1"}, pass_fds=(content_fd, theirs))
        finally:
            os.close(theirs)
        try:
            answer = _heard(pipe, deadline_s=time.monotonic() + wall_s)
        finally:
            status = _ended(process)
    if answer is None:
        return _refused(Rule.TIME, "file", f"It was not through with the golden images after {wall_s:.0f} s.")
    return _understood(answer, status=status, memory_bytes=memory_bytes, cpu_s=cpu_s)


def _heard(pipe: Any, *, deadline_s: float) -> bytes | None:
    """All the child says until it ends, or None when it has not ended in time."""
    said, poll = b"", select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while poll.poll(max(0.0, deadline_s - time.monotonic()) * 1000):
        part = pipe.read(_MOST_ANSWERED_BYTES)
        said += part
        if not part or len(said) > _MOST_ANSWERED_BYTES:
            return said
    return None


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """How it ended: by itself, once it has said everything, else by us."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(timeout=1.0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def _understood(answer: bytes, *, status: int, memory_bytes: int, cpu_s: int) -> Examined:
    try:
        report = json.loads(answer)
    except ValueError as fault:
        if status in (-signal.SIGXCPU, -signal.SIGKILL):
            return _refused(Rule.TIME, "file", f"It needs more than {cpu_s} s of one core for the golden images.")
        if status < 0:
            name = signal.Signals(-status).name
            return _refused(Rule.MEMORY, "file", f"Reading or computing it ends the process ({name}).")
        raise ExaminerUnavailable(f"The examining process said nothing and ended with {status}.") from fault
    if report.get("out_of_memory"):
        return _refused(Rule.MEMORY, "file", f"It needs more than {memory_bytes >> 20} MiB of memory.")
    refusals = tuple(Refusal(Rule(one["rule"]), one["where"], one["detail"]) for one in report["refusals"])
    return Examined(refusals, report["golden"], report["tile_ms"], report.get("graph", {}), report["isolation"])


def _refused(rule: Rule, where: str, detail: str) -> Examined:
    return Examined((Refusal(rule, where, detail),))


@contextlib.contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    fd = os.memfd_create("model-intake", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)
