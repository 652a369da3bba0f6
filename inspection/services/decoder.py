"""What the image decoder's refusals mean to a caller."""

from typing import Any

from core.decoding import decoder
from core.errors import Overloaded, Unavailable
from core.image_decoder import (
    DecoderBusy,
    DecoderUnavailable,
    ImageRefused,
    IngestedImage,
    RenderedView,
)
from inspection.errors import TooLarge, UnusableImage


def decode_for_inspection(data: bytes, *, profile: dict[str, Any]) -> IngestedImage:
    """Decode, preprocess and hash an image in one pass, in a process that may die.

    Raises:
        UnusableImage, TooLarge: the file is refused; the detail says what to do about it.
        Overloaded, Unavailable: no decoder is free or can be started.
    """
    return _translated(lambda: decoder().ingest(data, profile=profile))


def draw_view(data: bytes, *, max_side_px: int) -> RenderedView:
    """A clean JPEG of the whole image. Raises as `decode_for_inspection`."""
    return _translated(lambda: decoder().render_view(data, max_side_px=max_side_px))


def draw_tile(data: bytes, *, level: int, col: int, row: int, tile_px: int, overlap_px: int) -> RenderedView:
    """One deep-zoom tile. Raises as `decode_for_inspection`."""
    return _translated(
        lambda: decoder().render_tile(data, level=level, col=col, row=row, tile_px=tile_px, overlap_px=overlap_px)
    )


def _translated(work: Any) -> Any:
    try:
        return work()
    except ImageRefused as refusal:
        kind = TooLarge if refusal.code == "too_large" else UnusableImage
        raise kind(refusal.message, reason=refusal.code) from refusal
    except DecoderBusy as fault:
        raise Overloaded("Too many images are being decoded. Send this one again shortly.", retry_after_s=2) from fault
    except DecoderUnavailable as fault:
        raise Unavailable("Images cannot be decoded right now. Nothing was stored; try again shortly.") from fault
