"""PNG, after the W3C recommendation (third edition)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from domain.arrays import PixelArray
from domain.imaging.formats import library, metadata, refusals
from domain.imaging.formats.source import Messages, Source

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
"""What pixels need. Everything else (profiles, text, animation) never reaches the library."""
_MAX_CHUNKS = 200_000


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    at: int
    length: int

    @property
    def end(self) -> int:
        return self.at + 12 + self.length


def inspect(data: bytes) -> Source:
    """Header of a PNG file.

    Raises:
        ImageRefused: damaged or incomplete.
    """
    chunks = _chunks(data)
    header = chunks[0]
    if header.kind != b"IHDR" or header.length != 13:
        raise refusals.corrupt("PNG", "its header is missing")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if zlib.crc32(data[12:29]) != struct.unpack_from(">I", data, 29)[0]:
        raise refusals.corrupt("PNG", "its header has a wrong check sum")
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise refusals.corrupt("PNG", f"its header says {width} x {height} pixels")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise refusals.corrupt("PNG", "its header describes no PNG image there is")
    kinds = {chunk.kind for chunk in chunks}
    if b"IDAT" not in kinds:
        raise refusals.truncated("PNG")
    notes = []
    if b"acTL" in kinds:
        notes.append("This PNG is animated; only its still image is shown.")
    if chunks[-1].end < len(data):
        notes.append(f"{len(data) - chunks[-1].end:,} bytes after the end of the image were ignored.")
    return Source(
        format="png",
        width_px=width,
        height_px=height,
        samples=4 if colour == 3 and b"tRNS" in kinds else _SAMPLES[colour],
        bit_depth=depth,
        orientation=_orientation(data, chunks),
        notes=tuple(notes),
        is_first_of_several=b"acTL" in kinds,
        decode=lambda messages: _decode(
            _payload(data, chunks, palette=colour == 3),
            messages,
            width=width,
            height=height,
            depth=depth,
            grey=colour in (0, 4),
            clear=_clear_value(data, chunks, colour, depth),
        ),
    )


def _decode(
    payload: bytes,
    messages: Messages,
    *,
    width: int,
    height: int,
    depth: int,
    grey: bool,
    clear: tuple[int, ...] | None,
) -> PixelArray:
    pixels = library.read(payload, format_name="png", width_px=width, height_px=height, bit_depth=depth)
    # Only complaints that mean missing pixels: surplus data behind the last row harms nobody.
    if "Not enough" in messages():
        raise refusals.truncated("PNG")
    if grey and pixels.ndim == 3:
        pixels = library.grey_over_black(pixels)
    if clear is not None:
        pixels[(pixels == clear[0]) if grey else (pixels == clear).all(axis=2)] = 0
    return pixels


def _clear_value(data: bytes, chunks: list[_Chunk], colour: int, depth: int) -> tuple[int, ...] | None:
    """The grey value or colour that stands for transparent, as decoded; the library does not apply it."""
    found = next((chunk for chunk in chunks if chunk.kind == b"tRNS"), None)
    values = {0: 1, 2: 3}.get(colour)
    if found is None or values is None:
        return None
    if found.length != 2 * values:
        raise refusals.corrupt("PNG", "its transparent colour is incomplete")
    stored = struct.unpack_from(f">{values}H", data, found.at + 8)
    return tuple(value * (255 // ((1 << depth) - 1)) if depth < 8 else value for value in stored)


def _chunks(data: bytes) -> list[_Chunk]:
    """All chunks up to the end of the image."""
    chunks: list[_Chunk] = []
    at = len(_SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise refusals.truncated("PNG")
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = _Chunk(kind, at, length)
        if not kind.isalpha():
            raise refusals.corrupt("PNG", "its parts cannot be told apart")
        if length >= 1 << 31 or chunk.end > len(data):
            raise refusals.truncated("PNG")
        chunks.append(chunk)
        if kind == b"IEND":
            return chunks
        if len(chunks) > _MAX_CHUNKS:
            raise refusals.corrupt("PNG", "it has too many parts")
        at = chunk.end


def _payload(data: bytes, chunks: list[_Chunk], *, palette: bool) -> bytes:
    """The file without anything but pixels; the file itself where there is nothing else."""
    kept = [chunk for chunk in chunks if chunk.kind in _KEPT or (palette and chunk.kind == b"tRNS")]
    if len(kept) == len(chunks):
        return data[: chunks[-1].end] if chunks[-1].end < len(data) else data
    return b"".join([_SIGNATURE, *(data[chunk.at : chunk.end] for chunk in kept)])


def _orientation(data: bytes, chunks: list[_Chunk]) -> int:
    exif = xmp = None
    for chunk in chunks:
        body = data[chunk.at + 8 : chunk.end - 4] if chunk.kind in (b"eXIf", b"iTXt") else b""
        if chunk.kind == b"eXIf":
            exif = body
        elif body.startswith(b"XML:com.adobe.xmp\0\0\0"):
            xmp = body
    return metadata.orientation(exif=exif, xmp=xmp)
