"""Signs of life of the processes that nobody can ask: workers and the clock. Kept in Redis; gone with it, soon back."""

from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings

from core.redis_client import impatient

ALIVE_FOR = timedelta(seconds=20)
_KEY = "waferdeck:alive:{kind}"
_FORGOTTEN_AFTER_S = 3600


def beat(*, kind: str, name: str, now: datetime) -> None:
    """Say that the process `name` lives. Redis being away is no fault here."""
    key = _KEY.format(kind=kind)
    try:
        with impatient(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            pipe.hset(key, name, now.isoformat())
            pipe.expire(key, _FORGOTTEN_AFTER_S)
            pipe.execute()
    except redis.RedisError:
        return


def living(*, kind: str, now: datetime) -> dict[str, datetime] | None:
    """Processes of a kind and when each was last heard of; None where Redis does not answer."""
    key = _KEY.format(kind=kind)
    try:
        noted: Any = impatient(settings.REDIS_URL).hgetall(key)
        heard = {name.decode(): datetime.fromisoformat(at.decode()) for name, at in noted.items()}
        silent = [name for name, at in heard.items() if at < now - ALIVE_FOR]
        if silent:
            impatient(settings.REDIS_URL).hdel(key, *silent)
    except redis.RedisError:
        return None
    return {name: at for name, at in heard.items() if name not in silent}
