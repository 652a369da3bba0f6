"""The web server: uvicorn on a socket that stays open while servers come and go."""

import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime import probes
from runtime.process import Command
from runtime.unit import Spec

# Running requests may end; new ones have gone to the next server or wait in the socket.
DRAIN_S = 30
# The largest websocket message: one frame of a tool's image stream.
MESSAGE_MAX_BYTES = 8 * 2**20


APPLICATION = "config.asgi:application"


def spec(
    *,
    listener: socket.socket,
    address: str,
    environment: Mapping[str, str],
    folder: Path,
    after: tuple[str, ...],
    application: str = APPLICATION,
) -> Spec:
    """The unit that keeps the web server running."""
    host, port = listener.getsockname()[:2]

    def command() -> Command:
        return Command(
            argv=[
                *(sys.executable, "-m", "runtime.programs.web", application),
                *("--fd", str(listener.fileno())),
                *("--drain-s", str(DRAIN_S)),
                *("--message-max-bytes", str(MESSAGE_MAX_BYTES)),
            ],
            environment=environment,
            folder=folder,
            inherited=(listener.fileno(),),
            reports_ready=True,
        )

    asked = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return Spec(
        name="web",
        command=command,
        after=after,
        ports={"http": port},
        address=address,
        probe=lambda: probes.http_ok(host=asked, port=port, path="/healthz"),
        stop=((signal.SIGTERM, DRAIN_S + 5.0),),
        reloads=True,
        overlaps=True,
    )
