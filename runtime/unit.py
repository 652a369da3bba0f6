"""A thing to keep running, or to run once: how it is started, when it counts as ready, how it is stopped."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from runtime import process, procfs
from runtime.state import ProcessState

WAITING, STARTING, READY, BACKING_OFF, STOPPING, STOPPED, DONE, FAILED = (
    "waiting", "starting", "ready", "backing off", "stopping", "stopped", "done", "failed",
)  # fmt: skip

SERVICE, TASK = "service", "task"

FIRST_BACKOFF_S = 0.25
LONGEST_BACKOFF_S = 15.0
# Having run this long, the next death is a new story, not the continuation of the last.
CALM_AFTER_S = 60.0


@dataclass(frozen=True)
class Spec:
    """What is fixed about a unit.

    Attributes:
        command: makes the command; called before every start, so that it sees what has changed.
        after: names of the units that must be ready before this one starts; it stops before they do.
        kind: SERVICE is kept running, TASK runs once to a good end.
        probe: whether it can work; asked often while it starts.
        needed: whether the task has to run at all.
        prepare: what must be in order before the start (stale files removed, folders made).
        finish: what to do after the task's good end.
        stop: signals to ask with and how long to wait after each; then the whole group is killed.
        overlaps: on reload the new one is started before the old one is stopped.
        background: nobody waits for it, and its failure is nobody else's.
        tries: how often it may die before it was ready for the first time.
    """

    name: str
    command: Callable[[], process.Command]
    after: tuple[str, ...] = ()
    kind: str = SERVICE
    ports: Mapping[str, int] = field(default_factory=dict)
    address: str = ""
    probe: Callable[[], bool] = lambda: True
    needed: Callable[[], bool] = lambda: True
    prepare: Callable[[], None] = lambda: None
    finish: Callable[[], None] = lambda: None
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    overlaps: bool = False
    reloads: bool = False
    background: bool = False
    ready_within_s: float = 60.0
    tries: int = 5


class Ending:
    """A process on its way out: asked ever less politely, then killed with its group."""

    def __init__(self, child: process.Child, steps: tuple[tuple[signal.Signals, float], ...]) -> None:
        self.child = child
        self._steps = list(steps)
        self._next_at = 0.0

    def advance(self, now: float) -> None:
        if now < self._next_at:
            return
        if self._steps:
            number, grace_s = self._steps.pop(0)
            self.child.signal(number)
        else:
            self.child.kill()
            grace_s = 5.0
        self._next_at = now + grace_s

    def hurry(self) -> None:
        self._steps, self._next_at = [], 0.0


class Unit:
    """The life of one Spec: its current process, its successor during a reload, and older ones finishing their work."""

    def __init__(self, spec: Spec, *, mark: str, log_path: Path) -> None:
        self.spec = spec
        self.state = WAITING
        self.since = datetime.now(tz=UTC)
        self.restarts = 0
        self.last_exit = ""
        self.exit_code = 1
        self.took_s: float | None = None
        self._child: process.Child | None = None
        self._successor: process.Child | None = None
        self._endings: list[Ending] = []
        self._mark = f"{mark}/{spec.name}/"
        self._log_path = log_path
        self._deaths = 0
        self._was_ready = False
        self._late = False
        self._reload_again = False
        self._state_since = time.monotonic()
        self._began = 0.0
        self._start_at = 0.0

    # --- questions

    @property
    def settled(self) -> bool:
        """Ready, or done and not needed any more."""
        return self.state in (READY, DONE)

    @property
    def over(self) -> bool:
        """Nothing of it runs."""
        return not self.children() and self.state not in (STARTING, STOPPING)

    @property
    def busy(self) -> bool:
        """It has to be looked at often. (The end of a process wakes us by itself.)"""
        asked_often = self.state == STARTING and self.spec.kind == SERVICE
        return asked_often or self.state == STOPPING or bool(self._endings) or self._successor is not None

    def due_in_s(self) -> float | None:
        """Seconds until the next start is due, if one is."""
        return max(0.0, self._start_at - time.monotonic()) if self.state == BACKING_OFF else None

    def children(self) -> list[process.Child]:
        """Every process of this unit that is running."""
        everyone = [self._child, self._successor, *(ending.child for ending in self._endings)]
        return list({child.pid: child for child in everyone if child is not None and child.running}.values())

    def report(self) -> ProcessState:
        child = self._child if self._child is not None and self._child.running else None
        return ProcessState(
            name=self.spec.name,
            kind=self.spec.kind,
            state=self.state,
            pid=child.pid if child else 0,
            started=child.started if child else 0,
            ports=dict(self.spec.ports),
            address=self.spec.address,
            restarts=self.restarts,
            since=self.since.isoformat(timespec="milliseconds"),
            last_exit=self.last_exit,
        )

    # --- life

    def start(self) -> None:
        """Start it, or note that it is not needed."""
        if not self.spec.needed():
            self._enter(DONE)
            return
        self._began = self._began or time.monotonic()
        self._late = False
        self._enter(STARTING)
        try:
            self.spec.prepare()
            self._child = self._spawn()
        except OSError as fault:
            self._child = None
            self._died(f"cannot start: {fault}")

    def advance(self) -> None:
        """Do what the passing of time asks for."""
        now = time.monotonic()
        if self.state == STARTING and self.spec.kind == SERVICE:
            self._try_ready(now)
        elif self.state == BACKING_OFF and now >= self._start_at:
            self.start()
        if self._successor is not None and self._successor.said_ready():
            self._end(self._child)
            self._child, self._successor = self._successor, None
            self._enter(READY)
        if self._reload_again and self._successor is None:
            self.reload()
        for ending in self._endings:
            ending.advance(now)

    def ask_to_stop(self, *, at_once: bool = False) -> None:
        """Begin to stop it; the later steps follow with time."""
        if self.state not in (STOPPING, STOPPED, DONE, FAILED):
            self._end(self._successor)
            self._end(self._child)
            self._enter(STOPPING if self.children() else STOPPED)
        if at_once:
            for ending in self._endings:
                ending.hurry()

    def reload(self) -> None:
        """Replace the process by one that runs the present code, before the old one stops if the two may overlap."""
        if self.state != READY or not self.spec.reloads:
            return
        # The code may have changed again since the successor read it.
        self._reload_again = self._successor is not None
        if self._reload_again:
            return
        if self.spec.overlaps:
            self._successor = self._spawn()
        else:
            self._end(self._child)

    def ended(self, child: process.Child, exit_code: int) -> None:
        """One of its processes has ended and was reaped."""
        child.reaped(exit_code)
        self.exit_code = exit_code if exit_code >= 0 else 128 - exit_code
        how = process.describe_exit(exit_code)
        asked = any(ending.child is child for ending in self._endings)
        self._endings = [ending for ending in self._endings if ending.child is not child]
        self._leave_nothing()
        if self.state == STOPPING:
            self.last_exit = how
            if not self.children():
                self._enter(STOPPED)
        elif child is self._successor:
            # The present code does not start: the old process goes on.
            self._successor = None
            self.last_exit = f"reload failed: {how}"
        elif child is not self._child:
            return
        elif asked:
            self.start()
        elif self.spec.kind == TASK and exit_code == 0:
            self.spec.finish()
            self.took_s = time.monotonic() - self._began
            self._enter(DONE)
        else:
            self._died(f"not ready within {self.spec.ready_within_s:g} s" if self._late else how)

    # --- details

    def _enter(self, state: str) -> None:
        self.state = state
        self.since = datetime.now(tz=UTC)
        self._state_since = time.monotonic()

    def _spawn(self) -> process.Child:
        return process.spawn(self.spec.command(), mark=self._mark, log_path=self._log_path)

    def _end(self, child: process.Child | None) -> None:
        if child is not None and child.running and all(ending.child is not child for ending in self._endings):
            self._endings.append(Ending(child, self.spec.stop))

    def _try_ready(self, now: float) -> None:
        if self._child is None or not self._child.running:
            return
        if self._child.said_ready() and self.spec.probe():
            self.took_s = now - self._began
            self._began = 0.0
            self._was_ready = True
            self._enter(READY)
        elif now - self._state_since > self.spec.ready_within_s:
            self._late = True
            self._child.kill()

    def _died(self, how: str) -> None:
        if time.monotonic() - self._state_since > CALM_AFTER_S:
            self._deaths = 0
        self._deaths += 1
        self.last_exit = how
        if self.spec.kind == TASK or (not self._was_ready and self._deaths >= self.spec.tries):
            self._enter(FAILED)
            return
        self.restarts += 1
        self._start_at = time.monotonic() + min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (self._deaths - 1))
        self._enter(BACKING_OFF)

    def _leave_nothing(self) -> None:
        """Kill what an ended process has started and left behind, in whatever group or session."""
        alive = {child.pid for child in self.children()}
        for pid in procfs.marked(self._mark):
            if not alive.intersection(procfs.ancestry(pid)):
                procfs.send(pid, signal.SIGKILL)
