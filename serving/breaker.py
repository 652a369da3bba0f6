"""Circuit breaker of one Triton server and model: stops asking a server that does not answer, notices when it does.

Opens after five failures in a row, or when at least half of at least twenty calls in ten seconds failed. While open,
every call is refused at once but one probe per five seconds; the first probe that succeeds closes it. The state may be
shared by all processes (`breaker_redis`); a process that cannot reach the shared state goes on with its own.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from serving.deadline import Clock
from serving.errors import CircuitOpen


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True)
class BreakerPolicy:
    """When to open, and how often to look again."""

    consecutive_failures: int = 5
    window_s: int = 10
    window_calls: int = 20
    window_failed_share: float = 0.5
    probe_every_s: float = 5.0


@dataclass(frozen=True)
class BreakerSnapshot:
    """The state of a breaker at one moment.

    Attributes:
        consecutive: failures in a row.
        calls, failures: within the window.
        open_for_s: since it opened; 0 when closed.
        probe_in_s: until the next probe may go; 0 when closed or due.
        reason: the failure that opened it.
        shared: whether other processes see the same state.
        probe_granted: this caller is the one who may probe now.
    """

    state: BreakerState
    consecutive: int = 0
    calls: int = 0
    failures: int = 0
    open_for_s: float = 0.0
    probe_in_s: float = 0.0
    reason: str = ""
    shared: bool = False
    probe_granted: bool = False


@dataclass(frozen=True)
class Report:
    """What one process has to say since it last spoke: successes come before failures in time."""

    successes: int = 0
    failures: int = 0
    reason: str = ""
    probe_succeeded: bool = False
    want_probe: bool = False


class StoreAway(Exception):
    """The shared state cannot be reached."""


class BreakerStore(Protocol):
    """Where a breaker's state lives. `exchange` is atomic: it takes in a report and answers with the state after it."""

    def exchange(self, report: Report) -> BreakerSnapshot:
        """Raises StoreAway when the state cannot be reached."""


