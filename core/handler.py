"""Requests from the ASGI server to Django: admitted, read within bounds, and carried out on threads that stay.

Django's own handler makes a thread for every request, and hops between it and the event loop for every middleware.
Here each lane (`core.admission`) keeps its threads, and with them their connections; a request waits on the event loop,
where waiting costs nothing, and runs in one piece on one thread.
"""

import asyncio
import contextlib
import io
import tempfile
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import set_script_prefix

from core import health, metrics, problems
from core.admission import Gate, Lane, gate, lanes
from core.authentication import Credentials
from core.early_answers import EarlyAnswers
from core.errors import MayBeDone, Unavailable, WaferdeckError
from core.live_socket import on_thread
from core.outages import as_unavailable
from core.parsers import BodyTooLarge
from core.requests import Scope, address_in, header_of
from core.text import size_text

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READ_SILENCE_S = 20.0
# Slower than any line of a fab; who sends less would hold a seat that others want.
LEAST_BYTES_PER_S = 8 * 2**10
# Requests take less; after this it is worth asking whether something hangs.
PATIENCE_S = 4.0
FILE_BLOCK_BYTES = 2**18
LONGEST_LENGTH = 18


class AdmittingHandler(ASGIHandler):
    """Django, behind the gates of its lanes."""

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self._lanes = lanes()
        self._early_answers = EarlyAnswers()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        lane = next(lane for lane in self._lanes if lane.takes(method=scope["method"], path=scope["path"]))
        entrance = gate(lane.name)
        try:
            if lane.for_members:
                await _let_in(Credentials.of(scope))
            with entrance.seat():
                await self._serve(scope, receive, send, lane=lane, entrance=entrance)
        except WaferdeckError as refusal:
            metrics.REQUESTS_REFUSED.labels(lane=lane.name, code=refusal.code).inc()
            await self._refuse(refusal, scope=scope, send=send)

    async def _refuse(self, refusal: WaferdeckError, *, scope: Scope, send: Any) -> None:
        """Answer without Django's views: nothing of the body has been read, or not all of it."""
        request, _ = self.create_request(scope, io.BytesIO())
        answer = self._early_answers.to(request or HttpRequest(), refusal=refusal)
        await self.send_response(answer, send)

    async def _serve(self, scope: Scope, receive: Any, send: Any, *, lane: Lane, entrance: Gate) -> None:
        is_counted = _has_body(scope) and not lane.for_members
        with entrance.reading(address_in(scope)) if is_counted else contextlib.nullcontext():
            body = await _read_body(scope, receive, most_bytes=lane.body_max_bytes)
        if body is None:
            return
        gone = asyncio.create_task(receive())
        try:
            if not await _entered(entrance, gone=gone):
                body.close()
                return
            work = asyncio.ensure_future(_on_thread(entrance, self._respond, scope, body))
            # However long it takes, also when nobody waits any more: until then its place is taken.
            work.add_done_callback(lambda _: entrance.leave())
            work.add_done_callback(lambda _: body.close())
            response = await _in_time(work, answer_s=lane.answer_s, is_change=scope["method"] not in SAFE)
            await self._send(response, send, entrance=entrance)
        finally:
            gone.cancel()

    def _respond(self, scope: Scope, body: Any) -> HttpResponse:
        """The whole of Django for one request, on one thread."""
        signals.request_started.send(sender=type(self), scope=scope)
        set_script_prefix(get_script_prefix(scope))
        request, error = self.create_request(scope, body)
        response: Any = error if request is None else self.get_response(request)
        response._handler_class = type(self)
        if not response.streaming:
            response.close()
            return response
        if isinstance(response, FileResponse):
            response.block_size = FILE_BLOCK_BYTES
        # The blocks need no database; its connection is for the next request.
        close_old_connections()
        return response

    async def _send(self, response: Any, send: Any, *, entrance: Gate) -> None:
        if not response.streaming:
            await self.send_response(response, send)
            return
        # Each block is read on a thread and sent before the next is read: a slow reader holds a file open, not memory.
        try:
            start = HttpResponse(status=response.status_code)
            start.headers, start.cookies = response.headers, response.cookies
            await self.send_response(start, _first_of_many(send))
            blocks = iter(response)
            while (block := await _on_thread(entrance, next, blocks, None)) is not None:
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await _on_thread(entrance, response.close)


