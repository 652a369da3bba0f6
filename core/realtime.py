"""Live events: one Redis subscription per process, frames encoded once, a bounded queue per browser.

The database is the truth and these messages are hints. A browser that may have missed one is told so
(`{"type": "gap"}`) and asks for the current state; nothing is replayed from here.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
import structlog
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from core.redis_client import impatient

logger = structlog.get_logger(__name__)

CHANNEL = "waferdeck:live"
GAP = json.dumps({"type": "gap"})
HUB_DOWN = json.dumps({"type": "hub.down"})
SYSTEM_TOPIC = "system"
PING_EVERY_S = 3.0
SILENCE_MEANS_LOST_S = 8.0
MOST_WAITING_BYTES = 2**20


def account_topic(user_id: int) -> str:
    """Who hears that an account's rights or sessions have changed: its own sockets, never a browser."""
    return f"account:{user_id}"


def encode(*, type: str, seq: int, topics: Iterable[str], at: str, data: dict[str, Any]) -> str:
    """One message for the channel: a line of topics, then the frame browsers receive as it is."""
    return " ".join(topics) + "\n" + frame(type=type, seq=seq, at=at, data=data)


def frame(*, type: str, seq: int, at: str, data: dict[str, Any]) -> str:
    """What browsers receive of an event."""
    return json.dumps({"type": type, "seq": seq, "at": at, "data": data}, allow_nan=False, separators=(",", ":"))


def publish(message: str) -> bool:
    """Hand an encoded message to every process. False means Redis is away: open pages poll until it returns."""
    try:
        impatient(settings.REDIS_URL).publish(CHANNEL, message)
    except redis.RedisError as fault:
        logger.warning("publish_failed", error=type(fault).__name__)
        return False
    return True


class Listener(Protocol):
    """Whoever the hub hands frames to."""

    def offer(self, frame: str) -> None: ...


class Subscriber:
    """What one browser is about to receive; never more than `limit` frames or 1 MiB."""

    def __init__(self, *, limit: int) -> None:
        self._frames: deque[str] = deque()
        self._limit = limit
        self._characters = 0
        self._ready = asyncio.Event()

    def offer(self, frame: str) -> None:
        """Queue a frame. When the browser is too slow everything waiting is replaced by one gap marker."""
        if len(self._frames) >= self._limit or self._characters + len(frame) > MOST_WAITING_BYTES:
            self._frames.clear()
            self._frames.append(GAP)
            self._characters = len(GAP)
        self._frames.append(frame)
        self._characters += len(frame)
        self._ready.set()

    @property
    def waiting(self) -> int:
        """How many frames wait to be sent."""
        return len(self._frames)

    async def next_frame(self) -> str:
        while not self._frames:
            self._ready.clear()
            await self._ready.wait()
        frame = self._frames.popleft()
        self._characters -= len(frame)
        return frame


class Hub:
    """Topics and their subscribers in this process, fed by one Redis subscription."""

    def __init__(self, *, redis_url: str) -> None:
        self._redis_url = redis_url
        self._subscribers: dict[str, set[Listener]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    def subscribe(self, subscriber: Listener, topics: Iterable[str]) -> None:
        for topic in topics:
            self._subscribers[topic].add(subscriber)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read_forever())

    def unsubscribe(self, subscriber: Listener, topics: Iterable[str]) -> None:
        for topic in topics:
            self._subscribers[topic].discard(subscriber)
            if not self._subscribers[topic]:
                del self._subscribers[topic]

    def stop(self) -> None:
        """Listen no more; a later subscription starts again."""
        if self._reader is not None:
            self._reader.cancel()

    async def connected(self, *, timeout_s: float) -> bool:
        """Wait until events flow, so that a page which then asks for the present misses nothing."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), timeout_s)
        return self._connected.is_set()

    def has_listeners(self, topic: str) -> bool:
        return bool(self._subscribers.get(topic))

    def tell(self, topic: str, frame: str) -> None:
        """Hand a frame to this process's listeners of a topic; it does not pass through Redis."""
        for subscriber in tuple(self._subscribers.get(topic, ())):
            subscriber.offer(frame)

    def _deliver(self, message: str) -> None:
        header, _, frame = message.partition("\n")
        reached: set[Listener] = set()
        for topic in header.split(" "):
            reached |= self._subscribers.get(topic, set())
        for subscriber in reached:
            subscriber.offer(frame)

    def _tell_all(self, frame: str) -> None:
        for subscriber in {one for group in self._subscribers.values() for one in group}:
            subscriber.offer(frame)

    async def _read_forever(self) -> None:
        wait_s = 0.1
        while True:
            try:
                await self._read_until_lost()
            except Exception as fault:
                logger.warning("hub_lost_redis", error=type(fault).__name__)
            if self._connected.is_set():
                self._connected.clear()
                self._tell_all(HUB_DOWN)
                wait_s = 0.1
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 2.0)

    async def _read_until_lost(self) -> None:
        # No retries inside the client: a connection that it renews by itself would hide what was missed meanwhile.
        client = redis.asyncio.Redis.from_url(self._redis_url, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
        try:
            async with client.pubsub() as pubsub:
                await asyncio.wait_for(pubsub.subscribe(CHANNEL), SILENCE_MEANS_LOST_S)
                await self._follow(pubsub)
        except TimeoutError as fault:
            raise redis.ConnectionError("Redis did not answer") from fault
        finally:
            with contextlib.suppress(redis.RedisError, OSError, TimeoutError):
                await asyncio.wait_for(client.aclose(), 1)

    async def _follow(self, pubsub: Any) -> None:
        """Deliver until the connection breaks or falls silent: a server that hangs sends nothing, not even an error."""
        heard_s = pinged_s = time.monotonic()
        while True:
            message = await pubsub.get_message(timeout=PING_EVERY_S)
            now_s = time.monotonic()
            if message is not None:
                heard_s = now_s
                if message["type"] == "message":
                    self._deliver(message["data"].decode())
                elif message["type"] == "subscribe":
                    self._connected.set()
                    self._tell_all(GAP)
            elif now_s - heard_s > SILENCE_MEANS_LOST_S:
                raise TimeoutError
            if now_s - max(heard_s, pinged_s) >= PING_EVERY_S:
                pinged_s = now_s
                await asyncio.wait_for(pubsub.ping(), PING_EVERY_S)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process: of the running event loop, to be exact, which is one except in tests."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(redis_url=settings.REDIS_URL)
    return _hubs[loop]
