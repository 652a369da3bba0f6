"""Decoding untrusted images in processes that may die: `ImageDecoder` is the only way in.

Imports neither Django nor settings: the processes start from here, and must start fast.
"""

from core.image_decoder.errors import DecoderBusy, DecoderUnavailable
from core.image_decoder.pool import ImageDecoder
from core.image_decoder.results import IngestedImage, RenderedView
from domain.imaging.refusal import DecodeLimits, ImageRefused

__all__ = [
    "DecodeLimits",
    "DecoderBusy",
    "DecoderUnavailable",
    "ImageDecoder",
    "ImageRefused",
    "IngestedImage",
    "RenderedView",
]
