"""Counting tries in a window, in the cache. A cache that is away lets people in: the trail still records them."""

import hashlib

import redis
from django.core.cache import cache

from core.errors import TooManyTries


def count_try(*, kind: str, subject: str, limit: int, window_s: int) -> None:
    """Count one try of `kind` by `subject`.

    Raises:
        TooManyTries: more than `limit` within the window.
    """
    digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
    key = f"tries:{kind}:{digest}"
    try:
        cache.add(key, 0, timeout=window_s)
        tries = cache.incr(key)
    except (redis.RedisError, ValueError):
        return
    if tries > limit:
        raise TooManyTries(f"Too many tries. Wait {window_s // 60} minutes, or ask an admin.", retry_after_s=window_s)
