"""Counting what somebody does in a window: in Redis for all processes, in this one alone while Redis is away.

Not by DRF's throttles: those keep a list of moments per caller, which two requests at once overwrite for each other;
they know neither amounts nor sockets, and need the cache. One question counts for an account and its address alike.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings

from core.errors import TooManyTries, TooMuch
from core.redis_client import impatient

# Redis is asked again this long after it gave no answer: waiting for it would cost every caller half a second.
PAUSE_S = 2.0


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
    _moved(tries, by=-1)


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
    """Forget what is counted, here and for all, and that Redis was away; for tests."""
    _here.clear()
    _everywhere.clear()


def _first_passed(counts: Counts, *, amount: int) -> Limit | None:
    """Count `amount` for each subject; the first limit that this passes, with nothing counted, or None."""
    for (limit, _), count in zip(counts, _moved(counts, by=amount), strict=True):
        if count > limit.most:
            _moved(counts, by=-amount)
            return limit
    return None


def _moved(counts: Counts, *, by: int) -> list[int]:
    """Count that many more of each, or fewer; returns how many there are now."""
    windows = [(_key(limit, subject), limit.window_s) for limit, subject in counts]
    here = [_here.moved(key, by=by, window_s=window_s) for key, window_s in windows]
    everywhere = _everywhere.moved(windows, by=by)
    return here if everywhere is None else everywhere


def _key(limit: Limit, subject: str) -> str:
    return f"tries:{limit.kind}:{hashlib.sha256(subject.encode('utf-8', 'replace')).hexdigest()[:32]}"


class _Shared:
    """Counts of all processes, in Redis while it answers."""

    def __init__(self) -> None:
        self._asked_again_s = 0.0

    def moved(self, windows: Sequence[tuple[str, int]], *, by: int) -> list[int] | None:
        """Count that many more by each key, in one question; how many there are now, or None while nobody answers."""
        if time.monotonic() < self._asked_again_s:
            return None
        # In one transaction no key can end between the two: the new one would have no end.
        question = impatient(settings.REDIS_URL).pipeline(transaction=True)
        for key, window_s in windows:
            question.set(key, 0, ex=window_s, nx=True)
            question.incrby(key, by)
        try:
            return [int(count) for count in question.execute()[1::2]]
        except redis.RedisError:
            self._asked_again_s = time.monotonic() + PAUSE_S
            return None

    def clear(self) -> None:
        self._asked_again_s = 0.0
        client = impatient(settings.REDIS_URL)
        with contextlib.suppress(redis.RedisError):
            for key in client.scan_iter("tries:*"):
                client.delete(key)


class _Tally:
    """Counts of this process, each until its window ends. Bounded: when it is full, the oldest half is forgotten."""

    LIMIT = 10_000

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def moved(self, key: str, *, by: int, window_s: int) -> int:
        """Count that many more; returns how many there are now."""
        now_s = time.monotonic()
        with self._lock:
            ends_s, count = self._until.get(key, (0.0, 0))
            if ends_s <= now_s:
                ends_s, count = now_s + window_s, 0
                self._make_room()
            count = max(0, count + by)
            self._until[key] = (ends_s, count)
            return count

    def clear(self) -> None:
        with self._lock:
            self._until.clear()

    def _make_room(self) -> None:
        if len(self._until) >= self.LIMIT:
            for old in list(self._until)[: self.LIMIT // 2]:
                del self._until[old]


_here = _Tally()
_everywhere = _Shared()
