"""What a decoder gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.arrays import GreyArray


@dataclass(frozen=True, eq=False, slots=True)
class IngestedImage:
    """An image that was decoded once, with everything that is made from its pixels.

    Attributes:
        sha256: of the file.
        pixel_sha256: of the decoded, upright pixels.
        profile_sha256: of the preprocessing profile.
        width_px: of the upright image.
        height_px: of the upright image.
        bit_depth: of a sample as stored in the file.
        channels: 1 or 3, as decoded.
        format: "png", "jpeg", "webp", "bmp" or "tiff".
        orientation: EXIF orientation that was undone, 1 to 8.
        notes: what a person should know about how this file was read.
        grey: (H, W) uint8, preprocessed.
        thumbnail_jpeg: without metadata.
        quality: figures of `domain.imaging.quality.measure`.
        is_first_of_several: the file has further pictures, which nobody looks at.
        timings_ms: per step, "wait" for a free decoder included.
    """

    sha256: str
    pixel_sha256: str
    profile_sha256: str
    width_px: int
    height_px: int
    bit_depth: int
    channels: int
    format: str
    orientation: int
    notes: tuple[str, ...]
    grey: GreyArray
    thumbnail_jpeg: bytes
    quality: dict[str, float]
    is_first_of_several: bool = False
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class RenderedView:
    """A picture for people, made from the pixels alone.

    Attributes:
        content: the encoded picture.
        media_type: "image/jpeg" or "image/png".
        width_px: of the whole upright image, not of the picture.
        height_px: of the whole upright image.
    """

    content: bytes
    media_type: str
    width_px: int
    height_px: int
