"""The sockets: the live wall, one wafer, one job, and a tool's stream of images."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from rest_framework.exceptions import ParseError

from accounts.consumers import AccountSocket, EventSocket
from core import presence, problems, realtime
from core.actors import Actor, service_account
from core.admission import gate
from core.clock import now
from core.errors import Invalid, WaferdeckError
from core.live_socket import POLICY_VIOLATION, TOO_BIG, Closed, frame, on_thread
from core.outages import as_unavailable
from core.parsers import strict_json
from core.shapes import checked
from core.text import size_text
from inspection import events, selectors, services
from inspection.serializers import answers
from inspection.serializers.inputs import StreamIn, upload_of

logger = structlog.get_logger(__name__)

SYSTEM_EVERY_S = 3.0
LOOK_AROUND_S = 2.0
PLACES = ("wafer", "review", "whole")
"""Kinds of pages that say which wafer they show."""
MOST_IN_FLIGHT = 4
INTERACTIVE = 0
WATCH = service_account("watch")


class Here:
    """The wafer that a socket's page shows, and who else has it open: told whenever that changes."""

    def __init__(self, socket: AccountSocket) -> None:
        self._socket = socket
        self._id = uuid4().hex
        self._task: asyncio.Task[None] | None = None
        self._thing = ""

    async def move(self, message: dict[str, Any]) -> None:
        """The page shows another wafer, or none (`wafer` null)."""
        await self.end()
        wafer, place = str(message.get("wafer") or ""), message.get("place")
        if place not in PLACES or not await on_thread(_is_visible, self._socket.actor, wafer):
            return
        self._thing = events.wafer_topic(wafer)
        self._task = asyncio.create_task(self._stay(wafer, str(place)))

    async def end(self) -> None:
        """The page is closed, or shows something else."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        await presence.leave(self._thing, socket=self._id)

    async def _stay(self, wafer: str, place: str) -> None:
        told: Any = ()
        while True:
            name = self._socket.actor.username
            people = await presence.stay(self._thing, socket=self._id, name=name, place=place)
            others = (
                None
                if people is None
                else [{"name": who, "places": places} for who, places in people.items() if who != name]
            )
            if others != told:
                told = others
                self._socket.outbox.offer(frame("presence", {"wafer": wafer, "others": others}))
            await asyncio.sleep(LOOK_AROUND_S)


class LiveWall(EventSocket):
    """Everything that happens at the caller's sites; to a page that says which wafer it shows, who else has it open."""

    route = "/ws/live/"

    def topics(self, actor: Actor) -> frozenset[str]:
        return frozenset({realtime.SYSTEM_TOPIC, *(events.site_topic(site_id) for site_id in actor.site_ids)})

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self._here = Here(self)

    async def on_start(self) -> None:
        system_watch().start()

    async def on_text(self, text: str) -> None:
        try:
            message = strict_json(text)
        except (ParseError, Invalid):
            message = None
        if isinstance(message, dict) and message.get("type") == "here":
            await self._here.move(message)
        else:
            await super().on_text(text)

    async def on_end(self) -> None:
        await self._here.end()


class WaferSocket(EventSocket):
    """What happens to one wafer."""

    route = "/ws/wafers/<uuid:wafer_id>/"

    def topics(self, actor: Actor) -> frozenset[str]:
        wafer = selectors.one(selectors.wafers_visible_to(actor), self.arguments["wafer_id"], what="wafer")
        return frozenset({events.wafer_topic(wafer.pk)})


class JobSocket(EventSocket):
    """How a batch gets on."""

    route = "/ws/jobs/<uuid:job_id>/"

    def topics(self, actor: Actor) -> frozenset[str]:
        job = selectors.one(selectors.jobs_visible_to(actor), self.arguments["job_id"], what="job")
        return frozenset({events.job_topic(job.pk)})


