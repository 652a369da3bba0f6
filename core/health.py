"""What works, asked with short deadlines. A part that hangs costs its deadline once, and is down until it answers."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import close_old_connections, connection

from core.clock import now
from serving import over_http
from serving.control import TritonControl

logger = structlog.get_logger(__name__)


class State(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


FRESH_FOR_S = 1.0
DISK_RESERVE_BYTES = 64 * 2**20
NEEDED = frozenset({"postgres", "storage"})
"""Without these no work can be accepted. Without the others it is accepted and waits."""


@dataclass(frozen=True)
class Component:
    """One part as it was seen last.

    Attributes:
        since: when its state became what it is, as far as this process knows.
        latency_ms: how long it took to answer.
    """

    name: str
    state: State
    detail: str = ""
    since: datetime | None = None
    latency_ms: float | None = None


class Fault(Exception):
    """A part answers, but not as it should; the text is for people."""


class Probe:
    """Asks one part, on a thread of its own, and remembers the answer for a moment. Safe for many threads.

    Args:
        ask: returns when the part works; its text is shown. Raises whatever it likes when it does not.
        deadline_s: no answer by then means down.
    """

    def __init__(self, name: str, ask: Callable[[], str], *, deadline_s: float) -> None:
        self.name = name
        self._ask = ask
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"probe-{name}")
        self._running: Future[Component] | None = None
        self._started_s = 0.0
        self._last = Component(name=name, state=State.UNKNOWN)
        self._last_s = float("-inf")

    def start(self) -> None:
        """Ask, unless an answer is fresh or on its way."""
        with self._lock:
            if time.monotonic() - self._last_s < FRESH_FOR_S or self._running is not None:
                return
            self._started_s = time.monotonic()
            self._running = self._thread.submit(self._asked)

    def answer(self) -> Component:
        """The part's state; waits until the deadline of what was started."""
        with self._lock:
            running = self._running
        if running is None:
            return self._last
        left_s = max(0.0, self._started_s + self._deadline_s - time.monotonic())
        try:
            seen = running.result(timeout=left_s)
        except TookTooLong:
            seen = Component(name=self.name, state=State.DOWN, detail=f"No answer within {self._deadline_s:g} s.")
            return self._noted(seen, is_over=False)
        return self._noted(seen, is_over=True)

    def _noted(self, seen: Component, *, is_over: bool) -> Component:
        with self._lock:
            since = self._last.since if seen.state == self._last.state else now()
            self._last = replace(seen, since=since)
            if is_over:
                self._running, self._last_s = None, time.monotonic()
            return self._last

    def _asked(self) -> Component:
        began_s = time.perf_counter()
        try:
            detail, state = self._ask(), State.OK
        except Fault as fault:
            detail, state = str(fault), State.DOWN
        except Exception as fault:
            logger.info("probe_failed", component=self.name, error=type(fault).__name__)
            detail, state = "It does not answer.", State.DOWN
        latency_ms = round((time.perf_counter() - began_s) * 1000, 1)
        return Component(name=self.name, state=state, detail=detail, latency_ms=latency_ms)


@lru_cache(maxsize=1)
def probes() -> tuple[Probe, ...]:
    """The parts every process depends on."""
    return (
        Probe("postgres", _ask_postgres, deadline_s=1.5),
        Probe("redis", _ask_redis, deadline_s=1.0),
        Probe("storage", _ask_storage, deadline_s=2.0),
        Probe("triton", _ask_triton, deadline_s=1.5),
    )


def components() -> list[Component]:
    """Every part's state, asked at the same time; takes as long as the slowest deadline at most."""
    asked = probes()
    for probe in asked:
        probe.start()
    return [probe.answer() for probe in asked]


def readiness(seen: list[Component]) -> State:
    """Whether work can be accepted (ok, degraded) or not (down)."""
    down = {component.name for component in seen if component.state == State.DOWN}
    if down & NEEDED:
        return State.DOWN
    is_troubled = any(component.state in (State.DOWN, State.DEGRADED) for component in seen)
    return State.DEGRADED if is_troubled else State.OK


def _ask_postgres() -> str:
    close_old_connections()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), pg_is_in_recovery()")
            version, is_read_only = cursor.fetchone()
    finally:
        connection.close()
    if is_read_only:
        raise Fault("It only reads: it is a standby.")
    return f"PostgreSQL {version.split()[0]}"


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.4, socket_timeout=0.6)


def _ask_redis() -> str:
    version = _redis().info("server")["redis_version"]
    return f"Redis {version}"


def _ask_storage() -> str:
    if not isinstance(default_storage, FileSystemStorage):
        default_storage.exists("health/probe")
        return "object storage"
    folder = default_storage.location
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as file:
            file.write(b"waferdeck")
            file.flush()
    except FileNotFoundError:
        # Nothing has been stored yet; the first image makes the folder.
        default_storage.exists("probe")
        return "folder, still empty"
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < DISK_RESERVE_BYTES:
        raise Fault(f"The disk is full: {free_bytes // 2**20} MiB are left.")
    return f"folder, {free_bytes / 2**30:.1f} GiB free"


@lru_cache(maxsize=1)
def _triton() -> TritonControl:
    return TritonControl(grpc_url=settings.TRITON_GRPC_URL)


def _ask_triton() -> str:
    if not _triton().is_ready(deadline_s=1.0):
        if over_http.is_live(settings.TRITON_HTTP_URL, deadline_s=0.3):
            raise Fault("It answers over HTTP, but takes no work over gRPC; runs wait.")
        raise Fault("It does not answer; runs wait.")
    return f"Triton {_triton().server_metadata(deadline_s=1.0).version}"
