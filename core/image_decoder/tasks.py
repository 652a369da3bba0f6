"""What a decoder process does with the bytes in its memory file."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from core.image_decoder.wire import Layout
from domain.arrays import PixelArray
from domain.imaging import pyramid, quality, thumbnail
from domain.imaging.decode import DecodedImage, decode
from domain.imaging.identity import pixel_sha256
from domain.imaging.preprocess import PreprocessProfile, preprocess, profile_sha256, to_eight_bit
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
        self._limits = limits
        self._messages = messages
        self.largest_bytes = 0

    def warm_up(self) -> None:
        """Touch every library once, so that the first image is not slower and nothing is loaded under limits."""
        pixels = np.zeros((64, 64), np.uint16)
        grey = preprocess(pixels, profile=PreprocessProfile())
        quality.measure(grey)
        pixel_sha256(pixels)
        decode(thumbnail.thumbnail_jpeg(grey, max_side_px=32), limits=self._limits)
        decode(thumbnail.encode_png(grey), limits=self._limits)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request's answer; a refusal is an answer too."""
        try:
            data = self._memory[: request["length"]].tobytes()
            if request["do"] == "ingest":
                return self._ingest(data, request)
            return self._render(data, request)
        except ImageRefused as refused:
            return {"refused": refused.code, "message": refused.message}
        except MemoryError:
            return _OUT_OF_MEMORY
        except Exception as error:
            if "Insufficient memory" in str(error) or "OutOfMemory" in str(error):
                return _OUT_OF_MEMORY
            return {"failed": type(error).__name__, "message": str(error)[:300]}

    def _decoded(self, data: bytes) -> DecodedImage:
        image = decode(data, limits=self._limits, messages=self._messages)
        self.largest_bytes = image.pixels.nbytes
        return image

    def _ingest(self, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
        profile = PreprocessProfile.from_dict(request["profile"])
        watch = Stopwatch()
        image = self._decoded(data)
        watch.lap("decode")
        pixels_digest = pixel_sha256(image.pixels)
        watch.lap("hash")
        grey = preprocess(image.pixels, profile=profile)
        if grey.nbytes > self._layout.grey_bytes:
            raise ImageRefused(
                "too_large",
                f"Enlarged by the recipe's scale of {profile.scale:g}, this image would have {grey.size:,} pixels. "
                "Lower the scale or send a smaller image.",
            )
        self._memory[self._layout.grey_at : self._layout.grey_at + grey.nbytes] = grey.ravel()
        watch.lap("preprocess")
        small = thumbnail.thumbnail_jpeg(image.pixels, max_side_px=request["thumbnail_px"])
        self._put_encoded(small)
        watch.lap("thumbnail")
        figures = quality.measure(grey)
        watch.lap("quality")
        return {
            **_described(image),
            "pixel_sha256": pixels_digest,
            "profile_sha256": profile_sha256(profile),
            "channels": 1 if image.pixels.ndim == 2 else 3,
            "grey_shape": list(grey.shape),
            "encoded_bytes": len(small),
            "quality": figures,
            "timings_ms": watch.steps_ms,
        }

    def _render(self, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
        image = self._decoded(data)
        pixels = to_eight_bit(image.pixels, stretch=True)
        self._put_encoded(_drawn(pixels, request))
        return {**_described(image), "encoded_bytes": self._encoded_bytes}

    def _put_encoded(self, encoded: bytes) -> None:
        if len(encoded) > self._layout.encoded_bytes:
            raise ImageRefused("too_large", "This view is too large to be drawn in one piece. Ask for a smaller one.")
        start = self._layout.encoded_at
        self._memory[start : start + len(encoded)] = np.frombuffer(encoded, np.uint8)
        self._encoded_bytes = len(encoded)


_OUT_OF_MEMORY = {
    "refused": "out_of_memory",
    "message": "Decoding this image needs more memory than is allowed. Send it in smaller parts or with 8 bits.",
}


def _described(image: DecodedImage) -> dict[str, Any]:
    return {
        "width_px": image.width_px,
        "height_px": image.height_px,
        "bit_depth": image.bit_depth,
        "format": image.format,
        "orientation": image.orientation,
        "notes": list(image.notes),
    }


def _drawn(pixels: PixelArray, request: dict[str, Any]) -> bytes:
    if request["do"] == "view":
        return thumbnail.thumbnail_jpeg(pixels, max_side_px=request["max_side_px"])
    draw = pyramid.tile_png if request["png"] else pyramid.tile_jpeg
    try:
        return draw(
            pixels,
            level=request["level"],
            col=request["col"],
            row=request["row"],
            tile_px=request["tile_px"],
            overlap_px=request["overlap_px"],
        )
    except ValueError as error:
        raise ImageRefused("no_such_tile", f"{error}.") from error
