"""Serve an ASGI application with uvicorn on a socket that the supervisor holds.

The socket outlives this process: while one server is replaced by the next, connections wait instead of being refused.
"""

import argparse
import socket

import uvicorn

from runtime.programs import ready


class ReportingServer(uvicorn.Server):
    """Says when it accepts requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            ready.report()


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
        http="httptools",
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
        ReportingServer(config).run(sockets=[inherited])


if __name__ == "__main__":
    main()
