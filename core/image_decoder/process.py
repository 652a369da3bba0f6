"""The parent's handle on one decoder process."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from core.confinement.start import start
from core.image_decoder import wire
from core.image_decoder.errors import DecoderUnavailable
from domain.arrays import GreyArray
from domain.imaging.refusal import DecodeLimits

_CHILD = "core.image_decoder.child"
_START_TIMEOUT_S = 30.0
_KEPT_MEMORY_BYTES = 32 << 20
_ENVIRONMENT = {
    # Keep the memory of one image for the next: fresh pages cost more than what is done with them.
    "MALLOC_MMAP_THRESHOLD_": str(_KEPT_MEMORY_BYTES),
    "MALLOC_TRIM_THRESHOLD_": str(_KEPT_MEMORY_BYTES),
    "OPENCV_LOG_LEVEL": "WARNING",
}


class ChildDied(Exception):
    """The process ended while it was asked something."""


class ChildTimedOut(Exception):
    """The process did not answer in time and was killed."""


class DecoderProcess:
    """One running child. Used by one thread at a time."""

    def __init__(self, *, limits: DecodeLimits, memory_bytes: int, cpu_s: int) -> None:
        self.layout = wire.Layout.of(limits)
        self.tasks_done = 0
        memory_fd = os.memfd_create("image-decoder", os.MFD_CLOEXEC)
        theirs: socket.socket | None = None
        try:
            os.ftruncate(memory_fd, self.layout.total_bytes)
            self._memory = mmap.mmap(memory_fd, self.layout.total_bytes)
            self._bytes = np.frombuffer(self._memory, np.uint8)
            self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            settings = {
                "channel_fd": theirs.fileno(),
                "memory_fd": memory_fd,
                "limits": asdict(limits),
                "memory_bytes": memory_bytes,
                "cpu_s": cpu_s,
                "parent_pid": os.getpid(),
            }
            self._process = start(_CHILD, settings, environment=_ENVIRONMENT, pass_fds=(theirs.fileno(), memory_fd))
        finally:
            os.close(memory_fd)
            if theirs is not None:
                theirs.close()
        self.isolation = self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(
        self,
        request: dict[str, Any],
        data: bytes | memoryview,
        *,
        deadline_s: float,
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Put a file into the shared memory, ask, and wait.

        Args:
            request: what to do.
            data: the file.
            deadline_s: on the monotonic clock.
            meanwhile: called once while the child works.

        Raises:
            ChildDied: the process ended.
            ChildTimedOut: no answer at the deadline; the process is killed.
        """
        self._bytes[: len(data)] = np.frombuffer(data, np.uint8)
        self.tasks_done += 1
        try:
            wire.send(self._channel, {**request, "length": len(data)})
        except OSError as error:
            raise ChildDied from error
        if meanwhile is not None:
            meanwhile()
        answer = self._receive(deadline_s)
        wire.give_back(self._memory, start=0, used=len(data))
        return answer

    def grey(self, shape: tuple[int, int]) -> GreyArray:
        """A copy of the grey image the last answer is about."""
        start, length = self.layout.grey_at, shape[0] * shape[1]
        copied = self._bytes[start : start + length].reshape(shape).copy()
        wire.give_back(self._memory, start=start, used=length)
        return copied

    def encoded(self, length: int) -> bytes:
        """A copy of the encoded picture the last answer is about."""
        start = self.layout.encoded_at
        return self._bytes[start : start + length].tobytes()

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process; it holds nothing worth waiting for."""
        self._channel.close()
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()

    def abandon(self) -> None:
        """Let go of a child that belongs to the process we were forked from."""
        self._channel.close()
        # The handle must neither wait for nor warn about a child that is not ours.
        self._process.returncode = 0

    def _receive(self, deadline_s: float) -> dict[str, Any]:
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        while not poll.poll(max(0.0, deadline_s - time.monotonic()) * 1000):
            if time.monotonic() >= deadline_s:
                self.stop()
                raise ChildTimedOut
        try:
            answer = wire.receive(self._channel)
        except (OSError, ValueError) as error:
            raise ChildDied from error
        if answer is None:
            raise ChildDied
        return answer

    def _wait_until_ready(self) -> dict[str, Any]:
        try:
            said = self._receive(time.monotonic() + _START_TIMEOUT_S)
        except (ChildDied, ChildTimedOut) as error:
            self.stop()
            raise DecoderUnavailable(f"the decoder process did not start ({self._process.returncode})") from error
        if "failed" in said:
            self.stop()
            raise DecoderUnavailable(f"the decoder process did not start: {said['failed']}")
        return said
