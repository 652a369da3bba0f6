"""What parent and child say to each other.

Small messages are JSON datagrams on a sequenced socket; pixels and files lie in one memory file both have mapped.
Nothing from the child is ever unpickled: it has read untrusted bytes.
"""

from __future__ import annotations

import json
import mmap
import socket
from dataclasses import dataclass
from typing import Any

from domain.imaging.refusal import DecodeLimits

MAX_MESSAGE_BYTES = 64 * 1024
_PAGE = mmap.PAGESIZE
_SIDE_AREA_BYTES = 4 << 20
"""For encoded thumbnails and tiles."""
_KEPT_BYTES = 8 << 20
"""Pages kept for the next image at the start of each area; what a larger image needed is given back."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in the shared memory: the file, the grey image, then encoded pictures."""

    file_bytes: int
    grey_bytes: int

    @classmethod
    def of(cls, limits: DecodeLimits) -> Layout:
        return cls(file_bytes=_rounded(limits.max_bytes), grey_bytes=_rounded(limits.max_pixels))

    @property
    def grey_at(self) -> int:
        return self.file_bytes

    @property
    def encoded_at(self) -> int:
        return self.file_bytes + self.grey_bytes

    @property
    def encoded_bytes(self) -> int:
        return _SIDE_AREA_BYTES

    @property
    def total_bytes(self) -> int:
        return self.encoded_at + self.encoded_bytes


def give_back(memory: mmap.mmap, *, start: int, used: int) -> None:
    """Return the pages of an area beyond those kept for the next image to the system."""
    if used > _KEPT_BYTES:
        memory.madvise(mmap.MADV_REMOVE, start + _KEPT_BYTES, _rounded(used) - _KEPT_BYTES)


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send one message.

    Raises:
        OSError: the other side is gone.
    """
    channel.send(json.dumps(message, separators=(",", ":")).encode())


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """The next message; None when the other side is gone.

    Raises:
        ValueError: not a message.
    """
    try:
        raw = channel.recv(MAX_MESSAGE_BYTES)
    except ConnectionResetError:
        return None
    if not raw:
        return None
    message = json.loads(raw)
    if not isinstance(message, dict):
        raise ValueError("a message must be an object")
    return message


def _rounded(length: int) -> int:
    return -(-length // _PAGE) * _PAGE
