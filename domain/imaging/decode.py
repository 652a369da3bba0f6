"""From untrusted bytes to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from domain.arrays import PixelArray
from domain.imaging.formats import bmp, jpeg, png, tiff, webp
from domain.imaging.formats.source import Messages, Source, no_messages
from domain.imaging.orientation import upright
from domain.imaging.refusal import DecodeLimits, ImageRefused, MiB, no_bytes, too_many_bytes
from domain.imaging.sniff import sniff

__all__ = ["DecodeLimits", "DecodedImage", "ImageRefused", "decode", "inspect"]

# One image, one core: many images are decoded side by side by many processes.
cv2.setNumThreads(1)

_INSPECT = {
    "png": png.inspect,
    "jpeg": jpeg.inspect,
    "webp": webp.inspect,
    "bmp": bmp.inspect,
    "tiff": tiff.inspect,
}


@dataclass(frozen=True, eq=False, slots=True)
class DecodedImage:
    """An upright image and what its file said about it.

    Attributes:
        pixels: (H, W) or (H, W, 3) RGB, uint8 or uint16. Samples of other depths fill the range of the next of these.
        format: "png", "jpeg", "webp", "bmp" or "tiff".
        bit_depth: of a sample as stored in the file.
        width_px: upright.
        height_px: upright.
        orientation: EXIF orientation that was undone, 1 to 8.
        notes: what a person should know about how the file was read.
        is_first_of_several: the file has further pictures of its own. The previews that cameras add to a JPEG are none.
    """

    pixels: PixelArray
    format: str
    bit_depth: int
    width_px: int
    height_px: int
    orientation: int
    notes: tuple[str, ...]
    is_first_of_several: bool = False


def decode(data: bytes, *, limits: DecodeLimits, messages: Messages = no_messages) -> DecodedImage:
    """Show a file right or refuse it.

    The type is told by the content, and every size by the header, before any pixel is decoded. Transparent parts
    become black: on an inspection image they lie where nothing was recorded.

    Args:
        data: the whole file.
        limits: of bytes, sides, pixels and decoded size.
        messages: what the image libraries wrote to standard error since it was last called; damage they only
            complain about is refused when this is given.

    Raises:
        ImageRefused: with a code for machines and a message a person can act on.
        MemoryError: the process may not have as much memory as the pixels need.
    """
    source = inspect(data, limits=limits)
    messages()
    stored = _opaque(source.decode(messages))
    pixels = upright(stored, orientation=source.orientation)
    return DecodedImage(
        pixels=pixels,
        format=source.format,
        bit_depth=source.bit_depth,
        width_px=pixels.shape[1],
        height_px=pixels.shape[0],
        orientation=source.orientation,
        notes=source.notes,
        is_first_of_several=source.is_first_of_several,
    )


def inspect(data: bytes, *, limits: DecodeLimits) -> Source:
    """Read the header and hold it against the limits.

    Raises:
        ImageRefused: not a format we read, a variant we would show wrong, incomplete, or too large.
    """
    if not data:
        raise no_bytes()
    if len(data) > limits.max_bytes:
        raise too_many_bytes(len(data), limits=limits)
    source = _INSPECT[sniff(data)](data)
    _check_size(source, limits)
    return source


def _check_size(source: Source, limits: DecodeLimits) -> None:
    width, height = source.width_px, source.height_px
    advice = "Reduce it or cut it into parts."
    if max(width, height) > limits.max_side_px:
        raise ImageRefused(
            "too_large",
            f"This image has {width:,} x {height:,} pixels; no side may have more than {limits.max_side_px:,}. "
            f"{advice}",
        )
    if width * height > limits.max_pixels:
        raise ImageRefused(
            "too_large",
            f"This image has {width:,} x {height:,} pixels; at most {limits.max_pixels / 1e6:,.0f} million are "
            f"taken. {advice}",
        )
    if source.decoded_bytes > limits.max_decoded_bytes:
        raise ImageRefused(
            "too_large",
            f"Decoded, this image has {source.decoded_bytes / MiB:,.0f} MiB; at most "
            f"{limits.max_decoded_bytes / MiB:,.0f} MiB are taken. Save it in grey or with 8 bits, or cut it into "
            "parts.",
        )


def _opaque(pixels: PixelArray) -> PixelArray:
    """(H, W) or (H, W, 3) of pixels that may have an alpha channel: laid over black."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    colour = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
    alpha = pixels[..., 3]
    full = np.iinfo(pixels.dtype).max
    if int(alpha.min()) == full:
        return colour  # type: ignore[return-value]
    for channel in range(3):
        colour[..., channel] = cv2.multiply(colour[..., channel], alpha, scale=1 / full)
    return colour  # type: ignore[return-value]
