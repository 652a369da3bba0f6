"""What makes two images the same image."""

from __future__ import annotations

import hashlib

import numpy as np

from domain.arrays import PixelArray


def pixel_sha256(pixels: PixelArray) -> str:
    """Digest of the decoded pixels: equal for equal pictures whatever file they came in.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16; shape and depth are part of the digest.
    """
    digest = hashlib.sha256(f"{pixels.dtype.name} {pixels.shape}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
