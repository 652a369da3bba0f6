"""One process of ours: started in its own session, bound to the supervisor's life, ended as a group."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime import privileges, procfs

# Says in the environment of a program where to report that it is ready (see runtime.programs).
READY_FD = "RUNTIME_READY_FD"


@dataclass(frozen=True)
class Command:
    """What to run.

    Attributes:
        argv: program and arguments; never a secret, everybody can read them.
        environment: the whole environment of the process.
        death_signal: what the kernel sends it when the supervisor dies.
        identity: who runs it; None for whoever runs the supervisor.
        inherited: file descriptors it keeps.
        reports_ready: it writes to the descriptor named in READY_FD when it can work.
        foreground: it shares our terminal and session instead of writing to the log.
        folder: where it runs.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    death_signal: signal.Signals = signal.SIGKILL
    identity: privileges.Identity | None = None
    inherited: tuple[int, ...] = ()
    reports_ready: bool = False
    foreground: bool = False


@dataclass
class Child:
    """A started process and what became of it."""

    pid: int
    started: int
    foreground: bool
    ready_fd: int | None = None
    exit_code: int | None = None
    _ready: bool = True
    _popen: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.exit_code is None

    def signal(self, number: signal.Signals) -> None:
        """Signal the process alone: servers pass a polite request on to their own children."""
        if self.running:
            procfs.send(self.pid, number)

    def kill(self) -> None:
        """End the process and everything in its group, at once."""
        if self.running:
            procfs.send(self.pid, signal.SIGKILL)
            if not self.foreground:
                procfs.send_group(self.pid, signal.SIGKILL)

    def said_ready(self) -> bool:
        """Whether the program has reported that it is ready; always, if it does not report."""
        if self.ready_fd is not None:
            try:
                self._ready = bool(os.read(self.ready_fd, 16))
            except BlockingIOError:
                return False
            # End of file without a word: the program is dying, which is noticed elsewhere.
            self.close()
        return self._ready

    def close(self) -> None:
        if self.ready_fd is not None:
            os.close(self.ready_fd)
            self.ready_fd = None

    def reaped(self, exit_code: int) -> None:
        """Note the end of the process."""
        self.exit_code = exit_code
        self.close()
        if self._popen is not None:
            self._popen.returncode = exit_code


def spawn(command: Command, *, mark: str, log_path: Path) -> Child:
    """Start `command`.

    Must be called from the supervisor's main thread: the kernel ties a child's life to the thread that made it.

    Raises:
        OSError: the program cannot be started.
    """
    environment = {**command.environment, procfs.MARK: mark}
    inherited = list(command.inherited)
    ready_read, ready_write = None, None
    if command.reports_ready:
        ready_read, ready_write = os.pipe()
        os.set_blocking(ready_read, False)
        inherited.append(ready_write)
        environment[READY_FD] = str(ready_write)
    log = None if command.foreground else os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        popen = subprocess.Popen(
            list(command.argv),
            env=environment,
            cwd=command.folder,
            stdin=None if command.foreground else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=not command.foreground,
            pass_fds=inherited,
            preexec_fn=_before_exec(command, supervisor_pid=os.getpid()),
        )
    except BaseException:
        if ready_read is not None:
            os.close(ready_read)
        raise
    finally:
        for descriptor in (log, ready_write):
            if descriptor is not None:
                os.close(descriptor)
    return Child(
        pid=popen.pid,
        started=procfs.started_ticks(popen.pid) or 0,
        foreground=command.foreground,
        ready_fd=ready_read,
        _ready=ready_read is None,
        _popen=popen,
    )


def _before_exec(command: Command, *, supervisor_pid: int) -> Callable[[], None]:
    def prepare() -> None:
        if command.identity is not None:
            privileges.become(command.identity)
        # After the change of user, which would clear it.
        privileges.prctl(privileges.PR_SET_PDEATHSIG, int(command.death_signal))
        if os.getppid() != supervisor_pid:
            os._exit(1)

    return prepare


def describe_exit(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
