"""A pool of decoder processes for many threads."""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from core.image_decoder import answers
from core.image_decoder.answers import BrokenAnswer
from core.image_decoder.crew import Crew
from core.image_decoder.process import ChildDied, ChildTimedOut, DecoderProcess
from core.image_decoder.results import IngestedImage, RenderedView
from domain.imaging.preprocess import PreprocessProfile
from domain.imaging.refusal import DecodeLimits, ImageRefused, MiB, no_bytes, too_many_bytes

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_THUMBNAIL_PX = 256
_TRIES = 3
"""When something kills processes at random, the next one may be dying already."""
_pools: weakref.WeakSet[ImageDecoder] = weakref.WeakSet()


class ImageDecoder:
    """Decodes untrusted images in processes that may die.

    Processes start when the first image comes, so a pool may be made before a server forks. Safe for many threads.

    Args:
        workers: processes at most.
        limits: of a file; refused before decoding.
        max_waiting: threads that may wait for a free process; one more is told to come back.
        timeout_s: per image, waiting for a process not counted.
        wait_timeout_s: for a free process.
        memory_bytes: a process may map on top of what it starts with.
        tasks_per_process: a process is replaced after so many images.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        limits: DecodeLimits | None = None,
        max_waiting: int = 32,
        timeout_s: float = 10.0,
        wait_timeout_s: float = 10.0,
        memory_bytes: int = 320 * MiB,
        tasks_per_process: int = 2000,
    ) -> None:
        if workers < 1 or max_waiting < 0:
            raise ValueError(f"want at least 1 worker and no negative queue, got {workers} and {max_waiting}")
        self.limits = limits or DecodeLimits()
        self._size = workers
        self._max_waiting = max_waiting
        self._timeout_s = timeout_s
        self._wait_timeout_s = wait_timeout_s
        self._memory_bytes = memory_bytes
        self._tasks_per_process = tasks_per_process
        self._crew = self._new_crew()
        _pools.add(self)

    def ingest(
        self, data: bytes | memoryview, *, profile: dict[str, Any], thumbnail_px: int = _THUMBNAIL_PX
    ) -> IngestedImage:
        """Decode an image once and make everything inspection needs of it.

        Args:
            data: the file.
            profile: `PreprocessProfile.to_dict()`.
            thumbnail_px: longest side of the thumbnail.

        Raises:
            ImageRefused: the file is not shown, and why.
            ValueError: not a profile.
            DecoderBusy: too many images wait already.
            DecoderUnavailable: no process can be started.
        """
        self._check_length(data)
        checked = PreprocessProfile.from_dict(profile).to_dict()
        digest: list[str] = []

        def hash_file() -> None:
            # The name the file is stored under must not come from a process that has read untrusted bytes.
            digest[:] = [hashlib.sha256(data).hexdigest()]

        def read(process: DecoderProcess, answer: dict[str, Any]) -> IngestedImage:
            return answers.ingested(process, answer, sha256=digest[0])

        began = time.perf_counter()
        request = {"do": "ingest", "profile": checked, "thumbnail_px": thumbnail_px}
        image = self._run(request, data, read=read, meanwhile=hash_file)
        total_ms = (time.perf_counter() - began) * 1000
        image.timings_ms["wait"] = round(max(0.0, total_ms - sum(image.timings_ms.values())), 3)
        return image

    def render_view(self, data: bytes | memoryview, *, max_side_px: int) -> RenderedView:
        """The whole image as a JPEG, smaller if need be, without metadata.

        Raises:
            as `ingest`.
        """
        self._check_length(data)
        request = {"do": "view", "max_side_px": max_side_px}
        return self._run(request, data, read=answers.rendered_as("image/jpeg"))

    def render_crop(
        self, data: bytes | memoryview, *, box_px: tuple[int, int, int, int], max_side_px: int
    ) -> RenderedView:
        """A part of the image as a JPEG, smaller if need be, without metadata.

        Args:
            data: the file.
            box_px: x, y, w, h in pixels of the upright image; what lies outside it is cut off.
            max_side_px: longest side of the picture.

        Raises:
            as `ingest`.
        """
        self._check_length(data)
        request = {"do": "crop", "box_px": [int(value) for value in box_px], "max_side_px": max_side_px}
        return self._run(request, data, read=answers.rendered_as("image/jpeg"))

    def render_tile(
        self,
        data: bytes | memoryview,
        *,
        level: int,
        col: int,
        row: int,
        tile_px: int = 256,
        overlap_px: int = 1,
        lossless: bool = False,
    ) -> RenderedView:
        """One deep-zoom tile of the image.

        Raises:
            ImageRefused: also with `no_such_tile`.
            DecoderBusy, DecoderUnavailable: as `ingest`.
        """
        self._check_length(data)
        request = {
            "do": "tile",
            "level": level,
            "col": col,
            "row": row,
            "tile_px": tile_px,
            "overlap_px": overlap_px,
            "png": lossless,
        }
        return self._run(request, data, read=answers.rendered_as("image/png" if lossless else "image/jpeg"))

    def status(self) -> dict[str, Any]:
        """What a health page shows."""
        return self._crew.status()

    def close(self) -> None:
        """End all processes; a later image starts new ones."""
        self._crew.close()

    def __enter__(self) -> ImageDecoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_length(self, data: bytes | memoryview) -> None:
        if len(data) == 0:
            raise no_bytes()
        if len(data) > self.limits.max_bytes:
            raise too_many_bytes(len(data), limits=self.limits)

    def _run(
        self,
        request: dict[str, Any],
        data: bytes | memoryview,
        *,
        read: Callable[[DecoderProcess, dict[str, Any]], _Result],
        meanwhile: Callable[[], None] | None = None,
    ) -> _Result:
        """One task on one process; again on another if that one ended, which need not be the image's fault."""
        for _ in range(_TRIES):
            try:
                return self._try(request, data, read=read, meanwhile=meanwhile)
            except ChildDied:
                _log.warning("a decoder process ended at work on %d bytes", len(data))
        raise ImageRefused(
            "decoder_died",
            "This file makes the image decoder crash, so it is damaged or made to do harm. Open it in an image "
            "program and save it again as PNG or TIFF.",
        )

    def _try(
        self,
        request: dict[str, Any],
        data: bytes | memoryview,
        *,
        read: Callable[[DecoderProcess, dict[str, Any]], _Result],
        meanwhile: Callable[[], None] | None,
    ) -> _Result:
        process = self._crew.lend(timeout_s=self._wait_timeout_s)
        fit = False
        try:
            answer = process.ask(request, data, deadline_s=time.monotonic() + self._timeout_s, meanwhile=meanwhile)
            result = read(process, answer)
            fit = True
            return result
        except ImageRefused:
            fit = True
            raise
        except ChildTimedOut as error:
            raise ImageRefused(
                "decode_timeout",
                f"Decoding this image takes more than {self._timeout_s:g} s. Save it without unusual compression, "
                "or send it in smaller parts.",
            ) from error
        except BrokenAnswer as error:
            _log.warning("a decoder process gave a broken answer: %s", error)
            raise ChildDied from error
        finally:
            # Whatever else happened, a process with something unfinished is never lent again.
            if fit:
                self._crew.take_back(process)
            else:
                self._crew.discard(process)

    def _new_crew(self) -> Crew:
        def start() -> DecoderProcess:
            return DecoderProcess(
                limits=self.limits, memory_bytes=self._memory_bytes, cpu_s=max(1, round(self._timeout_s))
            )

        return Crew(
            start=start,
            size=self._size,
            max_waiting=self._max_waiting,
            tasks_per_process=self._tasks_per_process,
        )

    def _after_fork(self) -> None:
        self._crew.abandon()
        self._crew = self._new_crew()


def _after_fork() -> None:
    for pool in list(_pools):
        pool._after_fork()


def _close_all() -> None:
    for pool in list(_pools):
        pool.close()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close_all)
