"""What a decoder process does with the bytes in its memory file."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from core.image_decoder.views import Viewer, described
from core.image_decoder.wire import Layout
from domain.imaging import quality, thumbnail
from domain.imaging.decode import DecodedImage, decode
from domain.imaging.identity import pixel_sha256
from domain.imaging.preprocess import PreprocessProfile, preprocess, profile_sha256
from domain.imaging.refusal import DecodeLimits, ImageRefused


class Stopwatch:
    """Milliseconds of each step since the last one."""

    def __init__(self) -> None:
        self.steps_ms: dict[str, float] = {}
        self._at = time.perf_counter()

    def lap(self, step: str) -> None:
        """Write down how long it took to get here."""
        now = time.perf_counter()
        self.steps_ms[step] = round((now - self._at) * 1000, 3)
        self._at = now


class Worker:
    """Answers requests, one at a time, from the file at the start of the shared memory."""

    def __init__(self, *, memory: mmap.mmap, layout: Layout, limits: DecodeLimits, messages: Callable[[], str]) -> None:
        self._memory = np.frombuffer(memory, np.uint8)
        self._layout = layout
        self._decode = partial(decode, limits=limits, messages=messages)
        self._viewer = Viewer(self._decode)
        self.largest_bytes = 0
        """Pixels of the last image, for whoever returns memory to the system."""

    def warm_up(self) -> None:
        """Touch every library once, so that the first image is not slower and nothing is loaded under limits."""
        pixels = np.zeros((64, 64), np.uint16)
        grey = preprocess(pixels, profile=PreprocessProfile())
        quality.measure(grey)
        pixel_sha256(pixels)
        self._decode(thumbnail.thumbnail_jpeg(grey, max_side_px=32))
        self._decode(thumbnail.encode_png(grey))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request's answer; a refusal is an answer too."""
        try:
            self.largest_bytes = 0
            data = self._memory[: request["length"]].tobytes()
            if request["do"] == "ingest":
                return self._ingest(data, request)
            return self._render(data, request)
        except ImageRefused as refused:
            return {"refused": refused.code, "message": refused.message[:900]}
        except MemoryError:
            return _OUT_OF_MEMORY
        except Exception as error:
            if "Insufficient memory" in str(error) or "OutOfMemory" in str(error):
                return _OUT_OF_MEMORY
            return {"failed": type(error).__name__, "message": str(error)[:300]}

    def _ingest(self, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
        profile = PreprocessProfile.from_dict(request["profile"])
        self._viewer.forget()
        watch = Stopwatch()
        image = self._decode(data)
        self.largest_bytes = image.pixels.nbytes
        watch.lap("decode")
        pixels_digest = pixel_sha256(image.pixels)
        watch.lap("hash")
        self._check_scale(image, profile)
        grey = preprocess(image.pixels, profile=profile)
        self._memory[self._layout.grey_at : self._layout.grey_at + grey.nbytes] = grey.ravel()
        watch.lap("preprocess")
        small = thumbnail.thumbnail_jpeg(image.pixels, max_side_px=request["thumbnail_px"])
        self._put_encoded(small)
        watch.lap("thumbnail")
        figures = quality.measure(grey)
        watch.lap("quality")
        return {
            **described(image),
            "pixel_sha256": pixels_digest,
            "profile_sha256": profile_sha256(profile),
            "channels": 1 if image.pixels.ndim == 2 else 3,
            "grey_shape": list(grey.shape),
            "encoded_bytes": len(small),
            "quality": figures,
            "timings_ms": watch.steps_ms,
        }

    def _check_scale(self, image: DecodedImage, profile: PreprocessProfile) -> None:
        enlarged = (image.width_px * profile.scale + 1) * (image.height_px * profile.scale + 1)
        if profile.scale > 1 and enlarged > self._layout.grey_bytes:
            raise ImageRefused(
                "too_large",
                f"Enlarged by the recipe's scale of {profile.scale:g}, this image would have {enlarged:,.0f} pixels. "
                "Lower the scale or send a smaller image.",
            )

    def _render(self, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
        picture, answer = self._viewer.draw(data, request)
        self._put_encoded(picture)
        return {**answer, "encoded_bytes": len(picture)}

    def _put_encoded(self, encoded: bytes) -> None:
        if len(encoded) > self._layout.encoded_bytes:
            raise ImageRefused("too_large", "This view is too large to be drawn in one piece. Ask for a smaller one.")
        start = self._layout.encoded_at
        self._memory[start : start + len(encoded)] = np.frombuffer(encoded, np.uint8)


_OUT_OF_MEMORY = {
    "refused": "out_of_memory",
    "message": "Decoding this image needs more memory than is allowed. Send it in smaller parts or with 8 bits.",
}
