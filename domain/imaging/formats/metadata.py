"""The one thing metadata is read for: which way is up."""

from __future__ import annotations

import re
import struct

from domain.imaging.formats import ifd

UPRIGHT = 1
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])\b")
_XMP_BYTES = 1 << 16


def exif_orientation(block: bytes) -> int | None:
    """Orientation of an EXIF block, 1 to 8; None when it says nothing believable."""
    if block.startswith(b"Exif\0"):
        block = block[6:]
    try:
        order, big, at = ifd.read_header(block)
        orientation = ifd.read_directory(block, at, order=order, big=big).integer(ifd.ORIENTATION, UPRIGHT)
    except (ifd.BrokenDirectory, struct.error):
        return None
    return orientation if 1 <= orientation <= 8 else None


def xmp_orientation(packet: bytes) -> int | None:
    """Orientation of an XMP packet; None when it says nothing."""
    found = _XMP_ORIENTATION.search(packet[:_XMP_BYTES])
    return int(found[1]) if found else None


def orientation(*, exif: bytes | None, xmp: bytes | None) -> int:
    """EXIF decides; XMP only where there is no EXIF."""
    said = exif_orientation(exif) if exif is not None else None
    if said is None and xmp is not None:
        said = xmp_orientation(xmp)
    return said or UPRIGHT
