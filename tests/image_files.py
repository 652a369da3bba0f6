"""Image files made byte by byte, for tests of what no encoder would write."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def texture(height: int = 48, width: int = 64, *, seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    """(H, W) of smooth noise over the whole range, different in every corner."""
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    ramp = np.linspace(0, 0.5, width)[None] + np.linspace(0, 0.3, height)[:, None]
    smooth = (smooth - smooth.min()) / (np.ptp(smooth) or 1) * 0.2 + ramp
    return np.rint(smooth * np.iinfo(dtype).max).astype(dtype)


def colours(height: int = 48, width: int = 64, *, dtype: type = np.uint8) -> np.ndarray:
    """(H, W, 3) with three different channels."""
    return np.dstack([texture(height, width, seed=seed, dtype=dtype) for seed in (1, 2, 3)])


def encoded(pixels: np.ndarray, kind: str, **settings: Any) -> bytes:
    """A file written by Pillow."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **settings)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int,
    height: int,
    rows: bytes,
    *,
    depth: int = 8,
    colour: int = 0,
    interlace: int = 0,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG of raw filtered rows, with chunks before and after the image data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"".join(
        [
            PNG_SIGNATURE,
            chunk(b"IHDR", header),
            before,
            chunk(b"IDAT", zlib.compress(rows)),
            after,
            chunk(b"IEND", b""),
        ]
    )


def png_rows(pixels: np.ndarray) -> bytes:
    """Unfiltered rows of an array, samples big endian."""
    return b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in pixels)


def exif(orientation: int, *, order: str = "<") -> bytes:
    """An EXIF block that says nothing but which way is up."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    return head + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


def jpeg_with(data: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment right after its start."""
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + data[2:]


def webp_with_exif(data: bytes, block: bytes, *, width: int, height: int) -> bytes:
    """A simple WebP made an extended one that carries EXIF."""
    extended = b"VP8X" + struct.pack("<II", 10, 0x08) + (width - 1).to_bytes(3, "little")
    extended += (height - 1).to_bytes(3, "little")
    tail = b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    body = b"WEBP" + extended + data[12:] + tail
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(
    width: int,
    height: int,
    bits: int,
    rows: bytes,
    *,
    palette: bytes = b"",
    compression: int = 0,
    masks: bytes = b"",
    colours_used: int = 0,
) -> bytes:
    """A BMP with the 40-byte header; rows as stored, padded to four bytes each."""
    at = 14 + 40 + len(masks) + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(rows), 0, 0, colours_used, 0)
    return b"BM" + struct.pack("<IHHI", at + len(rows), 0, 0, at) + header + masks + palette + rows


_TYPES = {"H": 3, "I": 4, "Q": 16}


def tiff(
    pieces: list[bytes],
    tags: dict[int, tuple[int, ...]],
    *,
    order: str = "<",
    big: bool = False,
    tiled: bool = False,
    next_at: int = 0,
) -> bytes:
    """A TIFF of given tags around pieces of image data; tags of the pieces are added."""
    offsets, lengths = (324, 325) if tiled else (273, 279)
    header = 16 if big else 8
    starts = header + np.cumsum([0, *(len(piece) for piece in pieces)])
    described = {**tags, offsets: tuple(map(int, starts[:-1])), lengths: tuple(len(piece) for piece in pieces)}
    body = b"".join(pieces)
    at = header + len(body) + len(body) % 2
    body = body.ljust(at - header, b"\0")
    count, entry, inline = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    word = "Q" if big else "I"
    values_at = at + struct.calcsize(order + count) + len(described) * (20 if big else 12) + inline
    entries, values = b"", b""
    for tag in sorted(described):
        code = "H" if max(described[tag], default=0) < 65536 and tag not in (offsets, lengths) else "I"
        packed = struct.pack(f"{order}{len(described[tag])}{code}", *described[tag])
        place = packed.ljust(inline, b"\0")
        if len(packed) > inline:
            place = struct.pack(order + word, values_at + len(values))
            values += packed + b"\0" * (len(packed) % 2)
        entries += struct.pack(order + entry, tag, _TYPES[code], len(described[tag])) + place
    magic = struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
    head = (b"II" if order == "<" else b"MM") + magic + struct.pack(order + word, at)
    return b"".join(
        [
            head,
            body,
            struct.pack(order + count, len(described)),
            entries,
            struct.pack(order + word, next_at),
            values,
        ]
    )


def grey_tags(width: int, height: int, *, bits: int = 8, samples: int = 1, **more: tuple[int, ...]) -> dict:
    """Tags of an unpacked grey page in one strip; `t262=(0,)` and the like add or replace."""
    tags = {
        256: (width,),
        257: (height,),
        258: (bits,) * samples,
        259: (1,),
        262: (1,),
        277: (samples,),
        278: (height,),
    }
    return {**tags, **{int(name[1:]): value for name, value in more.items()}}
