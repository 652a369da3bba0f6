"""What a file's header promises, before a pixel is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.arrays import PixelArray

Messages = Callable[[], str]
"""What the image libraries have complained about since the last call. They often go on with half an image."""


def no_messages() -> str:
    """For callers who cannot listen to the libraries: damaged files may then be shown as far as they go."""
    return ""


@dataclass(frozen=True, slots=True)
class Source:
    """An image file that may be decoded once its size was found acceptable.

    Attributes:
        format: "png", "jpeg", "webp", "bmp" or "tiff".
        width_px: as stored, before orientation.
        height_px: as stored.
        samples: per pixel while decoding: 1 grey, 3 RGB, 4 RGB and alpha (2 grey and alpha where noted).
        bit_depth: of a sample as stored.
        orientation: EXIF orientation, 1 to 8.
        notes: for people.
        is_first_of_several: the file has further pictures of its own, which are not decoded.
        decode: returns (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGB and alpha, uint8 or uint16.
    """

    format: str
    width_px: int
    height_px: int
    samples: int
    bit_depth: int
    orientation: int
    notes: tuple[str, ...]
    decode: Callable[[Messages], PixelArray]
    is_first_of_several: bool = False

    @property
    def decoded_bytes(self) -> int:
        """Memory the pixels take while they are decoded."""
        return self.width_px * self.height_px * self.samples * (2 if self.bit_depth > 8 else 1)
