"""Counting tries in a window: in the cache for all processes, in this process alone while the cache is away."""

import contextlib
import hashlib
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from django.core.cache import cache

from core.errors import TooManyTries


@dataclass(frozen=True)
class Limit:
    """At most `tries` of a kind by one subject within `window_s`."""

    kind: str
    tries: int
    window_s: int


Tries = Sequence[tuple[Limit, str]]


def take_tries(tries: Tries) -> None:
    """Count one try by each subject before it is made, so that those made at the same moment see each other.

    Raises:
        TooManyTries: a subject has used up its tries; nothing is counted.
    """
    for index, (limit, subject) in enumerate(tries):
        if _counted(limit, subject) > limit.tries:
            give_back_tries(tries[: index + 1])
            raise TooManyTries(
                f"Too many tries. Wait {limit.window_s // 60} minutes, or ask an admin.", retry_after_s=limit.window_s
            )


def give_back_tries(tries: Tries) -> None:
    """Forget tries that were taken: they succeeded, or were not made."""
    for limit, subject in tries:
        key = _key(limit, subject)
        _local.take_off(key)
        with contextlib.suppress(redis.RedisError, ValueError):
            cache.decr(key)


def forget_tries() -> None:
    """Forget what this process has counted by itself; for tests."""
    _local.clear()


def _counted(limit: Limit, subject: str) -> int:
    """Count one more; returns how many there are now."""
    key = _key(limit, subject)
    _local.add(key, window_s=limit.window_s)
    try:
        cache.add(key, 0, timeout=limit.window_s)
        return int(cache.incr(key))
    except (redis.RedisError, ValueError):
        return _local.count(key, window_s=limit.window_s)


def _key(limit: Limit, subject: str) -> str:
    return f"tries:{limit.kind}:{hashlib.sha256(subject.encode('utf-8', 'replace')).hexdigest()[:32]}"


class _Tally:
    """Tries of this process. Bounded: when it is full, the oldest half is forgotten."""

    LIMIT = 10_000

    def __init__(self) -> None:
        self._at: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def add(self, key: str, *, window_s: int) -> None:
        with self._lock:
            if len(self._at) >= self.LIMIT:
                for old in list(self._at)[: self.LIMIT // 2]:
                    del self._at[old]
            self._at[key].append(time.monotonic())
            self._drop_old(key, window_s)

    def count(self, key: str, *, window_s: int) -> int:
        with self._lock:
            if key not in self._at:
                return 0
            self._drop_old(key, window_s)
            return len(self._at[key])

    def take_off(self, key: str) -> None:
        with self._lock:
            if self._at.get(key):
                self._at[key].pop()

    def clear(self) -> None:
        with self._lock:
            self._at.clear()

    def _drop_old(self, key: str, window_s: int) -> None:
        tries = self._at[key]
        while tries and tries[0] < time.monotonic() - window_s:
            tries.popleft()


_local = _Tally()
