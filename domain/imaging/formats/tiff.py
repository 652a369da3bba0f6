"""TIFF 6.0 and BigTIFF: what the first page is, and whether it can be shown right."""

from __future__ import annotations

import struct

from domain.imaging.formats import ifd, refusals, tiff_pixels
from domain.imaging.formats.ifd import BrokenDirectory
from domain.imaging.formats.source import Source
from domain.imaging.formats.tiff_layout import read_layout

_MAX_PAGES = 1000


def inspect(data: bytes) -> Source:
    """First page of a TIFF file.

    Raises:
        ImageRefused: damaged, incomplete, or a kind of TIFF that would not be shown right.
    """
    try:
        order, big, at = ifd.read_header(data)
        directory = ifd.read_directory(data, at, order=order, big=big)
        pages = _count_pages(data, at, order=order, big=big)
        layout = read_layout(directory)
        orientation = directory.integer(ifd.ORIENTATION, 1)
    except (BrokenDirectory, struct.error) as error:
        raise refusals.corrupt("TIFF", str(error)) from error
    notes = []
    if pages > 1:
        notes.append(f"This TIFF has {pages:,} pages; only the first is shown.")
    if layout.palette is None and layout.samples > layout.colours + (1 if layout.alpha else 0):
        notes.append("Further channels of this TIFF are not shown.")
    return Source(
        format="tiff",
        width_px=layout.width,
        height_px=layout.height,
        samples=max(layout.samples, 3 if layout.palette is not None else 1),
        bit_depth=layout.bits,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        notes=tuple(notes),
        is_first_of_several=pages > 1,
        decode=lambda messages: tiff_pixels.decode(data, layout, messages),
    )


def _count_pages(data: bytes, at: int, *, order: str, big: bool) -> int:
    """Pages of the file; a chain that bites its tail or is broken ends there."""
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _MAX_PAGES:
        try:
            at_next = ifd.read_directory(data, at, order=order, big=big).next_at
        except (BrokenDirectory, struct.error):
            break
        seen.add(at)
        at = at_next
    return len(seen)
