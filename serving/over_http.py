"""What Triton says over HTTP: its metrics page, and whether it lives when gRPC does not answer."""

import http.client
import io
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from serving.deadline import Deadline
from serving.errors import BadAnswer, ServingError, TritonTimeout, TritonUnavailable

_CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


def read(url: str, *, deadline_s: float, most_bytes: int) -> bytes:
    """The body of a page.

    Args:
        deadline_s: for all of it, however the server's bytes trickle in.

    Raises:
        TritonUnavailable: it cannot be read in time.
        BadAnswer: it is larger than it may be, or no HTTP.
    """
    deadline = Deadline.after(deadline_s, clock=time.monotonic)
    try:
        body = _body(url, deadline=deadline, most_bytes=most_bytes)
    except (OSError, ValueError, TritonTimeout) as fault:
        raise TritonUnavailable(f"{url} cannot be read: {fault}") from fault
    except http.client.HTTPException as fault:
        raise BadAnswer(f"{url} does not answer in HTTP: {type(fault).__name__}") from fault
    if len(body) > most_bytes:
        raise BadAnswer(f"{url} is larger than {most_bytes} bytes")
    return body


def is_live(http_url: str, *, deadline_s: float) -> bool:
    """Whether the server's process answers at all over HTTP."""
    try:
        read(f"{http_url.rstrip('/')}/v2/health/live", deadline_s=deadline_s, most_bytes=4096)
    except ServingError:
        return False
    return True


def _body(url: str, *, deadline: Deadline, most_bytes: int) -> bytes:
    place = urlsplit(url)
    if place.scheme not in _CONNECTIONS or not place.hostname:
        raise ValueError("not an HTTP address")

    class Response(http.client.HTTPResponse):
        """An answer of which every piece is waited for until the deadline at most: the library's time is per piece."""

        def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self.fp = io.BufferedReader(_Pieces(self.fp.detach(), sock=sock, deadline=deadline))

    connection = _CONNECTIONS[place.scheme](place.hostname, place.port, timeout=deadline.remaining_s())
    connection.response_class = Response
    try:
        connection.request("GET", f"{place.path or '/'}{'?' if place.query else ''}{place.query}")
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise TritonUnavailable(f"{url} answers {response.status} {response.reason}")
        return response.read(most_bytes + 1)
    finally:
        connection.close()


class _Pieces(io.RawIOBase):
    """What comes over a socket until a deadline."""

    def __init__(self, pieces: Any, *, sock: socket.socket, deadline: Deadline) -> None:
        self._pieces, self._sock, self._deadline = pieces, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.require(at_least_s=0.001, doing="for the rest of the answer"))
        read: int | None = self._pieces.readinto(buffer)
        return read

    def close(self) -> None:
        # The socket lives for as long as this is open, though the connection is done with it.
        self._pieces.close()
        super().close()
