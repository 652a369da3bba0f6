"""What a process gives up before it reads untrusted bytes. Linux only; runs before any thread exists."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Callable

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def leave_network() -> str:
    """Move to a network of its own without any interface.

    Returns:
        "none" where that is permitted, "shared" where the system forbids it: then only the limits on files and
        privileges stand between a taken-over decoder and the network.
    """
    for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        if _libc.unshare(flags) == 0:
            return "none"
    return "shared"


def drop_privileges() -> None:
    """Stop being root; nothing executed from here on can gain anything back."""
    if os.getuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent is gone. Comes after every change of user, which forgets it."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(0)


def limit_resources(*, memory_bytes: int, open_files: int) -> None:
    """Cap memory, open files, file sizes, processes and core dumps."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_NOFILE, open_files)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_CORE, 0)


def allow_cpu_s(seconds: int) -> None:
    """Let the process use this much more CPU time before it is killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def hear_libraries() -> Callable[[], str]:
    """Point standard error at a pipe of our own: the C libraries announce there that they show half an image.

    Returns:
        A function that gives what was written since it was last called.
    """
    heard, spoken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.dup2(spoken, 2)
    os.close(spoken)

    def since_last() -> str:
        try:
            return os.read(heard, 1 << 16).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    return since_last


def release_free_memory() -> None:
    """Hand pages the allocator keeps for later back to the system."""
    with contextlib.suppress(AttributeError):
        _libc.malloc_trim(0)


def mapped_bytes() -> int:
    """Memory mapped so far; read while the system still lets us."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - pathlib is one more import at start
        return int(statm.read().split()[0]) * resource.getpagesize()


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