def _first_of_many(send: Any) -> Any:
    """A `send` for the head of an answer whose body comes later."""

    async def only_the_start(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await send(message)

    return only_the_start


async def _let_in(offered: Credentials) -> None:
    """Return when somebody is signed in; costs nothing while that is remembered.

    Raises:
        WaferdeckError: nobody is, as a view would say it.
        Unavailable: the database does not say.
    """
    if offered.are_remembered():
        return
    async with gate("door").place():
        looking = asyncio.ensure_future(on_thread(offered.check, lane="door"))
        try:
            await _in_time(looking, answer_s=2 * PATIENCE_S, is_change=False)
        except Exception as fault:
            refusal = problems.as_waferdeck_error(fault)
            if refusal is None:
                raise
            raise refusal from fault


async def _on_thread(entrance: Gate, work: Any, *arguments: Any) -> Any:
    # In the thread's own context, where what libraries keep for a thread serves the next request, too.
    return await asyncio.get_running_loop().run_in_executor(entrance.threads, work, *arguments)


async def _in_time(work: "asyncio.Future[Any]", *, answer_s: float, is_change: bool) -> Any:
    """The outcome of `work`, or an honest answer instead when it does not come: the work goes on, and may yet commit.

    Raises:
        Unavailable: something that is needed hangs, or the work takes too long.
    """
    refusal = MayBeDone if is_change else Unavailable
    await asyncio.wait({work}, timeout=PATIENCE_S)
    if not work.done() and await _is_anything_away():
        raise refusal("A part that this needs does not answer.", retry_after_s=5)
    await asyncio.wait({work}, timeout=max(0.0, answer_s - PATIENCE_S))
    if not work.done():
        raise refusal("This takes longer than an answer may.", retry_after_s=10)
    return work.result()


async def _is_anything_away() -> bool:
    """Whether a part that is needed for any work hangs; many who ask at once get one answer."""
    loop = asyncio.get_running_loop()
    look = _looks.get(loop)
    if look is None or look.done():
        look = _looks[loop] = loop.create_task(_on_thread(gate("health"), health.components))
    seen = await asyncio.shield(look)
    return health.readiness(seen) == health.State.DOWN


_looks: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Any]]" = WeakKeyDictionary()


async def _entered(entrance: Gate, *, gone: "asyncio.Task[Any]") -> bool:
    """Wait for a place. False when the caller has hung up meanwhile: nobody wants the answer any more."""
    entering = asyncio.create_task(entrance.enter())
    await asyncio.wait({entering, gone}, return_when=asyncio.FIRST_COMPLETED)
    if entering.done():
        entering.result()
        return True
    entering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await entering
        entrance.leave()
    return False


def _has_body(scope: Scope) -> bool:
    """Whether something follows the head of a request; else it is all here."""
    return bool(header_of(scope, "transfer-encoding") or header_of(scope, "content-length").strip("0"))


async def _read_body(scope: Scope, receive: Any, *, most_bytes: int) -> Any:
    """The body in a file that starts in memory, or None when the caller hung up.

    Raises:
        BodyTooLarge: more than `most_bytes`, announced or sent.
        Unavailable: there is no room on the disk for it.
    """
    announced = header_of(scope, "content-length") or "0"
    is_length = announced.isascii() and announced.isdigit() and len(announced) <= LONGEST_LENGTH
    if not is_length or int(announced) > most_bytes:
        raise _too_large(most_bytes)
    body = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115 - lives on
    try:
        async with asyncio.timeout(READ_SILENCE_S) as silence:
            return await _filled(body, receive, most_bytes=most_bytes, silence=silence)
    except TimeoutError as fault:
        body.close()
        raise problems.Refusal("The body did not arrive in time.", code="timeout", status=408) from fault
    except OSError as fault:
        # What could not be written is tried once more by closing.
        with contextlib.suppress(OSError):
            body.close()
        outage = as_unavailable(fault)
        if outage is None:
            raise
        raise outage from fault


async def _filled(body: Any, receive: Any, *, most_bytes: int, silence: asyncio.Timeout) -> Any:
    """`body` with what arrives, or None when the caller hung up.

    Every piece that comes puts the time limit off, though not past what it takes at the slowest pace allowed.
    """
    received = 0
    now_s = asyncio.get_running_loop().time
    started_s = now_s()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            return None
        chunk = message.get("body", b"")
        received += len(chunk)
        if received > most_bytes:
            body.close()
            raise _too_large(most_bytes)
        body.write(chunk)
        in_pace_s = started_s + received / LEAST_BYTES_PER_S
        silence.reschedule(min(now_s(), in_pace_s) + READ_SILENCE_S)
        if not message.get("more_body", False):
            body.seek(0)
            return body


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is too large: this address takes {size_text(most_bytes)} at most.")
