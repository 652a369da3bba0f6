"""Counting what somebody does in a window: in the cache for all processes, in this one alone while the cache is away.

Not by DRF's throttles: those keep a list of moments per caller, which two requests at once overwrite for each other;
they know neither amounts nor sockets, and need the cache.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import redis
from django.core.cache import cache

from core.errors import TooManyTries, TooMuch

# A cache that hangs is asked again after this long: waiting for it would cost every caller half a second.
CACHE_PAUSE_S = 2.0


@dataclass(frozen=True)
class Limit:
    """At most `most` of a kind by one subject within `window_s`."""

    kind: str
    most: int
    window_s: int


Counts = Sequence[tuple[Limit, str]]


def take_tries(tries: Counts) -> None:
    """Count one try by each subject before it is made, so that those made at the same moment see each other.

    Raises:
        TooManyTries: a subject has used up its tries; nothing is counted.
    """
    passed = _first_passed(tries, amount=1)
    if passed is not None:
        raise TooManyTries(
            f"Too many tries. Wait {passed.window_s // 60} minutes, or ask an admin.", retry_after_s=passed.window_s
        )


def give_back_tries(tries: Counts) -> None:
    """Forget tries that were taken: they succeeded, or were not made."""
    _give_back(tries, amount=1)


def spend(counts: Counts, *, amount: int, what: str, now: datetime) -> None:
    """Count `amount` against the present window of each subject. Windows follow one another on the clock.

    Args:
        what: the word for what is counted, for whoever is refused.

    Raises:
        TooMuch: this is more than is left to a subject until its next window; nothing is counted.
    """
    of_windows = [(limit, f"{subject} {int(now.timestamp() // limit.window_s)}") for limit, subject in counts]
    passed = _first_passed(of_windows, amount=amount)
    if passed is not None:
        wait_s = passed.window_s - int(now.timestamp() % passed.window_s)
        raise TooMuch(
            f"More than {passed.most:,} {what} within {passed.window_s} s. Nothing was stored; send this again in"
            f" {wait_s} s.",
            retry_after_s=wait_s,
        )


def forget_counts() -> None:
    """Forget what this process has counted by itself, and that the cache was away; for tests."""
    _local.clear()
    _shared.ask_again()


def _first_passed(counts: Counts, *, amount: int) -> Limit | None:
    """Count `amount` for each subject; the first limit that this passes, with nothing counted, or None."""
    for index, (limit, subject) in enumerate(counts):
        if _counted(limit, subject, amount) > limit.most:
            _give_back(counts[: index + 1], amount=amount)
            return limit
    return None


def _give_back(counts: Counts, *, amount: int) -> None:
    for limit, subject in counts:
        key = _key(limit, subject)
        _local.take_off(key, amount)
        with contextlib.suppress(ValueError):
            _shared.ask(partial(cache.decr, key, amount))


def _counted(limit: Limit, subject: str, amount: int) -> int:
    """Count that many more; returns how many there are now."""
    key = _key(limit, subject)
    here = _local.add(key, amount, window_s=limit.window_s)
    try:
        everywhere = _shared.ask(partial(_added, key, amount, window_s=limit.window_s))
    except ValueError:
        # The window ended between two questions.
        return here
    return here if everywhere is None else everywhere


def _added(key: str, amount: int, *, window_s: int) -> int:
    try:
        return int(cache.incr(key, amount))
    except ValueError:
        cache.add(key, 0, timeout=window_s)
        return int(cache.incr(key, amount))


def _key(limit: Limit, subject: str) -> str:
    return f"tries:{limit.kind}:{hashlib.sha256(subject.encode('utf-8', 'replace')).hexdigest()[:32]}"


class _Shared:
    """The cache while it answers."""

    def __init__(self) -> None:
        self._asked_again_s = 0.0

    def ask(self, question: Callable[[], int]) -> int | None:
        """The cache's answer; None while it is away."""
        if time.monotonic() < self._asked_again_s:
            return None
        try:
            return question()
        except redis.RedisError:
            self._asked_again_s = time.monotonic() + CACHE_PAUSE_S
            return None

    def ask_again(self) -> None:
        self._asked_again_s = 0.0


class _Tally:
    """Counts of this process, each until its window ends. Bounded: when it is full, the oldest half is forgotten."""

    LIMIT = 10_000

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def add(self, key: str, amount: int, *, window_s: int) -> int:
        """Count that many more; returns how many there are now."""
        now_s = time.monotonic()
        with self._lock:
            ends_s, count = self._until.get(key, (0.0, 0))
            if ends_s <= now_s:
                ends_s, count = now_s + window_s, 0
                self._make_room()
            self._until[key] = (ends_s, count + amount)
            return count + amount

    def take_off(self, key: str, amount: int) -> None:
        with self._lock:
            if key in self._until:
                ends_s, count = self._until[key]
                self._until[key] = (ends_s, max(0, count - amount))

    def clear(self) -> None:
        with self._lock:
            self._until.clear()

    def _make_room(self) -> None:
        if len(self._until) >= self.LIMIT:
            for old in list(self._until)[: self.LIMIT // 2]:
                del self._until[old]


_local = _Tally()
_shared = _Shared()
