"""From the pieces of a TIFF page to pixels.

OpenCV reads many TIFFs wrongly without a word (depth, sign, extra channels, orientation), so it is used only to unpack
what would be slow here: it is shown a small TIFF of our own making around the packed bytes. The rest is arithmetic.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from domain.arrays import PixelArray
from domain.imaging.formats import refusals, tiff_library
from domain.imaging.formats.source import Messages
from domain.imaging.formats.tiff_layout import (
    CCITT,
    DEFLATE,
    JPEG,
    NONE,
    WHITE_IS_ZERO,
    YCBCR,
    TiffLayout,
)

_MIRRORED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], axis=1)[:, 0]


def decode(data: bytes, layout: TiffLayout, messages: Messages) -> PixelArray:
    """Pixels of a page whose layout was checked.

    Returns:
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGB and alpha; uint8, or uint16 for more than 8 bits.

    Raises:
        ImageRefused: the pieces do not hold what the layout says.
    """
    if layout.compression in (*CCITT, JPEG) or layout.photometric == YCBCR:
        pixels = tiff_library.read_page(data, layout, messages)
        return _inverted(pixels) if layout.photometric == WHITE_IS_ZERO else pixels
    return _meaning(_samples(data, layout, messages), layout)


def _samples(data: bytes, layout: TiffLayout, messages: Messages) -> PixelArray:
    """(H, W, S) of the samples that are shown, alpha last where it is needed."""
    shown = layout.colours + (1 if layout.alpha == 2 else 0)
    page = np.empty((layout.height, layout.width, shown), np.uint16 if layout.bits > 8 else np.uint8)
    per_plane = layout.columns * layout.rows
    for plane in range(shown if layout.planar else 1):
        pieces = range(plane * per_plane, (plane + 1) * per_plane)
        for index, values in zip(pieces, _values(data, layout, pieces, messages), strict=True):
            row, column = divmod(index - pieces.start, layout.columns)
            top, left = row * layout.piece_height, column * layout.piece_width
            target = page[top : top + layout.piece_height, left : left + layout.piece_width]
            samples = values[: target.shape[0], : target.shape[1]]
            if layout.planar:
                target[..., plane] = samples[..., 0]
            else:
                target[:] = samples[..., :shown]
    return page


def _values(data: bytes, layout: TiffLayout, pieces: range, messages: Messages) -> Iterator[PixelArray]:
    """(R, piece_width, S) samples of each piece, as stored: not scaled, but with differences summed up."""
    if layout.compression in (NONE, DEFLATE):
        for packed in _unpacked(data, layout, pieces):
            yield _integers(packed, layout)
    elif layout.predictor and layout.piece_samples in (1, 3):
        yield from tiff_library.unpack_samples(data, layout, pieces, messages)
    else:
        for packed in tiff_library.unpack_bytes(data, layout, pieces, messages):
            yield _integers(packed, layout)


def _unpacked(data: bytes, layout: TiffLayout, pieces: range) -> Iterator[NDArray[np.uint8]]:
    """(R, row_bytes) uint8 of each piece that is not packed, or packed as the standard library can unpack it."""
    for index in pieces:
        rows = layout.piece_rows((index - pieces.start) // layout.columns)
        wanted = rows * layout.row_bytes
        at, length = layout.offsets[index], layout.lengths[index]
        if layout.compression == NONE:
            if length < wanted:
                raise refusals.truncated("TIFF")
            stored = np.frombuffer(data, np.uint8, wanted, at)
            stored = _MIRRORED[stored] if layout.fill_order == 2 else stored
        else:
            stored = _inflated(data[at : at + length], wanted, mirrored=layout.fill_order == 2)
        yield stored.reshape(rows, layout.row_bytes)


def _inflated(packed: bytes, wanted: int, *, mirrored: bool) -> NDArray[np.uint8]:
    if mirrored:
        packed = _MIRRORED[np.frombuffer(packed, np.uint8)].tobytes()
    try:
        # One byte more than wanted, so that the check sum behind the last one is read too.
        unpacked = zlib.decompressobj().decompress(packed, wanted + 1)
    except zlib.error as error:
        raise refusals.corrupt("TIFF", "its image data cannot be unpacked") from error
    if len(unpacked) < wanted:
        raise refusals.truncated("TIFF")
    return np.frombuffer(unpacked, np.uint8, wanted)


def _integers(packed: NDArray[np.uint8], layout: TiffLayout) -> PixelArray:
    """(R, piece_width, S) samples of (R, row_bytes)."""
    rows, samples = len(packed), layout.piece_samples
    shape = rows, layout.piece_width, samples
    if layout.bits == 8:
        values: PixelArray = packed.reshape(shape)
    elif layout.bits == 16:
        values = packed.view(layout.order + "u2").reshape(shape).astype(np.uint16, copy=False)
    else:
        values = _bits(packed, layout.bits)[:, : layout.piece_width * samples].reshape(shape)
    if layout.predictor:
        values = np.add.accumulate(values, axis=1, dtype=values.dtype)
    return values


def _bits(packed: NDArray[np.uint8], bits: int) -> PixelArray:
    """(R, N) values of (R, B) bytes that hold them bit after bit; a row at a time, for bits take eight times the
    room."""
    kind = np.uint8 if bits <= 8 else np.uint16
    count = packed.shape[1] * 8 // bits
    weights: PixelArray = (1 << np.arange(bits - 1, -1, -1)).astype(kind)
    values: PixelArray = np.empty((len(packed), count), kind)
    step = max(1, (1 << 20) // max(1, packed.shape[1]))
    for top in range(0, len(packed), step):
        spread: PixelArray = np.unpackbits(packed[top : top + step], axis=1)[:, : count * bits]
        values[top : top + step] = (spread.reshape(-1, count, bits) * weights).sum(axis=2, dtype=kind)
    return values


def _meaning(samples: PixelArray, layout: TiffLayout) -> PixelArray:
    """Samples as grey values or colours over the full range of their type."""
    if layout.palette is not None:
        return _coloured(samples[..., 0], layout.palette)
    most = (1 << layout.bits) - 1
    full = int(np.iinfo(samples.dtype).max)
    if most != full:
        table = np.rint(np.arange(most + 1) * (full / most)).astype(samples.dtype)
        samples = table[samples]
    if layout.photometric == WHITE_IS_ZERO:
        samples[..., 0] = full - samples[..., 0]
    if samples.shape[2] == 1:
        return samples[..., 0]
    if samples.shape[2] == 2:
        grey, alpha = samples[..., 0].astype(np.uint32), samples[..., 1]
        return ((grey * alpha + full // 2) // full).astype(samples.dtype)
    return samples


def _coloured(indices: PixelArray, palette: NDArray[np.uint16]) -> PixelArray:
    colours = (palette >> 8).astype(np.uint8)
    if (colours == colours[:, :1]).all():
        return colours[:, 0][indices]
    return colours[indices]


def _inverted(pixels: PixelArray) -> PixelArray:
    return np.iinfo(pixels.dtype).max - pixels
