"""Keeps a set of units running: starts them in order, restarts what dies, stops them in reverse order.

One thread and one loop: children are tied to the thread that starts them, and nothing here takes long.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from runtime import logs, privileges, procfs, state
from runtime.unit import BACKING_OFF, DONE, FAILED, READY, STOPPED, WAITING, Spec, Unit

# The unit whose end is the end of everything (`python -m runtime exec`).
COMMAND = "command"
WHILE_BUSY_S = 0.025
WHILE_CALM_S = 1.0


class Supervisor:
    """Runs units until it is told to stop, its parent is gone, or a unit cannot be brought up."""

    def __init__(
        self,
        specs: Sequence[Spec],
        *,
        instance: str,
        log_dir: Path,
        save: Callable[[list[state.ProcessState], str], None],
        say: Callable[[str], None],
        on_ready: Callable[[], None],
        watched_parent: int | None,
    ) -> None:
        """
        Args:
            specs: what to run; each names only earlier ones in `after`.
            save: called with every change: the processes and the phase (starting, up, stopping, down).
            say: called with a line for people.
            on_ready: called once, when everything is up.
            watched_parent: a process whose end is ours too.
        """
        self._units = {spec.name: Unit(spec, mark=instance, log_path=log_dir / f"{spec.name}.log") for spec in specs}
        self._dependents = _dependents(specs)
        self._log_dir = log_dir
        self._save = save
        self._say = say
        self._on_ready = on_ready
        self._watched_parent = watched_parent
        self._phase = "starting"
        self._asked = 0
        self._interrupted = False
        self._reload_asked = False
        self._exit_code = 0
        self._saved: object = None
        self._told: dict[str, str] = {}
        self._rotated_at = 0.0
        self._wake_read, self._wake_write = socket.socketpair()

    def run(self) -> int:
        """Supervise until the end.

        Returns:
            0 after an orderly stop, 1 when something could not be brought up; with a COMMAND unit,
            its exit code.
        """
        # Orphans of our children become ours, so that none escapes.
        privileges.prctl(privileges.PR_SET_CHILD_SUBREAPER, 1)
        with self._signals():
            while True:
                self._reap()
                self._start_what_may()
                for unit in self._units.values():
                    unit.advance()
                self._judge()
                changed = self._report()
                if self._phase == "stopping" and self._stop_in_order():
                    break
                if not changed:
                    self._wait()
        self._phase = "down"
        self._report()
        return self._exit_code

    # --- the steps of the loop

    def _reap(self) -> None:
        """Collect ended processes; their groups are killed while the number still belongs to them."""
        children = {child.pid: (unit, child) for unit in self._units.values() for child in unit.children()}
        while True:
            try:
                seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if seen is None:
                return
            known = children.get(seen.si_pid)
            if known is not None and not known[1].foreground:
                procfs.send_group(seen.si_pid, signal.SIGKILL)
            _, status = os.waitpid(seen.si_pid, 0)
            if known is not None:
                unit, child = known
                unit.ended(child, os.waitstatus_to_exitcode(status))

    def _start_what_may(self) -> None:
        if self._phase == "stopping":
            return
        if self._reload_asked:
            self._reload_asked = False
            self._say("reloading")
            for unit in self._units.values():
                unit.reload()
        for unit in self._units.values():
            if unit.state == WAITING and all(self._units[name].settled for name in unit.spec.after):
                unit.start()

    def _judge(self) -> None:
        """Decide whether everything is up, or something never will be."""
        if self._asked and self._phase != "stopping":
            self._phase = "stopping"
            self._say("stopping")
        if self._watched_parent is not None and os.getppid() != self._watched_parent and self._phase != "stopping":
            self._phase = "stopping"
            self._say("stopping: the process that started this one has ended")
        if self._phase == "stopping":
            return
        command = self._units.get(COMMAND)
        if command is not None and command.state in (DONE, FAILED):
            self._exit_code = command.exit_code
            self._phase = "stopping"
            return
        awaited = [unit for unit in self._units.values() if not unit.spec.background]
        failed = [unit for unit in awaited if unit.state == FAILED]
        if failed and self._phase == "starting":
            for unit in failed:
                self._say(f"{unit.spec.name} cannot be brought up ({unit.last_exit}); the end of its log:")
                for line in logs.tail(self._log_dir / f"{unit.spec.name}.log", lines=15):
                    self._say(f"    {line}")
            self._exit_code = 1
            self._phase = "stopping"
        elif self._phase == "starting" and all(unit.settled for unit in awaited):
            self._phase = "up"
            self._report()
            self._on_ready()

    def _stop_in_order(self) -> bool:
        """Ask every unit to stop that nothing running depends on. Says whether all have."""
        for name, unit in self._units.items():
            if all(self._units[other].over for other in self._dependents[name]):
                unit.ask_to_stop(at_once=self._asked > 1)
        return all(unit.over for unit in self._units.values())

    def _report(self) -> bool:
        """Tell and save what has changed; says whether anything has."""
        for name, unit in self._units.items():
            if self._told.get(name) != unit.state:
                self._tell(name, unit)
                self._told[name] = unit.state
        processes = [unit.report() for unit in self._units.values()]
        changed = (processes, self._phase) != self._saved
        if changed:
            self._save(processes, self._phase)
            self._saved = (processes, self._phase)
        return changed

    def _tell(self, name: str, unit: Unit) -> None:
        took = f" after {unit.took_s:.1f} s" if unit.took_s is not None else ""
        if unit.state == READY:
            self._say(f"{name} is ready{took}")
        elif unit.state == DONE and unit.took_s is not None:
            self._say(f"{name} is done{took}")
        elif unit.state == BACKING_OFF:
            self._say(f"{name} ended ({unit.last_exit}); restart {unit.restarts} in {unit.due_in_s() or 0:.1f} s")
        elif unit.state == FAILED and unit.spec.background:
            self._say(f"{name} has failed ({unit.last_exit}); its log says why")
        elif unit.state == STOPPED:
            self._say(f"{name} has stopped")

    def _wait(self) -> None:
        busy = any(unit.busy for unit in self._units.values()) or self._phase == "stopping"
        due = [due for unit in self._units.values() if (due := unit.due_in_s()) is not None]
        timeout_s = min([WHILE_BUSY_S if busy else WHILE_CALM_S, *due])
        ready, _, _ = select.select([self._wake_read], [], [], timeout_s)
        if ready:
            self._wake_read.recv(4096)
        now = time.monotonic()
        if now - self._rotated_at > 5.0:
            self._rotated_at = now
            logs.rotate(self._log_dir)

    # --- signals

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Wake the loop on a signal; the handlers themselves only count."""
        self._wake_write.setblocking(False)
        self._wake_read.setblocking(False)
        handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]] = {
            signal.SIGTERM: self._on_stop,
            signal.SIGINT: self._on_stop,
            signal.SIGHUP: self._on_reload,
            signal.SIGCHLD: self._on_child,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        wakeup = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_stop(self, number: int, _: object) -> None:
        """The first time stop in good order, the second time at once."""
        command = self._units.get(COMMAND)
        if number == signal.SIGINT and not self._interrupted and command is not None and command.children():
            # It sits at the same terminal and was interrupted too; its end is ours.
            self._interrupted = True
            return
        self._asked += 1

    def _on_child(self, *_: object) -> None:
        """Waking the loop is all there is to do."""

    def _on_reload(self, *_: object) -> None:
        self._reload_asked = True


def _dependents(specs: Sequence[Spec]) -> dict[str, set[str]]:
    """By name, every unit that needs it, whether itself or through others: a finished task passes the need on."""
    dependents: dict[str, set[str]] = {spec.name: set() for spec in specs}
    for spec in reversed(specs):
        for name in spec.after:
            dependents[name] |= {spec.name} | dependents[spec.name]
    return dependents
