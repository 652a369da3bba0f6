"""Why an image is not taken."""

from __future__ import annotations

from dataclasses import dataclass

MiB = 1 << 20
FINAL = frozenset({"not_an_image", "unsupported_format", "unsupported_variant", "too_large", "truncated", "corrupt"})
"""Codes of what is wrong with the bytes themselves: they are refused every time. The other refusals may pass."""


class ImageRefused(Exception):
    """These bytes are not shown.

    Attributes:
        code: for machines, stable: `not_an_image`, `unsupported_format`, `unsupported_variant`, `too_large`,
            `truncated`, `corrupt`, `decode_timeout`, `decoder_died`, `out_of_memory`.
        message: for people: what is wrong with the file and what to do about it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """How much an image may ask for; checked against the file's own header before any pixel is decoded.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height.
        max_side_px: the longer side.
        max_decoded_bytes: pixels times channels times bytes per sample, as held while decoding.
    """

    max_bytes: int = 64 * MiB
    max_pixels: int = 50_000_000
    max_side_px: int = 32_768
    max_decoded_bytes: int = 144 * MiB

    def __post_init__(self) -> None:
        if min(self.max_bytes, self.max_pixels, self.max_side_px, self.max_decoded_bytes) < 1:
            raise ValueError("decode limits must be above 0")


def no_bytes() -> ImageRefused:
    """The refusal of an empty file."""
    return ImageRefused("not_an_image", "This file is empty. Check that it was copied completely.")


def too_many_bytes(length: int, *, limits: DecodeLimits) -> ImageRefused:
    """The refusal of a file by its length alone."""
    return ImageRefused(
        "too_large",
        f"This file has {length / MiB:,.1f} MiB; at most {limits.max_bytes / MiB:,.0f} MiB are taken. "
        "Compress it without loss, or cut it into parts.",
    )
