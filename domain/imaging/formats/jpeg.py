"""JPEG, after ITU-T T.81."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from domain.arrays import PixelArray
from domain.imaging.formats import library, metadata, refusals
from domain.imaging.formats.source import Messages, Source

_PROGRESSIVE = 0xC2
_READ = (0xC0, 0xC1, _PROGRESSIVE)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_MAX_SCANS = 200
"""A progressive image has about ten; thousands are made to keep a decoder busy."""
_DAMAGE = re.compile(r"premature end|bad Huffman|out of order|corrupt data|instead of RST|Unsupported marker", re.I)


@dataclass(slots=True)
class _Header:
    frame: int = 0
    depth: int = 0
    width: int = 0
    height: int = 0
    components: int = 0
    exif: bytes | None = None
    xmp: bytes | None = None
    adobe: bool = False
    several: bool = False
    scan_at: int = 0
    dropped: list[tuple[int, int]] = field(default_factory=list)


def inspect(data: bytes) -> Source:
    """Header of a JPEG file.

    Raises:
        ImageRefused: damaged, incomplete, or a kind of JPEG that is not read.
    """
    header = _header(data)
    _check(header)
    end = _end_of_image(data, header)
    notes = []
    if header.components == 4:
        notes.append("Printing colours (CMYK) were converted to RGB without a colour profile.")
    if header.several:
        notes.append("This file holds several pictures; only the first is shown.")
    elif end < len(data):
        notes.append(f"{len(data) - end:,} bytes after the end of the image were ignored.")
    return Source(
        format="jpeg",
        width_px=header.width,
        height_px=header.height,
        samples=header.components,
        bit_depth=8,
        orientation=metadata.orientation(exif=header.exif, xmp=header.xmp),
        notes=tuple(notes),
        decode=lambda messages: _decode(_payload(data, header, end), messages, header),
    )


def _decode(payload: bytes, messages: Messages, header: _Header) -> PixelArray:
    pixels = library.read(payload, format_name="jpeg", width_px=header.width, height_px=header.height, bit_depth=8)
    damage = _DAMAGE.search(messages())
    if damage:
        raise refusals.corrupt("JPEG", "part of the picture is missing")
    return pixels


def _header(data: bytes) -> _Header:
    header = _Header()
    for marker, at, end in _segments(data):
        body_at = at + 4
        if marker in _FRAMES:
            if header.frame:
                raise refusals.corrupt("JPEG", "it has two headers")
            if end - body_at < 6:
                raise refusals.corrupt("JPEG", "its header is too short")
            header.frame = marker
            header.depth, header.height, header.width, header.components = struct.unpack_from(">BHHB", data, body_at)
        elif marker == 0xDA:
            header.scan_at = end
            return header
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            _note_metadata(header, marker, data[body_at : min(end, body_at + 70_000)])
            # Application data can only harm; what the picture needs of it are the colours JFIF and Adobe announce.
            if marker not in (0xE0, 0xEE):
                header.dropped.append((at, end))
    raise refusals.truncated("JPEG")


def _note_metadata(header: _Header, marker: int, body: bytes) -> None:
    if marker == 0xE1 and body.startswith(b"Exif\0") and header.exif is None:
        header.exif = body
    elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        header.xmp = body
    elif marker == 0xE2 and body.startswith(b"MPF\0"):
        header.several = True
    elif marker == 0xEE and body.startswith(b"Adobe"):
        header.adobe = True


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise refusals.corrupt("JPEG", "its parts cannot be told apart")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker in (0x00, 0xD9) or end < at + 4:
            raise refusals.corrupt("JPEG", "its parts cannot be told apart")
        if end > len(data):
            raise refusals.truncated("JPEG")
        yield marker, at, end
        at = end


def _check(header: _Header) -> None:
    if not header.frame:
        raise refusals.corrupt("JPEG", "its header is missing")
    if header.frame not in _READ:
        raise refusals.unsupported("This is a lossless, arithmetic or hierarchical JPEG, which few programs read.")
    if header.depth != 8:
        raise refusals.unsupported(f"This JPEG has {header.depth} bits per sample; only 8 are read.")
    if header.width == 0 or header.height == 0:
        raise refusals.unsupported("This JPEG does not say how large it is.")
    if header.components not in (1, 3, 4):
        raise refusals.unsupported(f"This JPEG has {header.components} colour channels.")
    if header.components == 4 and not header.adobe:
        raise refusals.unsupported("This JPEG has four colour channels and does not say which.")


def _end_of_image(data: bytes, header: _Header) -> int:
    """Where the first image ends, its last marker included.

    Raises:
        ImageRefused: it does not end, or has absurdly many scans.
    """
    if data.endswith(b"\xff\xd9") and header.frame != _PROGRESSIVE and header.components == 1:
        # One scan is all there can be. A second image behind it would go unnoticed, and unread.
        return len(data)
    return _walk_scans(data, header.scan_at)


def _walk_scans(data: bytes, scan_at: int) -> int:
    """From marker to marker, for tables between scans may contain anything."""
    array = np.frombuffer(data, np.uint8)
    found = np.flatnonzero(array[scan_at:-1] == 0xFF) + scan_at
    kinds = array[found + 1]
    real = (kinds != 0) & (kinds != 0xFF) & ((kinds < 0xD0) | (kinds > 0xD7))
    found = found[real]
    at, scans = scan_at, 1
    while scans <= _MAX_SCANS:
        index = int(np.searchsorted(found, at))
        if index == len(found):
            raise refusals.truncated("JPEG")
        at = int(found[index])
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if at + 4 > len(data):
            raise refusals.truncated("JPEG")
        scans += marker == 0xDA
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    raise refusals.corrupt("JPEG", "it is built from too many scans")


def _payload(data: bytes, header: _Header, end: int) -> bytes:
    if not header.dropped and end == len(data):
        return data
    parts, at = [], 0
    for start, stop in header.dropped:
        parts.append(data[at:start])
        at = stop
    return b"".join([*parts, data[at:end]])
