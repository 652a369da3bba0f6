"""Small TIFF files of our own making, to have packed bytes unpacked by the library.

Only tags that the unpacking needs are in them, so that nothing else of an untrusted file is ever interpreted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.arrays import PixelArray
from domain.imaging.formats import library, refusals
from domain.imaging.formats.source import Messages
from domain.imaging.formats.tiff_layout import BLACK_IS_ZERO, JPEG, RGB, TiffLayout

_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_SIZES = {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _UNDEFINED: 1}
_LONGS = frozenset((256, 257, 273, 278, 279, 292, 293, 322, 323, 324, 325))
_RAW = {347: _UNDEFINED, 529: _RATIONAL, 532: _RATIONAL}
_BATCH_BYTES = 32 << 20
_MAX_SIDE = 1 << 20
"""The library reads no image with a longer side."""


def read_page(data: bytes, layout: TiffLayout, messages: Messages) -> PixelArray:
    """A whole page in fax, JPEG or subsampled colours.

    Raises:
        ImageRefused: the library complains about anything, for it shows half pictures without failing.
    """
    photometric = layout.photometric if layout.photometric > BLACK_IS_ZERO else BLACK_IS_ZERO
    tags: dict[int, Sequence[int] | bytes] = {
        256: (layout.width,),
        257: (layout.height,),
        258: (layout.bits,) * layout.samples,
        262: (photometric,),
        277: (layout.samples,),
        284: (2 if layout.planar else 1,),
        **{tag: value for tag, value in layout.extra.items() if tag != 347 or layout.compression == JPEG},
    }
    pieces = range(len(layout.offsets))
    payload = _file(data, layout, pieces, tags, piece=(layout.piece_width, layout.piece_height), tiled=layout.tiled)
    pixels = library.read(
        payload, format_name="tiff", width_px=layout.width, height_px=layout.height, bit_depth=layout.bits
    )
    _refuse_if_damaged(messages)
    return library.grey_over_black(pixels) if layout.colours == 1 and pixels.ndim == 3 else pixels


def unpack_bytes(data: bytes, layout: TiffLayout, pieces: range, messages: Messages) -> Iterator[NDArray[np.uint8]]:
    """(R, row_bytes) uint8 of each piece: the pieces are shown to the library as the strips of a grey image of bytes.

    Raises:
        ImageRefused: a piece cannot be unpacked whole.
    """
    tags: dict[int, tuple[int, ...]] = {258: (8,), 262: (BLACK_IS_ZERO,), 277: (1,)}
    for rows in _stacked(data, layout, pieces, messages, width=layout.row_bytes, tags=tags):
        yield np.asarray(rows, np.uint8)


def unpack_samples(data: bytes, layout: TiffLayout, pieces: range, messages: Messages) -> Iterator[PixelArray]:
    """(R, piece_width, S) samples of each piece of 1 or 3 samples, differences summed up by the library.

    Raises:
        ImageRefused: a piece cannot be unpacked whole.
    """
    samples = layout.piece_samples
    tags = {
        258: (layout.bits,) * samples,
        262: (RGB if samples == 3 else BLACK_IS_ZERO,),
        277: (samples,),
        317: (2,),
    }
    for rows in _stacked(data, layout, pieces, messages, width=layout.piece_width, tags=tags):
        yield rows.reshape(len(rows), layout.piece_width, samples)


def _stacked(
    data: bytes,
    layout: TiffLayout,
    pieces: range,
    messages: Messages,
    *,
    width: int,
    tags: dict[int, tuple[int, ...]],
) -> Iterator[PixelArray]:
    """Each piece as the library reads it when they are stacked as strips of one image, some at a time."""
    height = layout.piece_height
    if max(width, height) > _MAX_SIDE:
        raise refusals.unsupported("The strips of this TIFF are too large.", "Save it with smaller strips or tiles.")
    at_once = max(1, min(_BATCH_BYTES // (height * layout.row_bytes), _MAX_SIDE // height))
    for first in range(pieces.start, pieces.stop, at_once):
        batch = range(first, min(first + at_once, pieces.stop))
        rows = [layout.piece_rows((index - pieces.start) // layout.columns) for index in batch]
        described = {**tags, 256: (width,), 257: (sum(rows),), 284: (1,)}
        payload = _file(data, layout, batch, described, piece=(width, height), tiled=False)
        stacked = library.read(payload, format_name="tiff", width_px=width, height_px=sum(rows), bit_depth=tags[258][0])
        _refuse_if_damaged(messages)
        yield from np.split(stacked, np.cumsum(rows)[:-1])


def _refuse_if_damaged(messages: Messages) -> None:
    if messages().strip():
        raise refusals.corrupt("TIFF", "part of the picture is missing")


def _file(
    data: bytes,
    layout: TiffLayout,
    pieces: range,
    tags: Mapping[int, Sequence[int] | bytes],
    *,
    piece: tuple[int, int],
    tiled: bool,
) -> bytes:
    """A TIFF of the given tags around pieces of another."""
    order = layout.order
    lengths = [layout.lengths[index] for index in pieces]
    offsets_tag, lengths_tag = (324, 325) if tiled else (273, 279)
    shape: dict[int, Sequence[int]] = {322: (piece[0],), 323: (piece[1],)} if tiled else {278: (piece[1],)}
    described = {
        **tags,
        **shape,
        259: (layout.compression,),
        266: (layout.fill_order if layout.fill_order == 2 else 1,),
        offsets_tag: [0] * len(lengths),
        lengths_tag: lengths,
    }
    start = len(_directory(described, order))
    described[offsets_tag] = [start + int(at) for at in np.cumsum([0, *lengths[:-1]])]
    parts = [_directory(described, order)]
    parts += [data[layout.offsets[index] : layout.offsets[index] + layout.lengths[index]] for index in pieces]
    return b"".join(parts)


def _directory(tags: dict[int, Sequence[int] | bytes], order: str) -> bytes:
    """Header, one directory and its long values."""
    values_at = 8 + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag in sorted(tags):
        value = tags[tag]
        if isinstance(value, bytes):
            kind, packed = _RAW[tag], value
        else:
            kind = _LONG if tag in _LONGS else _SHORT
            packed = struct.pack(f"{order}{len(value)}{'I' if kind == _LONG else 'H'}", *value)
        count = len(packed) // _SIZES[kind]
        if len(packed) <= 4:
            place = packed.ljust(4, b"\0")
        else:
            place = struct.pack(order + "I", values_at + len(values))
            values += packed + b"\0" * (len(packed) % 2)
        entries += struct.pack(order + "HHI", tag, kind, count) + place
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    return head + entries + bytes(4) + values
