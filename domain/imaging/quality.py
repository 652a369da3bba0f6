"""Figures that say whether an image is fit to be inspected."""

from __future__ import annotations

import cv2
import numpy as np

from domain.arrays import FloatArray, GreyArray

_PATCH_PX = 128
_PLACES = tuple((row / 3, column / 3) for row in range(4) for column in range(4))
"""Of the patches, from top left to bottom right: so many that plain parts of a sharp image do not make it blurred."""
_SAMPLE_PX = 1 << 16


def measure(grey: GreyArray) -> dict[str, float]:
    """How sharp and how well exposed an image is.

    Sharpness is read from sixteen patches and exposure from rows at regular distances, so that the cost does not grow
    with the image.

    Args:
        grey: (H, W) uint8.

    Returns:
        blur: variance of the Laplacian in the sharpest patch; low is blurred (or empty).
        exposure: mean grey value, 0..1.
        contrast: standard deviation of the grey value, 0..1.
        saturation: share of pixels at the brightest value.
        darkness: share of pixels at the darkest value.
    """
    counts = _histogram(grey)
    values = np.arange(256) / 255
    mean = float(counts @ values)
    return {
        "blur": round(max(_sharpness(patch) for patch in _patches(grey)), 2),
        "exposure": round(mean, 4),
        "contrast": round(float(counts @ (values - mean) ** 2) ** 0.5, 4),
        "saturation": round(float(counts[255]), 4),
        "darkness": round(float(counts[0]), 4),
    }


def _histogram(grey: GreyArray) -> FloatArray:
    """(256,) shares of the grey values, from whole rows at regular distances."""
    step = max(1, grey.size // _SAMPLE_PX)
    rows = np.ascontiguousarray(grey[step // 2 :: step] if len(grey) > step else grey[:: max(1, len(grey) // 2)])
    counts = cv2.calcHist([rows], [0], None, [256], [0, 256]).ravel()
    return np.asarray(counts / counts.sum(), np.float64)


def _patches(grey: GreyArray) -> list[GreyArray]:
    height, width = grey.shape
    corners = {
        (round(down * max(0, height - _PATCH_PX)), round(right * max(0, width - _PATCH_PX))) for down, right in _PLACES
    }
    return [grey[top : top + _PATCH_PX, left : left + _PATCH_PX] for top, left in corners]


def _sharpness(patch: GreyArray) -> float:
    # The mean of a Laplacian is next to nothing, so its mean square is its variance.
    return float(cv2.norm(cv2.Laplacian(patch, cv2.CV_16S), cv2.NORM_L2SQR)) / patch.size