class StreamSocket(AccountSocket):
    """Images in, findings out, in the order they are ready; `n` counts the images of the connection from 1."""

    route = "/ws/stream/"
    scope_needed = "write"

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self._started: dict[str, Any] | None = None
        self._count = 0
        self._in_flight: set[asyncio.Task[None]] = set()

    def topics(self, actor: Actor) -> frozenset[str]:
        return frozenset()

    async def on_text(self, text: str) -> None:
        try:
            message = strict_json(text)
        except (ParseError, Invalid) as fault:
            raise Closed(POLICY_VIOLATION, "a text frame must be JSON, with every name once") from fault
        if not isinstance(message, dict) or message.get("type") not in ("start", "ping"):
            raise Closed(POLICY_VIOLATION, "start and ping are understood here")
        if message.pop("type") == "ping":
            self.outbox.offer(frame("pong", {}))
            return
        try:
            self._started = checked(StreamIn, message)
        except WaferdeckError as refusal:
            self.outbox.offer(self._refused(0, refusal))
        else:
            self.outbox.offer(frame("started", {}))

    async def on_bytes(self, data: bytes) -> None:
        if len(data) > settings.UPLOAD_MAX_BYTES:
            raise Closed(TOO_BIG, f"an image may have {size_text(settings.UPLOAD_MAX_BYTES)} at most")
        self._count += 1
        if self._started is None:
            self.outbox.offer(self._refused(self._count, Invalid("Say `start` before the first image.")))
        elif len(self._in_flight) >= MOST_IN_FLIGHT:
            self.outbox.offer(frame("slow_down", {"in_flight": MOST_IN_FLIGHT}, n=self._count))
        else:
            task = asyncio.create_task(self._inspect(self._count, data, self._started))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)

    async def on_end(self) -> None:
        # What waits for a place is not begun; what is at work is finished and stored, and keeps its place until then.
        for task in self._in_flight:
            task.cancel()
        await asyncio.gather(*self._in_flight, return_exceptions=True)

    async def _inspect(self, n: int, data: bytes, values: dict[str, Any]) -> None:
        try:
            async with gate("predict").place():
                body = await _to_its_end(on_thread(self._predict, data, values, lane="predict"))
        except Exception as fault:
            refusal = fault if isinstance(fault, WaferdeckError) else as_unavailable(fault)
            if refusal is None:
                logger.exception("stream_image_failed")
                refusal = problems.InternalError("This image broke something of ours; it has been logged.")
            self.outbox.offer(self._refused(n, refusal))
        else:
            self.outbox.offer(frame("result", body, n=n))

    def _predict(self, data: bytes, values: dict[str, Any]) -> dict[str, Any]:
        services.count_images(1, actor=self.actor, now=now())
        outcome = services.predict_image(
            data=data, file_name="", upload=upload_of(values, priority=INTERACTIVE), actor=self.actor, now=now()
        )
        return answers.outcome_of(outcome)

    def _refused(self, n: int, refusal: WaferdeckError) -> str:
        return frame("refused", problems.members(refusal, identifier=self.actor.source.request_id), n=n)


async def _to_its_end(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The outcome of work on a thread, which cannot be cancelled: whoever is, while it lasts, is so after it."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


class SystemWatch:
    """Tells this process's pages when the state of the whole changes; works while no message can be sent.

    Looks while pages are open, and not otherwise.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._last: tuple[Any, Any] | None = None

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(SYSTEM_EVERY_S)
            hub = realtime.hub()
            if not hub.has_listeners(realtime.SYSTEM_TOPIC):
                return
            try:
                self._tell(await self._look(), hub)
            except Exception:
                # Pages stay open: what breaks one look must not be the end of looking.
                logger.exception("system_watch_failed")

    async def _look(self) -> tuple[Any, Any]:
        try:
            state = await on_thread(_system_state)
        except Exception as fault:
            if as_unavailable(fault) is None:
                raise
            return "down", services.BANNERS["postgres"]
        return state["state"], state["banner"]

    def _tell(self, seen: tuple[Any, Any], hub: realtime.Hub) -> None:
        if seen != self._last:
            self._last = seen
            hub.tell(realtime.SYSTEM_TOPIC, frame(events.SYSTEM_CHANGED, {"state": seen[0], "banner": seen[1]}))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, SystemWatch] = WeakKeyDictionary()


def system_watch() -> SystemWatch:
    return _watches.setdefault(asyncio.get_running_loop(), SystemWatch())


def _is_visible(actor: Actor, wafer: str) -> bool:
    try:
        key = UUID(wafer)
    except ValueError:
        return False
    return selectors.wafers_visible_to(actor).filter(pk=key).exists()


def _system_state() -> dict[str, Any]:
    return services.system_state(now=now(), visible_to=WATCH)