class LocalStore:
    """State of this process alone."""

    def __init__(self, *, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._events: deque[tuple[float, int, int]] = deque()
        self._consecutive = 0
        self._opened_at: float | None = None
        self._probe_at = 0.0
        self._reason = ""

    def adopt(self, known: BreakerSnapshot) -> None:
        """Go on from the last state that was shared."""
        with self._lock:
            now = self._clock()
            self._events.clear()
            self._consecutive = known.consecutive
            self._opened_at = now - known.open_for_s if known.state is BreakerState.OPEN else None
            self._probe_at = now + known.probe_in_s
            self._reason = known.reason

    def exchange(self, report: Report) -> BreakerSnapshot:
        with self._lock:
            now = self._clock()
            self._forget_before(now - self._policy.window_s)
            if self._opened_at is not None and report.probe_succeeded:
                self._opened_at, self._consecutive = None, 0
                self._events.clear()
            self._take_in(report, now)
            granted = False
            if self._opened_at is None:
                self._open_if_due(report, now)
            elif report.want_probe and now >= self._probe_at:
                granted = True
                self._probe_at = now + self._policy.probe_every_s
            return self._snapshot(now, granted=granted)

    def _forget_before(self, horizon: float) -> None:
        while self._events and self._events[0][0] <= horizon:
            self._events.popleft()

    def _take_in(self, report: Report, now: float) -> None:
        if report.successes or report.failures:
            self._events.append((now, report.successes, report.failures))
        if report.successes:
            self._consecutive = 0
        self._consecutive += report.failures

    def _open_if_due(self, report: Report, now: float) -> None:
        calls, failures = self._totals()
        often = calls >= self._policy.window_calls and failures >= calls * self._policy.window_failed_share
        if report.failures and (self._consecutive >= self._policy.consecutive_failures or often):
            self._opened_at = now
            self._probe_at = now + self._policy.probe_every_s
            self._reason = report.reason

    def _totals(self) -> tuple[int, int]:
        failures = sum(event[2] for event in self._events)
        return failures + sum(event[1] for event in self._events), failures

    def _snapshot(self, now: float, *, granted: bool) -> BreakerSnapshot:
        calls, failures = self._totals()
        opened_at = self._opened_at
        is_open = opened_at is not None
        return BreakerSnapshot(
            state=BreakerState.OPEN if is_open else BreakerState.CLOSED,
            consecutive=self._consecutive,
            calls=calls,
            failures=failures,
            open_for_s=now - opened_at if opened_at is not None else 0.0,
            probe_in_s=max(0.0, self._probe_at - now) if is_open else 0.0,
            reason=self._reason if is_open else "",
            probe_granted=granted,
        )


@dataclass
class Permit:
    """Leave to make one call; say afterwards how it went, once."""

    breaker: "Breaker"
    is_probe: bool

    def succeeded(self) -> None:
        """The server answered."""
        self.breaker._report(Report(successes=1, probe_succeeded=self.is_probe), at_once=self.is_probe)

    def failed(self, reason: str) -> None:
        """The server did not answer, or broke while doing so."""
        self.breaker._report(Report(failures=1, reason=reason), at_once=True)


class Breaker:
    """One breaker as the processes' threads use it. Thread safe.

    While closed and quiet it speaks to the shared store at most every `refresh_s`; failures are told at once.
    """

    def __init__(
        self,
        *,
        policy: BreakerPolicy,
        clock: Clock,
        shared: BreakerStore | None = None,
        refresh_s: float = 0.25,
        shared_again_after_s: float = 5.0,
    ) -> None:
        self._clock = clock
        self._shared = shared
        self._local = LocalStore(policy=policy, clock=clock)
        self._refresh_s = refresh_s
        self._shared_again_after_s = shared_again_after_s
        self._shared_from = float("-inf")
        self._lock = threading.Lock()
        self._unsaid = 0
        self._seen = BreakerSnapshot(state=BreakerState.CLOSED)
        self._seen_at = float("-inf")

    def permit(self, *, model_name: str = "") -> Permit:
        """Leave to call the server now.

        Raises:
            CircuitOpen: it is open and no probe is due, or somebody else probes.
        """
        with self._lock:
            age_s = self._clock() - self._seen_at
            seen = self._seen
            probe_in_s = seen.probe_in_s - age_s
            quiet = seen.state is BreakerState.CLOSED or probe_in_s > 0
            if not quiet or age_s >= self._refresh_s:
                seen = self._exchange(Report(want_probe=True))
                probe_in_s = seen.probe_in_s
        if seen.state is BreakerState.CLOSED:
            return Permit(self, is_probe=False)
        if seen.probe_granted:
            return Permit(self, is_probe=True)
        raise CircuitOpen(
            f"Triton has failed repeatedly ({seen.reason}); asking again in {max(probe_in_s, 0):.1f} s",
            model_name=model_name,
            retry_after_s=max(probe_in_s, 0.1),
        )

    def snapshot(self) -> BreakerSnapshot:
        """The state as it is now, for people and for the health page."""
        with self._lock:
            return self._exchange(Report())

    def _report(self, report: Report, *, at_once: bool) -> None:
        with self._lock:
            if at_once or self._seen.consecutive:
                self._exchange(report)
            else:
                self._unsaid += report.successes

    def _exchange(self, report: Report) -> BreakerSnapshot:
        """Tell the store, with whatever was held back; the caller holds the lock."""
        report = replace(report, successes=report.successes + self._unsaid)
        self._unsaid = 0
        snapshot = self._exchange_with_shared(report) or self._local.exchange(report)
        # A grant is for this caller only and must not be read again from the memory.
        self._seen, self._seen_at = replace(snapshot, probe_granted=False), self._clock()
        return snapshot

    def _exchange_with_shared(self, report: Report) -> BreakerSnapshot | None:
        if self._shared is None or self._clock() < self._shared_from:
            return None
        try:
            return replace(self._shared.exchange(report), shared=True)
        except StoreAway:
            self._shared_from = self._clock() + self._shared_again_after_s
            if self._seen.shared:
                age_s = self._clock() - self._seen_at
                self._local.adopt(replace(self._seen, probe_in_s=max(0.0, self._seen.probe_in_s - age_s)))
            return None


StoreMaker = Callable[[str, BreakerPolicy], BreakerStore]


class Breakers:
    """The breakers of one Triton server, one per model, made when first asked for."""

    def __init__(
        self, *, server: str, clock: Clock, policy: BreakerPolicy | None = None, shared: StoreMaker | None = None
    ) -> None:
        self._server = server
        self._clock = clock
        self._policy = policy or BreakerPolicy()
        self._make_shared = shared
        self._lock = threading.Lock()
        self._by_model: dict[str, Breaker] = {}

    def of(self, model_name: str) -> Breaker:
        with self._lock:
            if model_name not in self._by_model:
                shared = self._make_shared(f"{self._server}:{model_name}", self._policy) if self._make_shared else None
                self._by_model[model_name] = Breaker(policy=self._policy, clock=self._clock, shared=shared)
            return self._by_model[model_name]
