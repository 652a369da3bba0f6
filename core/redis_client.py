"""Redis as this process asks it in passing: with little patience and no second try. Whoever asks does without it."""

from functools import lru_cache

import redis


@lru_cache(maxsize=2)
def impatient(url: str) -> redis.Redis:
    """The one client of this process. Threads share it, and it may be made before a fork."""
    return redis.Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=0.5)
