"""Reading what a decoder process answers, checked before anybody believes it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from core.image_decoder.process import DecoderProcess
from core.image_decoder.results import IngestedImage, RenderedView
from domain.imaging.refusal import ImageRefused

_HEX = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z_]{1,40}")
_FORMATS = ("png", "jpeg", "webp", "bmp", "tiff")
_MAX_SIDE_PX = 1 << 24


class BrokenAnswer(ValueError):
    """A decoder process answered something it never should."""


def ingested(process: DecoderProcess, answer: dict[str, Any], *, sha256: str) -> IngestedImage:
    """The answer to "ingest".

    Raises:
        ImageRefused: the child says so.
        BrokenAnswer: the child says what it never should.
    """
    _raise_if_refused(answer)
    shape = answer.get("grey_shape")
    if not isinstance(shape, list) or len(shape) != 2:
        raise BrokenAnswer("grey_shape")
    height, width = (_whole({"side": side}, "side", low=1, high=_MAX_SIDE_PX) for side in shape)
    if height * width > process.layout.grey_bytes:
        raise BrokenAnswer(f"grey_shape: {shape}")
    return IngestedImage(
        sha256=sha256,
        pixel_sha256=_digest(answer, "pixel_sha256"),
        profile_sha256=_digest(answer, "profile_sha256"),
        width_px=_whole(answer, "width_px", low=1, high=_MAX_SIDE_PX),
        height_px=_whole(answer, "height_px", low=1, high=_MAX_SIDE_PX),
        bit_depth=_whole(answer, "bit_depth", low=1, high=64),
        channels=_whole(answer, "channels", low=1, high=3),
        format=_format(answer),
        orientation=_whole(answer, "orientation", low=1, high=8),
        notes=_texts(answer, "notes"),
        grey=process.grey((height, width)),
        thumbnail_jpeg=_encoded(process, answer),
        quality=_figures(answer, "quality"),
        is_first_of_several=_truth(answer, "is_first_of_several"),
        timings_ms=_figures(answer, "timings_ms"),
    )


def rendered_as(media_type: str) -> Callable[[DecoderProcess, dict[str, Any]], RenderedView]:
    """A reader of the answers to "view" and "tile"."""

    def rendered(process: DecoderProcess, answer: dict[str, Any]) -> RenderedView:
        _raise_if_refused(answer)
        return RenderedView(
            content=_encoded(process, answer),
            media_type=media_type,
            width_px=_whole(answer, "width_px", low=1, high=_MAX_SIDE_PX),
            height_px=_whole(answer, "height_px", low=1, high=_MAX_SIDE_PX),
        )

    return rendered


def _raise_if_refused(answer: dict[str, Any]) -> None:
    if "refused" in answer:
        code = _text(answer, "refused")
        if not _CODE.fullmatch(code):
            raise BrokenAnswer("refused")
        raise ImageRefused(code, _text(answer, "message"))
    if "failed" in answer:
        raise BrokenAnswer(f"{answer['failed']!s:.60}: {answer.get('message')!s:.300}")


def _encoded(process: DecoderProcess, answer: dict[str, Any]) -> bytes:
    return process.encoded(_whole(answer, "encoded_bytes", low=1, high=process.layout.encoded_bytes))


def _format(answer: dict[str, Any]) -> str:
    name = _text(answer, "format")
    if name not in _FORMATS:
        raise BrokenAnswer(f"format: {name}")
    return name


def _whole(answer: dict[str, Any], name: str, *, low: int, high: int) -> int:
    """An integer of the answer within its range."""
    value = answer.get(name)
    if type(value) is not int or not low <= value <= high:
        raise BrokenAnswer(f"{name}: {value!r}")
    return value


def _truth(answer: dict[str, Any], name: str) -> bool:
    """Yes or no."""
    value = answer.get(name)
    if not isinstance(value, bool):
        raise BrokenAnswer(name)
    return value


def _digest(answer: dict[str, Any], name: str) -> str:
    """A SHA-256 digest of the answer."""
    value = answer.get(name)
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise BrokenAnswer(f"{name}: {value!r}")
    return value


def _text(answer: dict[str, Any], name: str, *, longest: int = 1000) -> str:
    """A short text of the answer."""
    value = answer.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise BrokenAnswer(name)
    return value


def _texts(answer: dict[str, Any], name: str) -> tuple[str, ...]:
    """A short list of short texts."""
    values = answer.get(name)
    if not isinstance(values, list) or len(values) > 20:
        raise BrokenAnswer(name)
    return tuple(_text({name: value}, name) for value in values)


def _figures(answer: dict[str, Any], name: str) -> dict[str, float]:
    """A small table of finite numbers."""
    values = answer.get(name)
    if not isinstance(values, dict) or len(values) > 20:
        raise BrokenAnswer(name)
    if not all(isinstance(v, (int, float)) and math.isfinite(v) and len(k) <= 40 for k, v in values.items()):
        raise BrokenAnswer(name)
    return {key: float(value) for key, value in values.items()}
