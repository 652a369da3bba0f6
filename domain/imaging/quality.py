"""Figures that say whether an image is fit to be inspected."""

from __future__ import annotations

import cv2
import numpy as np

from domain.arrays import GreyArray

_PATCH_PX = 160
_PATCHES = 3
_SAMPLE_PX = 1 << 16


def measure(grey: GreyArray) -> dict[str, float]:
    """How sharp and how well exposed an image is.

    Sharpness is read from a regular grid of patches and exposure from a regular grid of pixels, so that the cost
    does not grow with the image.

    Args:
        grey: (H, W) uint8.

    Returns:
        blur: variance of the Laplacian in the sharpest patch; low is blurred (or empty).
        exposure: mean grey value, 0..1.
        contrast: standard deviation of the grey value, 0..1.
        saturation: share of pixels at the brightest value.
        darkness: share of pixels at the darkest value.
    """
    height, width = grey.shape
    step = max(1, int((height * width / _SAMPLE_PX) ** 0.5))
    counts = np.bincount(grey[::step, ::step].ravel(), minlength=256) / grey[::step, ::step].size
    values = np.arange(256) / 255
    mean = float(counts @ values)
    return {
        "blur": round(max(_sharpness(patch) for patch in _patches(grey)), 2),
        "exposure": round(mean, 4),
        "contrast": round(float(counts @ (values - mean) ** 2) ** 0.5, 4),
        "saturation": round(float(counts[255]), 4),
        "darkness": round(float(counts[0]), 4),
    }


def _patches(grey: GreyArray) -> list[GreyArray]:
    height, width = grey.shape
    tops = np.linspace(0, max(0, height - _PATCH_PX), _PATCHES).astype(int)
    lefts = np.linspace(0, max(0, width - _PATCH_PX), _PATCHES).astype(int)
    corners = sorted({(int(top), int(left)) for top in tops for left in lefts})
    return [grey[top : top + _PATCH_PX, left : left + _PATCH_PX] for top, left in corners]


def _sharpness(patch: GreyArray) -> float:
    _, deviation = cv2.meanStdDev(cv2.Laplacian(patch, cv2.CV_16S))
    return float(deviation[0][0]) ** 2
