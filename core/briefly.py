"""Remembering an answer for a moment, in this process: for rows that change rarely and are asked for often."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Briefly(Generic[Value]):
    """Values by key, each forgotten `ttl_s` after it was read. Bounded; safe for many threads."""

    def __init__(self, *, ttl_s: float, limit: int = 1024) -> None:
        self._ttl_s = ttl_s
        self._limit = limit
        self._kept: dict[Hashable, tuple[float, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The remembered value of `key`, else what `read` gives. An error is not remembered."""
        found = self._kept.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        value = read()
        with self._lock:
            if len(self._kept) >= self._limit:
                self._kept.clear()
            self._kept[key] = (time.monotonic() + self._ttl_s, value)
        return value

    def remembered(self, key: Hashable) -> Value | None:
        """The remembered value of `key`, or None; reads nothing."""
        found = self._kept.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
