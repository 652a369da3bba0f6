"""How the samples of a TIFF page are stored: checked against each other and against the length of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.imaging.formats import refusals
from domain.imaging.formats.ifd import BrokenDirectory, Directory

NONE, CCITT_RLE, CCITT_T4, CCITT_T6, LZW, JPEG, DEFLATE, PACKBITS = 1, 2, 3, 4, 5, 7, 8, 32773
_OLD_DEFLATE = 32946
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
_READ = (NONE, CCITT_RLE, CCITT_T4, CCITT_T6, LZW, JPEG, DEFLATE, PACKBITS)
CCITT = (CCITT_RLE, CCITT_T4, CCITT_T6)

_COMPRESSIONS = {
    6: "old-style JPEG",
    32809: "ThunderScan",
    34676: "SGI LogL",
    34677: "SGI LogL",
    34712: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    50000: "Zstandard",
    50001: "WebP",
}
_PHOTOMETRICS = {
    4: "a mask",
    5: "CMYK",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "raw camera data",
    34892: "raw camera data",
}
_SAMPLE_FORMATS = {2: "signed", 3: "floating-point", 5: "complex", 6: "complex"}
_MAX_PIECES = 1 << 20
_MAX_TILE_BYTES = 64 << 20
_RECOMPRESS = "Save it uncompressed, or with LZW or Deflate."


@dataclass(frozen=True, eq=False, slots=True)
class TiffLayout:
    """Where the samples of a page are and what they mean.

    Attributes:
        width: of the page in pixels.
        height: of the page in pixels.
        bits: per sample, 1 to 16.
        samples: per pixel.
        planar: samples of one kind lie together, in planes of their own.
        compression: TIFF tag 259, old Deflate given as DEFLATE.
        predictor: samples are stored as differences to their left neighbour.
        photometric: TIFF tag 262.
        alpha: 0 none, 1 already multiplied with the colours, 2 not multiplied.
        palette: (2 ** bits, 3) uint16, None without palette.
        piece_width: of a strip or tile in pixels.
        piece_height: of a strip or tile in rows.
        tiled: pieces are tiles, always whole.
        offsets: of each piece in the file.
        lengths: of each piece.
        order: byte order, "<" or ">".
        fill_order: 1, or 2 where the bits of each byte are mirrored.
        extra: tags the fax and JPEG decoders need, by number.
    """

    width: int
    height: int
    bits: int
    samples: int
    planar: bool
    compression: int
    predictor: bool
    photometric: int
    alpha: int
    palette: NDArray[np.uint16] | None
    piece_width: int
    piece_height: int
    tiled: bool
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    order: str
    fill_order: int
    extra: dict[int, tuple[int, ...] | bytes]

    @property
    def colours(self) -> int:
        """Samples that are shown: 1 or 3."""
        return 3 if self.photometric in (RGB, YCBCR) else 1

    @property
    def columns(self) -> int:
        """Pieces side by side."""
        return -(-self.width // self.piece_width)

    @property
    def rows(self) -> int:
        """Pieces on top of each other."""
        return -(-self.height // self.piece_height)

    @property
    def piece_samples(self) -> int:
        """Samples per pixel within one piece."""
        return 1 if self.planar else self.samples

    @property
    def row_bytes(self) -> int:
        """Of a row of a piece, unpacked; rows begin at a byte."""
        return (self.piece_width * self.piece_samples * self.bits + 7) // 8

    def piece_rows(self, row: int) -> int:
        """Rows stored in a piece of this row of pieces: the last strip is cut short, tiles never are."""
        if self.tiled:
            return self.piece_height
        return min(self.piece_height, self.height - row * self.piece_height)


def read_layout(directory: Directory) -> TiffLayout:
    """What a directory says about its page.

    Raises:
        ImageRefused: incomplete, or a kind that would not be shown right.
        BrokenDirectory: it contradicts itself.
    """
    width, height = directory.integer(256, 0), directory.integer(257, 0)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise BrokenDirectory(f"its header says {width} x {height} pixels")
    compression = directory.integer(259, NONE)
    compression = DEFLATE if compression == _OLD_DEFLATE else compression
    if compression not in _READ:
        name = _COMPRESSIONS.get(compression, f"number {compression}")
        raise refusals.unsupported(f"This TIFF is compressed with {name}, which is not read.", _RECOMPRESS)
    samples = directory.integer(277, 1)
    if not 1 <= samples <= 64:
        raise BrokenDirectory(f"it claims {samples} samples per pixel")
    bits = _bits(directory, samples)
    photometric = _photometric(directory, samples=samples, bits=bits, compression=compression)
    tiled = 322 in directory
    planar = directory.integer(284, 1) == 2 and samples > 1
    piece_width, piece_height = _piece_size(directory, tiled, width, height)
    layout = TiffLayout(
        width=width,
        height=height,
        bits=bits,
        samples=samples,
        planar=planar,
        compression=compression,
        predictor=_predictor(directory, compression, bits),
        photometric=photometric,
        alpha=_alpha(directory, samples, photometric),
        palette=_palette(directory, bits) if photometric == PALETTE else None,
        piece_width=piece_width,
        piece_height=piece_height,
        tiled=tiled,
        offsets=directory.integers(324 if tiled else 273) or (),
        lengths=directory.integers(325 if tiled else 279) or (),
        order=directory.order,
        fill_order=directory.integer(266, 1),
        extra=_extra(directory),
    )
    return _with_pieces(layout, len(directory.data))


def _bits(directory: Directory, samples: int) -> int:
    stored = directory.integers(258) or (1,)
    # Some writers give one value for all samples, some more values than there are samples.
    bits = stored[0]
    if any(value != bits for value in stored[:samples]):
        raise refusals.unsupported("The channels of this TIFF differ in depth.")
    kinds = directory.integers(339) or (1,)
    for kind in kinds[:samples]:
        if kind in _SAMPLE_FORMATS:
            raise refusals.unsupported(f"This TIFF holds {bits}-bit {_SAMPLE_FORMATS[kind]} numbers.")
    if bits > 16:
        raise refusals.unsupported(f"This TIFF has {bits} bits per sample; at most 16 are read.")
    if bits < 1:
        raise BrokenDirectory(f"it claims {bits} bits per sample")
    return bits


def _photometric(directory: Directory, *, samples: int, bits: int, compression: int) -> int:
    photometric = directory.integer(262, RGB if samples >= 3 else BLACK_IS_ZERO)
    if photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR):
        name = _PHOTOMETRICS.get(photometric, f"colour space {photometric}")
        raise refusals.unsupported(f"This TIFF holds {name}.")
    if photometric in (RGB, YCBCR) and samples < 3:
        raise BrokenDirectory(f"colours in {samples} samples")
    if photometric == PALETTE and (samples > 2 or bits > 8):
        raise refusals.unsupported(f"This TIFF has a palette of {bits} bits.")
    if compression in CCITT and (bits != 1 or samples != 1 or photometric > BLACK_IS_ZERO):
        raise BrokenDirectory("fax compression of more than black and white")
    if compression == JPEG and bits != 8:
        raise refusals.unsupported(f"This TIFF holds a JPEG of {bits} bits.")
    return photometric


def _predictor(directory: Directory, compression: int, bits: int) -> bool:
    predictor = directory.integer(317, 1)
    if predictor == 1 or compression not in (LZW, DEFLATE):
        return False
    if predictor == 2 and bits in (8, 16):
        return True
    raise refusals.unsupported(f"This TIFF stores differences of kind {predictor} in {bits} bits.", _RECOMPRESS)


def _alpha(directory: Directory, samples: int, photometric: int) -> int:
    colours = 3 if photometric in (RGB, YCBCR) else 1
    kinds = directory.integers(338) or ()
    return kinds[0] if samples > colours and kinds and kinds[0] in (1, 2) else 0


def _palette(directory: Directory, bits: int) -> NDArray[np.uint16]:
    values = directory.integers(320)
    if values is None or len(values) != 3 << bits:
        raise BrokenDirectory("its palette is missing or has another length")
    palette = np.array(values, np.uint16).reshape(3, 1 << bits).T
    # Written by programs that took the 16-bit entries for bytes.
    return np.ascontiguousarray(palette * np.uint16(257) if palette.max() < 256 else palette)


def _piece_size(directory: Directory, tiled: bool, width: int, height: int) -> tuple[int, int]:
    if not tiled:
        rows = directory.integer(278, height)
        if rows < 1:
            raise BrokenDirectory("its strips have no rows")
        return width, min(rows, height)
    piece_width, piece_height = directory.integer(322, 0), directory.integer(323, 0)
    if not (0 < piece_width < 1 << 20 and 0 < piece_height < 1 << 20):
        raise BrokenDirectory(f"its tiles have {piece_width} x {piece_height} pixels")
    return piece_width, piece_height


def _extra(directory: Directory) -> dict[int, tuple[int, ...] | bytes]:
    extra: dict[int, tuple[int, ...] | bytes] = {}
    for tag in (292, 293, 530, 531):
        values = directory.integers(tag) if tag in directory else None
        if values is not None and len(values) <= 2:
            extra[tag] = values
    for tag in (347, 529, 532):
        raw = directory.raw(tag)
        if raw is not None and len(raw) <= 1 << 16:
            extra[tag] = raw
    return extra


def _with_pieces(layout: TiffLayout, file_bytes: int) -> TiffLayout:
    """The layout, if all its pieces are there and inside the file."""
    wanted = layout.columns * layout.rows * (layout.samples if layout.planar else 1)
    if wanted > _MAX_PIECES:
        raise refusals.unsupported(f"This TIFF is cut into {wanted:,} pieces.", "Save it with larger strips or tiles.")
    if layout.tiled and layout.row_bytes * layout.piece_height > _MAX_TILE_BYTES:
        raise refusals.unsupported("The tiles of this TIFF are too large.", "Save it with smaller tiles, or in strips.")
    offsets, lengths = layout.offsets, layout.lengths
    if layout.compression == NONE and layout.photometric != YCBCR:
        lengths = _unpacked_lengths(layout, len(offsets))
    if len(offsets) < wanted or len(lengths) < wanted:
        raise BrokenDirectory(f"{wanted} pieces, but places for {min(len(offsets), len(lengths))}")
    offsets, lengths = offsets[:wanted], lengths[:wanted]
    if any(at + length > file_bytes for at, length in zip(offsets, lengths, strict=True)):
        raise refusals.truncated("TIFF")
    return replace(layout, offsets=offsets, lengths=lengths)


def _unpacked_lengths(layout: TiffLayout, count: int) -> tuple[int, ...]:
    """Length of each piece of an unpacked image: it follows from the layout, and many writers get it wrong.

    Raises:
        ImageRefused: a piece is said to be shorter than its pixels.
    """
    whole = [layout.row_bytes * layout.piece_rows(index // layout.columns % layout.rows) for index in range(count)]
    if any(said < needed for said, needed in zip(layout.lengths, whole, strict=False)):
        raise refusals.truncated("TIFF")
    return tuple(whole)
