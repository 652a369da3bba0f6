"""Serve an ASGI application with uvicorn on a socket that the supervisor holds.

The socket outlives this process: while one server is replaced by the next, connections wait instead of being refused.
"""

import argparse
import asyncio
import logging
import socket
import sys
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime.programs import ready

# A client that has just connected may take this long to send its request.
LINGER_S = 1.0
PROBE_PATH = "/healthz"


UNREAD_MS = 20_000
# The request line and the headers, before anybody knows who asks.
MOST_HEAD_BYTES = 2**17
HEAD_S = 20.0


class BoundedHeadProtocol(HttpToolsProtocol):
    """HTTP with an end to every head: uvicorn takes any number of bytes of it, for as long as they keep coming."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_in_head = True
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
            self._await_head()
        super().data_received(data)
        if self._is_in_head and self._head_bytes > MOST_HEAD_BYTES:
            self.send_400_response("The head of this request is too large.")

    def on_headers_complete(self) -> None:
        self._is_in_head, self._head_bytes = False, 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_head = True
        super().on_message_complete()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            # We are the ones who are late: what comes after a request is read when that is answered.
            self._await_head()
        else:
            self.transport.close()


class ReportingServer(uvicorn.Server):
    """Says when it accepts requests, and stops without cutting anyone off."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept requests once the application has answered one: it loads its addresses with the first."""
        status = await status_of(self.config.loaded_app, path=PROBE_PATH)
        if status >= 500:
            logging.getLogger("uvicorn.error").error("%s answers %s: this code is not served", PROBE_PATH, status)
            self.should_exit = True
            return
        await super().startup(sockets=sockets)
        if self.started:
            ready.report()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening first, and close silent connections only when they have stayed silent for a while.

        Uvicorn closes them at once, also those that were accepted a moment ago and whose request is on its way.
        """
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        silent_until = loop.time() + LINGER_S
        while loop.time() < silent_until:
            # One turn first: a connection just accepted is not among the known ones yet.
            await asyncio.sleep(0.05)
            if not self.server_state.connections:
                break
            for connection in list(self.server_state.connections):
                cycle = getattr(connection, "cycle", None)
                if cycle is not None and not cycle.response_complete:
                    # It is answering: this makes the answer its last.
                    connection.shutdown()
        await super().shutdown(sockets=sockets)


async def status_of(application: Any, *, path: str) -> int:
    """The status with which `application` answers a GET, 500 when it raises; nothing goes over a network."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }
    statuses: list[int] = []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            # Nobody disconnects before the answer.
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await application(scope, receive, send)
    except Exception:
        logging.getLogger("uvicorn.error").exception("the application cannot answer")
        return 500
    return statuses[0] if statuses else 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m runtime.programs.web")
    parser.add_argument("application")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--drain-s", type=int, required=True)
    parser.add_argument("--message-max-bytes", type=int, required=True)
    arguments = parser.parse_args()

    config = uvicorn.Config(
        arguments.application,
        loop="uvloop",
        http=BoundedHeadProtocol,
        ws="websockets-sansio",
        ws_max_size=arguments.message_max_bytes,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        timeout_graceful_shutdown=arguments.drain_s,
        timeout_keep_alive=30,
        backlog=2048,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
    )
    with socket.socket(fileno=arguments.fd) as inherited:
        # For every connection accepted from here on: whoever does not read for this long is gone, and so is what waits
        # for him. Closing alone would wait for ever to be rid of the last bytes.
        inherited.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        server = ReportingServer(config)
        server.run(sockets=[inherited])
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main()
