"""What Linux knows of processes, in the few questions the supervisor asks.

A pid alone proves nothing: it may have been given to somebody else since. A pid with its start time names one process
of this boot, and a mark in the environment names everything that one of ours has started.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

MARK = "RUNTIME_MARK"


def boot_id() -> str:
    """Differs after every start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when there is none, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and brackets; the fields that follow the last bracket do not.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_same(*, pid: int, started: int) -> bool:
    """Whether the process that had this pid and start time is still running."""
    return pid > 0 and started_ticks(pid) == started


def ancestry(pid: int) -> set[int]:
    """The process itself, its parent, and so on up."""
    line: set[int] = set()
    while pid > 1 and pid not in line:
        line.add(pid)
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return line


def command_name(pid: int) -> str:
    """The short name of the process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def pids() -> Iterator[int]:
    """Every process that can be seen."""
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208 - names, not paths


def marked(prefix: str) -> list[int]:
    """Processes whose environment carries a mark that starts with `prefix`, this one left out.

    Only those whose environment may be read are seen: our own and, for root, nearly all.
    """
    wanted = f"{MARK}={prefix}".encode()
    found = []
    for pid in pids():
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            if any(entry.startswith(wanted) for entry in environment.split(b"\0")) and started_ticks(pid) is not None:
                found.append(pid)
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process; one that has gone already is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def send_group(group: int, number: signal.Signals) -> None:
    """Signal a process group; one that has gone already is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
