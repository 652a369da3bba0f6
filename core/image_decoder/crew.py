"""Keeping decoder processes: starting, lending, replacing."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from core.image_decoder.errors import DecoderBusy, DecoderUnavailable
from core.image_decoder.process import DecoderProcess

_START = "start"
_END = "end"


class _Waiter:
    """A thread in line for a process."""

    def __init__(self) -> None:
        self.served = threading.Event()
        self.process: DecoderProcess | None = None
        self.failure: str | None = None


class Crew:
    """Processes for many threads, first come first served.

    One thread of its own starts all processes: the system kills a process when the very thread that started it
    ends, and threads of a web server come and go.

    Args:
        start: makes a process; runs in the starting thread.
        size: processes at most.
        max_waiting: threads in line at most, those a process is being started for not counted.
        tasks_per_process: a process is replaced after so many tasks.
    """

    def __init__(
        self, *, start: Callable[[], DecoderProcess], size: int, max_waiting: int, tasks_per_process: int
    ) -> None:
        self._start = start
        self._size = size
        self._max_waiting = max_waiting
        self._tasks_per_process = tasks_per_process
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._line: deque[_Waiter] = deque()
        self._starting = 0
        self._orders: queue.SimpleQueue[str] | None = None
        self._isolation: dict[str, Any] = {}
        self._started_in_all = 0
        self._lost_in_all = 0
        self._failure = ""

    def lend(self, *, timeout_s: float) -> DecoderProcess:
        """A process for this thread alone, until `take_back` or `discard`.

        Raises:
            DecoderBusy: the line is full, or nothing became free in time.
            DecoderUnavailable: no process can be started.
        """
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.alive():
                    return process
                self._all.discard(process)
                self._lost_in_all += 1
                process.stop()
            self._order_one_more(wanted=len(self._line) + 1)
            if len(self._line) >= self._max_waiting + self._starting:
                raise DecoderBusy(f"{len(self._line)} images wait for a decoder already")
            waiter = _Waiter()
            self._line.append(waiter)
        served = False
        try:
            served = waiter.served.wait(timeout_s)
        finally:
            if not served:
                self._leave_line(waiter)
        if waiter.failure is not None:
            raise DecoderUnavailable(waiter.failure)
        if waiter.process is None:
            raise DecoderBusy(f"no decoder became free in {timeout_s:g} s")
        return waiter.process

    def take_back(self, process: DecoderProcess) -> None:
        """A process that finished its task."""
        if process.tasks_done >= self._tasks_per_process:
            self._replace(process)
            return
        with self._lock:
            if process in self._all:
                self._hand_over(process)
                return
        process.stop()

    def discard(self, process: DecoderProcess) -> None:
        """A process that died, hung or is in the middle of something nobody waits for any more."""
        with self._lock:
            self._lost_in_all += 1
        self._replace(process)

    def close(self) -> None:
        """End every process. A later `lend` starts new ones."""
        with self._lock:
            processes = list(self._all)
            self._all.clear()
            self._idle.clear()
            if self._orders is not None:
                self._orders.put(_END)
            self._orders = None
            self._starting = 0
            for waiter in self._line:
                waiter.failure = "the decoder was closed"
                waiter.served.set()
            self._line.clear()
        for process in processes:
            process.stop()

    def abandon(self) -> None:
        """Let go of everything after a fork: processes, threads and locks are the parent's."""
        for process in self._all:
            process.abandon()

    def status(self) -> dict[str, Any]:
        """Counts, why the last process did not start where it did not, and how the processes are shut in."""
        with self._lock:
            return {
                "workers": self._size,
                "running": len(self._all),
                "idle": len(self._idle),
                "starting": self._starting,
                "waiting": len(self._line),
                "max_waiting": self._max_waiting,
                "started": self._started_in_all,
                "lost": self._lost_in_all,
                "failure": self._failure,
                "isolation": dict(self._isolation),
                "pids": sorted(process.pid for process in self._all),
            }

    def _replace(self, process: DecoderProcess) -> None:
        with self._lock:
            self._all.discard(process)
            if self._line:
                self._order_one_more(wanted=len(self._line))
        process.stop()

    def _order_one_more(self, *, wanted: int) -> None:
        """Have a process started if more are wanted than are coming. Holds the lock."""
        if self._starting >= wanted or len(self._all) + self._starting >= self._size:
            return
        if self._orders is None:
            self._orders = queue.SimpleQueue()
            threading.Thread(target=self._starter, args=(self._orders,), name="image-decoder", daemon=True).start()
        self._starting += 1
        self._orders.put(_START)

    def _starter(self, orders: queue.SimpleQueue[str]) -> None:
        while orders.get() == _START:
            failure, process = "", None
            try:
                process = self._start()
            except (DecoderUnavailable, OSError) as error:
                failure = str(error)
            with self._lock:
                current = self._orders is orders
                if current:
                    self._starting -= 1
                    self._arrived(process, failure)
            if process is not None and not current:
                process.stop()

    def _arrived(self, process: DecoderProcess | None, failure: str) -> None:
        """A process started, or could not be. Holds the lock."""
        self._failure = failure
        if process is not None:
            self._started_in_all += 1
            self._isolation = process.isolation
            self._all.add(process)
            self._hand_over(process)
        elif not self._all:
            for waiter in self._line:
                waiter.failure = failure
                waiter.served.set()
            self._line.clear()

    def _hand_over(self, process: DecoderProcess) -> None:
        """To the first in line, else to the shelf. Holds the lock."""
        if not self._line:
            self._idle.append(process)
            return
        waiter = self._line.popleft()
        waiter.process = process
        waiter.served.set()

    def _leave_line(self, waiter: _Waiter) -> None:
        """Give up waiting; a process that was handed over at the last moment is used or passed on."""
        with self._lock:
            if waiter in self._line:
                self._line.remove(waiter)
