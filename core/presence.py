"""Who has which thing open now: kept in Redis for as long as their sockets say so, and for seconds after that.

Nothing rests on it. While Redis is away nobody is known to be there, which is another answer than nobody.
"""

import asyncio
import json
import time
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
import structlog
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = structlog.get_logger(__name__)

STAY_S = 8.0
"""A socket that says nothing for so long, since its process died, is not there any more."""
_PATIENCE_S = 0.5
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


async def stay(thing: str, *, socket: str, name: str, place: str) -> dict[str, list[str]] | None:
    """Say that somebody has a thing open, and hear who has it.

    Args:
        thing: what is open, `wafer:<uuid>`.
        socket: one of their open pages.
        place: where it is open: the name of the page's kind.

    Returns:
        Places by name, everybody once however many pages they have; None while nobody can know.
    """
    key, now_s = _key(thing), time.time()
    own = json.dumps([name, place, now_s + STAY_S])
    try:
        async with asyncio.timeout(_PATIENCE_S), _client().pipeline(transaction=False) as commands:
            commands.hset(key, socket, own)
            commands.expire(key, int(STAY_S) + 1)
            commands.hgetall(key)
            *_, found = await commands.execute()
    except (redis.RedisError, OSError, TimeoutError) as fault:
        logger.info("presence_unknown", error=type(fault).__name__)
        return None
    people: dict[str, list[str]] = {}
    for said in found.values():
        who, where, until_s = json.loads(said)
        if until_s > now_s and where not in people.setdefault(who, []):
            people[who].append(where)
    return {who: sorted(places) for who, places in sorted(people.items()) if places}


async def leave(thing: str, *, socket: str) -> None:
    """Say that a page is closed. Where it cannot be said, it follows from the silence."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await _client().hdel(_key(thing), socket)
    except (redis.RedisError, OSError, TimeoutError) as fault:
        logger.info("presence_unknown", error=type(fault).__name__)


def _key(thing: str) -> str:
    return f"waferdeck:here:{thing}"


def _client() -> redis.asyncio.Redis:
    """The one of this event loop, which is this process's except in tests."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
    return _clients[loop]
