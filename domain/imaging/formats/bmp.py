"""BMP, after the Windows and OS/2 bitmap headers. Decoded here: libraries take the unused fourth byte for alpha."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import PixelArray
from domain.imaging.formats import bmp_runs, refusals
from domain.imaging.formats.source import Source

_RGB, _RLE8, _RLE4, _BITFIELDS, _JPEG, _PNG, _ALPHABITFIELDS = range(7)
_MOST_COLOURS = 1 << 16
"""A palette may be longer than it can be used; not as long as this."""
_INFO_SIZES = (40, 52, 56, 64, 108, 124)
_DEPTHS = {
    _RGB: (1, 2, 4, 8, 16, 24, 32),
    _RLE8: (8,),
    _RLE4: (4,),
    _BITFIELDS: (16, 32),
    _ALPHABITFIELDS: (16, 32),
}
_DEFAULT_MASKS = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0x00FF0000, 0x0000FF00, 0x000000FF, 0)}


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: NDArray[np.uint8]
    pixels_at: int

    @property
    def row_bytes(self) -> int:
        return (self.width * self.bits + 31) // 32 * 4


def inspect(data: bytes) -> Source:
    """Header of a BMP file.

    Raises:
        ImageRefused: damaged, incomplete, or a kind of BMP that is not read.
    """
    header = _header(data)
    grey = len(header.palette) > 0 and bool((header.palette == header.palette[:, :1]).all())
    samples = 1 if grey else 4 if header.masks[3] else 3
    run_length = header.compression in (_RLE8, _RLE4)
    if not run_length and header.pixels_at + header.row_bytes * header.height > len(data):
        raise refusals.truncated("BMP")
    if run_length and len(data) - header.pixels_at > bmp_runs.MAX_PACKED_BYTES:
        raise refusals.unsupported("This BMP is packed and very large.", "Save it unpacked, or as PNG.")
    return Source(
        format="bmp",
        width_px=header.width,
        height_px=header.height,
        samples=samples,
        bit_depth=8,
        orientation=1,
        notes=(),
        decode=lambda messages: _run_length(data, header) if run_length else _plain(data, header),
    )


def _header(data: bytes) -> _Header:
    if len(data) < 26:
        raise refusals.truncated("BMP")
    pixels_at, size = struct.unpack_from("<II", data, 10)
    if 14 + size > len(data):
        raise refusals.truncated("BMP")
    if size == 12:
        width, height, _planes, bits = struct.unpack_from("<HHHH", data, 18)
        compression, colours = _RGB, 0
    elif size in _INFO_SIZES or (16 <= size < 40):
        fields = data[18 : 14 + size].ljust(36, b"\0")
        width, height, _planes, bits, compression = struct.unpack_from("<iiHHI", fields)
        colours = struct.unpack_from("<I", fields, 28)[0]
    else:
        raise refusals.corrupt("BMP", f"its header claims {size:,} bytes")
    if width <= 0 or height in (0, -(1 << 31)):
        raise refusals.corrupt("BMP", f"its header says {width} x {height} pixels")
    if size == 64 and compression in (3, 4):
        raise refusals.unsupported("This OS/2 BMP is packed in a way few programs read.")
    if bits not in _DEPTHS.get(compression, ()):
        raise refusals.unsupported(f"This BMP has {bits} bits per pixel in packing {compression}, which is not read.")
    masks, masks_end = _masks(data, size, bits, compression)
    palette = _palette(data, masks_end, pixels_at, bits=bits, colours=colours, entry_bytes=3 if size == 12 else 4)
    if not masks_end <= pixels_at <= len(data):
        raise refusals.corrupt("BMP", "its picture lies outside the file")
    return _Header(width, abs(height), height < 0, bits, compression, masks, palette, pixels_at)


def _masks(data: bytes, size: int, bits: int, compression: int) -> tuple[tuple[int, int, int, int], int]:
    """Bits of red, green, blue and alpha in a pixel, and where the header ends."""
    end = 14 + size
    if bits not in (16, 32):
        return (0, 0, 0, 0), end
    if compression == _RGB:
        return _DEFAULT_MASKS[bits], end
    count = 4 if size >= 56 or compression == _ALPHABITFIELDS else 3
    if size < 52:
        end += 4 * count
    if 54 + 4 * count > len(data):
        raise refusals.truncated("BMP")
    found = struct.unpack_from(f"<{count}I", data, 54)
    masks = (found[0], found[1], found[2], found[3] if count == 4 else 0)
    if any(masks[one] & masks[other] for one in range(4) for other in range(one)):
        raise refusals.corrupt("BMP", "its colours overlap")
    if not any(masks[:3]) or any(mask >> bits for mask in masks) or not all(_in_one_piece(mask) for mask in masks):
        raise refusals.corrupt("BMP", "it does not say where its colours are")
    return masks, end


def _in_one_piece(mask: int) -> bool:
    return mask == 0 or "01" not in f"{mask:b}"


def _palette(data: bytes, at: int, pixels_at: int, *, bits: int, colours: int, entry_bytes: int) -> NDArray[np.uint8]:
    """(P, 3) uint8 RGB, empty for pictures without palette."""
    if bits > 8:
        return np.zeros((0, 3), np.uint8)
    if colours > _MOST_COLOURS:
        raise refusals.corrupt("BMP", f"its palette claims {colours:,} colours")
    wanted = min(colours or 1 << bits, 1 << bits)
    room = max(0, min(pixels_at, len(data)) - at) // entry_bytes
    count = min(wanted, room)
    if count == 0:
        raise refusals.corrupt("BMP", "its palette is missing")
    entries = np.frombuffer(data, np.uint8, count * entry_bytes, at).reshape(count, entry_bytes)
    return np.ascontiguousarray(entries[:, 2::-1])


def _plain(data: bytes, header: _Header) -> PixelArray:
    rows = np.frombuffer(data, np.uint8, header.row_bytes * header.height, header.pixels_at)
    rows = rows.reshape(header.height, header.row_bytes)
    if not header.top_down:
        rows = rows[::-1]
    if header.bits == 24:
        return np.ascontiguousarray(rows[:, : header.width * 3].reshape(header.height, header.width, 3)[..., ::-1])
    if header.bits > 8:
        return _masked(rows, header)
    return _coloured(_indices(rows, header), header.palette)


def _indices(rows: NDArray[np.uint8], header: _Header) -> NDArray[np.uint8]:
    if header.bits == 8:
        return rows[:, : header.width]
    per_byte = 8 // header.bits
    most = np.uint8((1 << header.bits) - 1)
    shifts = np.arange(per_byte - 1, -1, -1, dtype=np.uint8) * header.bits
    spread = (rows[:, :, None] >> shifts) & most
    return spread.reshape(header.height, -1)[:, : header.width]


def _coloured(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> PixelArray:
    if int(indices.max()) >= len(palette):
        raise refusals.corrupt("BMP", "it uses colours its palette does not have")
    if (palette == palette[:, :1]).all():
        return palette[:, 0][indices]
    return palette[indices]


def _masked(rows: NDArray[np.uint8], header: _Header) -> PixelArray:
    """Pixels of 16 or 32 bits, each colour in its own bits; spread to 0..255."""
    words = rows[:, : header.width * header.bits // 8].copy().view(f"<u{header.bits // 8}")
    if header.masks == _DEFAULT_MASKS[32]:
        return np.ascontiguousarray(words.view(np.uint8).reshape(header.height, header.width, 4)[..., 2::-1])
    kept = [mask for index, mask in enumerate(header.masks) if index < 3 or mask]
    channels = np.zeros((header.height, header.width, len(kept)), np.uint8)
    for index, mask in enumerate(kept):
        if mask:
            shift = (mask & -mask).bit_length() - 1
            most = mask >> shift
            value = (words & np.asarray(mask, words.dtype)) >> np.asarray(shift, words.dtype)
            channels[..., index] = np.rint(value * (255.0 / most))
    return channels


def _run_length(data: bytes, header: _Header) -> PixelArray:
    rows = bmp_runs.unpack(data[header.pixels_at :], width=header.width, height=header.height, bits=header.bits)
    return _coloured(rows if header.top_down else rows[::-1], header.palette)
