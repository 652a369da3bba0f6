"""WebP, after RFC 9649."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from domain.arrays import PixelArray
from domain.imaging.formats import library, metadata, refusals
from domain.imaging.formats.source import Messages, Source

_ANIMATED = 0x02
_ALPHA = 0x10


def inspect(data: bytes) -> Source:
    """Header of a WebP file.

    Raises:
        ImageRefused: damaged or incomplete.
    """
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise refusals.truncated("WebP")
    size: tuple[int, int] | None = None
    alpha = animated = complete = False
    exif = xmp = None
    for kind, body in _chunks(data, end):
        if kind == b"VP8X" and len(body) >= 10 and size is None:
            alpha, animated = bool(body[0] & _ALPHA), bool(body[0] & _ANIMATED)
            size = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        elif kind in (b"VP8 ", b"VP8L"):
            stored, has_alpha = _bitstream(kind, body)
            if size is not None and size != stored:
                raise refusals.corrupt("WebP", "it gives two different sizes")
            size, alpha, complete = stored, alpha or has_alpha, True
        elif kind == b"ANMF":
            complete = True
        elif kind == b"EXIF":
            exif = bytes(body[:70_000])
        elif kind == b"XMP ":
            xmp = bytes(body[:70_000])
    if size is None or not complete:
        raise refusals.truncated("WebP")
    notes = ["This WebP is animated; only its first picture is shown."] if animated else []
    if end + end % 2 < len(data):
        notes.append(f"{len(data) - end:,} bytes after the end of the image were ignored.")
    width, height = size
    return Source(
        format="webp",
        width_px=width,
        height_px=height,
        samples=4 if alpha or animated else 3,
        bit_depth=8,
        orientation=metadata.orientation(exif=exif, xmp=xmp),
        notes=tuple(notes),
        is_first_of_several=animated,
        decode=lambda messages: _decode(data[:end], messages, width=width, height=height),
    )


def _decode(payload: bytes, messages: Messages, *, width: int, height: int) -> PixelArray:
    pixels = library.read(payload, format_name="webp", width_px=width, height_px=height, bit_depth=8)
    messages()
    return pixels


def _chunks(data: bytes, end: int) -> Iterator[tuple[bytes, memoryview]]:
    whole = memoryview(data)
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise refusals.truncated("WebP")
        yield kind, whole[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _bitstream(kind: bytes, body: memoryview) -> tuple[tuple[int, int], bool]:
    """Size and alpha of the picture itself."""
    if kind == b"VP8 ":
        if len(body) < 10 or bytes(body[3:6]) != b"\x9d\x01\x2a":
            raise refusals.corrupt("WebP", "its picture has no header")
        width, height = struct.unpack_from("<HH", body, 6)
        width, height = width & 0x3FFF, height & 0x3FFF
        alpha = False
    else:
        if len(body) < 5 or body[0] != 0x2F:
            raise refusals.corrupt("WebP", "its picture has no header")
        bits = struct.unpack_from("<I", body, 1)[0]
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    if width == 0 or height == 0:
        raise refusals.corrupt("WebP", "its picture has no size")
    return (width, height), alpha
