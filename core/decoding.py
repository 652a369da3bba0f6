"""This process's image decoder."""

from functools import lru_cache

from django.conf import settings

from core.image_decoder import DecodeLimits, ImageDecoder


@lru_cache(maxsize=1)
def decoder() -> ImageDecoder:
    """One pool of decoder processes for all that this process does."""
    limits = DecodeLimits(max_bytes=settings.UPLOAD_MAX_BYTES, max_pixels=settings.IMAGE_MAX_PIXELS)
    return ImageDecoder(workers=settings.DECODER_WORKERS, limits=limits, max_waiting=settings.DECODER_WAITING)
