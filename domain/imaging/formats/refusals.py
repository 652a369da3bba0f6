"""Refusals several formats share, so that people read the same words for the same thing."""

from __future__ import annotations

from domain.imaging.refusal import ImageRefused

_SAVE_PLAINLY = "Save it as unsigned 8 or 16 bit grey or RGB, in PNG or TIFF."


def truncated(what: str) -> ImageRefused:
    """The file ends before its image does."""
    return ImageRefused(
        "truncated",
        f"This {what} file is incomplete: it ends before the image does. Copy or export it again, and upload it once "
        "that has finished.",
    )


def corrupt(what: str, detail: str) -> ImageRefused:
    """The file contradicts itself."""
    return ImageRefused(
        "corrupt",
        f"This {what} file is damaged ({detail}). Export it again from the tool it came from, or open it in an image "
        "program and save it as PNG.",
    )


def unsupported(what: str, advice: str = _SAVE_PLAINLY) -> ImageRefused:
    """A kind of image that would not be shown right."""
    return ImageRefused("unsupported_variant", f"{what} {advice}")
