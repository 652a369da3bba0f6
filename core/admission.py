"""Who may come in: a bounded number at work, a bounded queue before it, and everybody else told at once to come back.

Kinds of work have gates of their own, so that a flood of uploads leaves room for pages, and nothing keeps a health
check or a login waiting.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from django.conf import settings

from core.errors import Overloaded

# Of a lane's seats, for what is on its way from one address and nobody's yet: a fourth.
SHARE_OF_A_STRANGER = 4
# From all addresses together: a half, so that whoever has sent everything finds a seat.
SHARE_OF_STRANGERS = 2


class Gate:
    """Room for some at work and some waiting. Belongs to one event loop.

    Args:
        places: how many work at the same time; each has a thread.
        waiting: how many may wait for a place.
        wait_s: how long.
    """

    def __init__(self, name: str, *, places: int, waiting: int, wait_s: float) -> None:
        self.name = name
        self._places = places
        self._seats = places + waiting
        self._wait_s = wait_s
        self._inside = 0
        self._waiting = 0
        self._reading: Counter[str] = Counter()
        self._free = asyncio.Semaphore(places)
        self.threads = ThreadPoolExecutor(max_workers=places, thread_name_prefix=name)

    @property
    def inside(self) -> int:
        """How many work or wait now."""
        return self._inside

    @property
    def waiting(self) -> int:
        """How many wait for a place now."""
        return self._waiting

    @contextlib.contextmanager
    def seat(self) -> Iterator[None]:
        """Count as inside; taken before anything of a request is read.

        Raises:
            Overloaded: everything is taken.
        """
        if self._inside >= self._seats:
            raise self._full()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @contextlib.contextmanager
    def reading(self, address: str) -> Iterator[None]:
        """Count a body on its way, or a socket being opened, whose sender nobody knows: they may not fill the lane.

        Raises:
            Overloaded: this address, or all of them, have their share.
        """
        if self._reading[address] >= max(1, self._seats // SHARE_OF_A_STRANGER):
            raise Overloaded("Too many requests from this address are on their way. Send this again.", retry_after_s=1)
        if self._reading.total() >= max(1, self._seats // SHARE_OF_STRANGERS):
            raise Overloaded("Too many requests are on their way here. Send this again.", retry_after_s=1)
        self._reading[address] += 1
        try:
            yield
        finally:
            self._reading[address] -= 1
            if not self._reading[address]:
                del self._reading[address]

    async def enter(self) -> None:
        """Wait for a place at work, first come, first served; `leave` gives it back.

        Raises:
            Overloaded: none became free in time.
        """
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError as fault:
            raise self._full() from fault
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        self._free.release()

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A seat and then a place, for work that is no request: a frame of a stream. Raises as `seat` and `enter`."""
        with self.seat():
            await self.enter()
            try:
                yield
            finally:
                self.leave()

    def _full(self) -> Overloaded:
        backlog_s = max(1, round(self._inside / (8 * self._places)))
        return Overloaded(
            "There is more to do than fits. Nothing was stored; send this again shortly.",
            retry_after_s=min(30, backlog_s),
        )


@dataclass(frozen=True)
class Lane:
    """Requests of one kind: which they are, and what they may take.

    Attributes:
        prefixes: of their paths; the first lane that fits is theirs.
        suffix: of their paths.
        methods: theirs; empty for all.
        body_max_bytes: larger bodies are refused before they are read, or while they come.
        answer_s: the caller gets an answer by then, even if the work goes on.
        for_members: who is not signed in gets no seat; nothing of such a request is read.
    """

    name: str
    prefixes: tuple[str, ...]
    methods: frozenset[str]
    body_max_bytes: int
    places: int
    waiting: int
    wait_s: float
    answer_s: float = 16.0
    for_members: bool = False
    suffix: str = ""

    def takes(self, *, method: str, path: str) -> bool:
        is_there = path.startswith(self.prefixes) and path.endswith(self.suffix)
        return is_there and (not self.methods or method in self.methods)


FORM_OVERHEAD_BYTES = 2**16
_POST = frozenset({"POST"})


def lanes() -> tuple[Lane, ...]:
    """Every lane. The last one takes whatever is left."""
    wait_s = settings.PREDICT_WAIT_MS / 1000
    upload_bytes = settings.UPLOAD_MAX_BYTES + FORM_OVERHEAD_BYTES
    batch_bytes = settings.BATCH_MAX_BYTES + FORM_OVERHEAD_BYTES
    small_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    inference = "/api/v1/inference/"
    return (
        Lane("health", ("/healthz", "/readyz"), frozenset(), small_bytes, places=2, waiting=64, wait_s=2.0),
        Lane("login", ("/login/", "/api/v1/auth/"), frozenset(), small_bytes, places=2, waiting=64, wait_s=4.0),
        Lane(
            "predict",
            (f"{inference}predict/",),
            _POST,
            upload_bytes,
            places=settings.PREDICT_CONCURRENCY,
            waiting=settings.PREDICT_WAITING,
            wait_s=wait_s,
            answer_s=30.0,
            for_members=True,
        ),
        Lane(
            "batch",
            (f"{inference}batch/",),
            _POST,
            batch_bytes,
            places=2,
            waiting=8,
            wait_s=wait_s,
            answer_s=120.0,
            for_members=True,
        ),
        Lane(
            "imports",
            ("/api/v1/datasets/imports/",),
            _POST,
            settings.IMPORT_MAX_BYTES + FORM_OVERHEAD_BYTES,
            # A large file takes memory and a core for a while: one at a time.
            places=1,
            waiting=4,
            wait_s=30.0,
            answer_s=120.0,
            for_members=True,
        ),
        Lane(
            "models",
            ("/api/v1/models/",),
            _POST,
            settings.MODEL_MAX_BYTES + FORM_OVERHEAD_BYTES,
            places=2,
            waiting=8,
            wait_s=10.0,
            answer_s=60.0,
            for_members=True,
            # Files only: whoever rolls back must not wait behind them.
            suffix="/versions/",
        ),
        Lane(
            "regions",
            ("/api/v1/review/images/",),
            _POST,
            small_bytes,
            # Each takes a core for a moment; a hand that scribbles waits for the answer.
            places=2,
            waiting=8,
            wait_s=2.0,
            answer_s=5.0,
            for_members=True,
        ),
        # No request is theirs: the questions of open sockets to the database.
        Lane("sockets", ("ws:",), frozenset(), 0, places=2, waiting=4000, wait_s=10.0),
        # No request is theirs either: who it is that wants a seat among members.
        Lane("door", ("door:",), frozenset(), 0, places=2, waiting=1000, wait_s=4.0),
        Lane("pages", ("",), frozenset(), small_bytes, places=6, waiting=250, wait_s=4.0),
    )


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Gate]] = WeakKeyDictionary()


def gate(name: str) -> Gate:
    """The gate of a lane in this process: of the running event loop, to be exact, which is one except in tests."""
    loop = asyncio.get_running_loop()
    if loop not in _gates:
        _gates[loop] = {
            lane.name: Gate(lane.name, places=lane.places, waiting=lane.waiting, wait_s=lane.wait_s) for lane in lanes()
        }
    return _gates[loop][name]


def gates() -> list[Gate]:
    """Every gate of this process that somebody has come to."""
    return [one for gates_of_loop in list(_gates.values()) for one in list(gates_of_loop.values())]
