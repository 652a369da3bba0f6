"""An open socket: who it serves is proved before the first frame and again while it is open; it has bounds everywhere.

Channels routes to these; frames come from the hub (`core.realtime`) without passing through a channel layer.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.db import close_old_connections
from rest_framework.exceptions import ParseError

from core import policy, realtime
from core.actors import Actor, Source
from core.admission import gate
from core.authentication import forget_tokens
from core.clock import now
from core.errors import Invalid, NotFound, Overloaded, WaferdeckError
from core.ids import uuid7
from core.outages import as_unavailable
from core.parsers import strict_json
from core.realtime import GAP, HUB_DOWN, Subscriber
from core.requests import Scope, address_in, header_of
from core.roles import forget_grants

logger = structlog.get_logger(__name__)
Result = TypeVar("Result")

NOT_SIGNED_IN, NOT_ALLOWED, NOT_FOUND, TOO_MANY = 4401, 4403, 4404, 4429
POLICY_VIOLATION, TOO_BIG, TRY_LATER = 1008, 1009, 1013

MOST_TEXT_CHARACTERS = 2**16
MOST_MESSAGES_PER_S = 50
CHECK_EVERY_S = 15.0
SLOW_READER_S = 10.0
HUB_WAIT_S = 1.0
DATABASE_S = 5.0

_open: Counter[int] = Counter()


def open_sockets() -> int:
    """How many sockets are open in this process."""
    return sum(list(_open.values()))


class Closed(Exception):
    """Ends the socket with a code that its page understands."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Nudge:
    """Hears of changes to one account and wakes its socket's check."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def offer(self, frame: str) -> None:
        if frame not in (GAP, HUB_DOWN):
            self.changed.set()


async def on_thread(work: Callable[..., Result], *arguments: Any, lane: str = "sockets") -> Result:
    """Run work that asks the database on a thread of a lane, with its connection given back afterwards."""

    def run() -> Result:
        close_old_connections()
        try:
            return work(*arguments)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(gate(lane).threads, run)


class LiveSocket:
    """One connection. Subclasses say where it is (`route`), who asks (`identify`) and what is heard (`topics`).

    Attributes:
        route: the path as in `core/policy.csv` and in the routing.
    """

    route: ClassVar[str]

    def __init__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.scope = scope
        self.arguments: dict[str, Any] = scope.get("url_route", {}).get("kwargs", {})
        self.actor: Actor
        self.outbox = Subscriber(limit=settings.SOCKET_QUEUE)
        self._receive = receive
        self._send = send
        self._topics: frozenset[str] = frozenset()
        self._nudge = Nudge()
        self._allowance = float(MOST_MESSAGES_PER_S)
        self._last_message_s = time.monotonic()

    @classmethod
    def as_asgi(cls) -> Callable[[Scope, Any, Any], Any]:
        async def application(scope: Scope, receive: Any, send: Any) -> None:
            await cls(scope, receive, send).serve()

        return application

    def identify(self) -> Actor | None:
        """Who is asking, read afresh. Runs on a thread."""
        raise NotImplementedError

    def record_refusal(self, actor: Actor, reason: str) -> None:
        """Put into the trail that this socket is not for this actor. Runs on a thread."""
        raise NotImplementedError

    def topics(self, actor: Actor) -> frozenset[str]:
        """What this socket hears. Runs on a thread.

        Raises:
            NotFound: what the path names does not exist for this actor.
        """
        raise NotImplementedError

    def missed(self, topics: frozenset[str], after: int) -> list[str] | None:
        """Frames of the topics since sequence number `after`; None when there are too many. Runs on a thread."""
        return None

    async def on_text(self, text: str) -> None:
        """A text frame: nothing but pings, unless a subclass knows more."""
        if _type_of(text) != "ping":
            raise Closed(POLICY_VIOLATION, "only pings are understood here")
        self.outbox.offer(frame("pong", {}))

    async def on_bytes(self, data: bytes) -> None:
        raise Closed(POLICY_VIOLATION, "no binary frames here")

    async def on_start(self) -> None:
        """The first frame is out, and the socket hears its topics."""

    async def on_end(self) -> None:
        """The socket is gone; whatever a subclass started ends here."""

    async def serve(self) -> None:
        """The whole life of the connection."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        await self._send({"type": "websocket.accept"})
        try:
            self.actor = await self._welcomed_actor()
        except Closed as end:
            await self._close(end)
            return
        account = self.actor.user_id or 0
        # Counted before the next await, so that sockets opened at the same moment see each other.
        _open[account] += 1
        try:
            await self._admit(already_open=_open[account] - 1)
            await self._live()
        except Closed as end:
            await self._close(end)
        finally:
            _open[account] -= 1
            realtime.hub().unsubscribe(self.outbox, self._topics)
            realtime.hub().unsubscribe(self._nudge, [realtime.account_topic(account)])
            await self.on_end()

    async def _admit(self, *, already_open: int) -> None:
        if already_open >= settings.SOCKETS_PER_ACCOUNT:
            raise Closed(TOO_MANY, f"{settings.SOCKETS_PER_ACCOUNT} sockets of this account are open here")
        try:
            self._topics = await self._asked(self.topics, self.actor)
        except NotFound as fault:
            raise Closed(NOT_FOUND, "there is no such thing, or it belongs to another site") from fault

    async def _live(self) -> None:
        hub = realtime.hub()
        # Subscribed before the first frame: what the page asks for after it cannot be older than what it hears.
        hub.subscribe(self.outbox, self._topics)
        hub.subscribe(self._nudge, [realtime.account_topic(self.actor.user_id or 0)])
        is_live = await hub.connected(timeout_s=HUB_WAIT_S)
        await self.send_text(frame("hello", {"live": is_live}))
        await self._catch_up()
        await self.on_start()
        tasks = [asyncio.create_task(work()) for work in (self._send_frames, self._read_frames, self._check_again)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _catch_up(self) -> None:
        """Send what came after the event the other side heard last, where it says so (`?last_seq=`)."""
        after = last_seq_of(self.scope)
        if after is None:
            return
        frames = await self._asked(self.missed, self._topics, after)
        for one in frames if frames is not None else [GAP]:
            await self.send_text(one)

    async def send_text(self, text: str) -> None:
        """Send one frame.

        Raises:
            Closed: the other side does not read.
        """
        try:
            async with asyncio.timeout(SLOW_READER_S):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError as fault:
            raise Closed(POLICY_VIOLATION, "this reader is too slow") from fault

    async def _asked(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """What the database says.

        Raises:
            Closed: it is away, or hangs.
        """
        try:
            async with asyncio.timeout(DATABASE_S):
                return await on_thread(work, *arguments)
        except TimeoutError as fault:
            raise Closed(TRY_LATER, "the database does not answer") from fault
        except Exception as fault:
            if isinstance(fault, WaferdeckError) or as_unavailable(fault) is None:
                raise
            raise Closed(TRY_LATER, "the database is away") from fault

    async def _send_frames(self) -> None:
        while True:
            await self.send_text(await self.outbox.next_frame())

    async def _read_frames(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            self._count_message()
            text, data = message.get("text"), message.get("bytes")
            if text is None:
                await self.on_bytes(data or b"")
            elif len(text) > MOST_TEXT_CHARACTERS:
                raise Closed(TOO_BIG, "this frame is too big")
            else:
                await self.on_text(text)

    async def _check_again(self) -> None:
        """Look again, at intervals and whenever the account changes, whether this socket may still be open."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.changed.wait(), CHECK_EVERY_S)
            if self._nudge.changed.is_set():
                self._nudge.changed.clear()
                forget_grants()
                forget_tokens()
            before, self.actor = self.actor, await self._checked_actor()
            if self.actor.site_ids != before.site_ids:
                await self._follow_sites()
            self.outbox.offer(frame("heartbeat", {}))

    async def _follow_sites(self) -> None:
        try:
            topics = await self._asked(self.topics, self.actor)
        except NotFound as fault:
            raise await self._refusal(self.actor, "this belongs to another site") from fault
        hub = realtime.hub()
        hub.subscribe(self.outbox, topics - self._topics)
        hub.unsubscribe(self.outbox, self._topics - topics)
        self._topics = topics
        self.outbox.offer(GAP)

    async def _welcomed_actor(self) -> Actor:
        """Who opens this socket. Until that is known an address has its share of those who ask, and no more."""
        try:
            with gate("sockets").reading(address_in(self.scope)):
                return await self._checked_actor()
        except Overloaded as fault:
            raise Closed(TOO_MANY, "too many sockets of this address are being opened") from fault

    async def _checked_actor(self) -> Actor:
        actor = await self._asked(self.identify)
        if actor is None:
            raise Closed(NOT_SIGNED_IN, "sign in first")
        rule = policy.find(kind="ws", name=self.route)
        if rule is None or not rule.admits(actor.roles):
            raise await self._refusal(actor, "your role does not allow this")
        return actor

    async def _refusal(self, actor: Actor, reason: str) -> Closed:
        """How the socket of somebody who is known but may not have it ends, after it has been put into the trail."""
        await self._asked(self.record_refusal, actor, reason)
        return Closed(NOT_ALLOWED, reason)

    def _count_message(self) -> None:
        now_s = time.monotonic()
        refill = (now_s - self._last_message_s) * MOST_MESSAGES_PER_S
        self._allowance = min(float(MOST_MESSAGES_PER_S), self._allowance + refill) - 1
        self._last_message_s = now_s
        if self._allowance < 0:
            raise Closed(POLICY_VIOLATION, f"more than {MOST_MESSAGES_PER_S} messages a second")

    async def _close(self, end: Closed) -> None:
        # A reader that is too slow for a frame is too slow for a goodbye as well.
        with contextlib.suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(1):
                await self._send({"type": "websocket.close", "code": end.code, "reason": end.reason})


def frame(type: str, data: dict[str, Any], **more: Any) -> str:
    """A frame that is no event: it has no sequence number."""
    body = {"type": type, "at": now().isoformat(), "data": data, **more}
    return json.dumps(body, allow_nan=False, separators=(",", ":"))


def last_seq_of(scope: Scope) -> int | None:
    """The number of the last event the other side has heard, where it says so.

    Raises:
        Closed: it says something else.
    """
    values = parse_qs(scope.get("query_string", b"").decode("latin1"), keep_blank_values=True)
    given = values.get("last_seq", [""])[0]
    if "last_seq" not in values:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Closed(POLICY_VIOLATION, "last_seq must be a sequence number")
    return int(given)


def source_of(scope: Scope) -> Source:
    """Where a handshake came from."""
    return Source(ip=address_in(scope), agent=header_of(scope, "user-agent"), request_id=str(uuid7(at=now())))


def _type_of(text: str) -> Any:
    try:
        value = strict_json(text)
    except (ParseError, Invalid):
        return None
    return value.get("type") if isinstance(value, dict) else None
