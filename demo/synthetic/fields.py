"""Random fields and shapes that everything else is drawn with: smooth noise, wobbling lines, irregular blobs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic.types import FloatArray

SUBPIXEL_BITS = 4
_SUBPIXEL = 1 << SUBPIXEL_BITS


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between low and high, every octave equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(max(high, low * 1.0001)))))


def smooth_noise(rng: np.random.Generator, *, height_px: int, width_px: int, cell_px: float) -> FloatArray:
    """(H, W) float32 of about zero mean and unit spread that varies over cell_px."""
    rows = max(2, int(np.ceil(height_px / cell_px)) + 2)
    columns = max(2, int(np.ceil(width_px / cell_px)) + 2)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def smooth_series(rng: np.random.Generator, *, count: int, cells: int) -> FloatArray:
    """(count,) float32 of about zero mean and unit spread with `cells` independent places."""
    knots = rng.standard_normal(max(2, cells)).astype(np.float32)
    return np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots).astype(np.float32)


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur; nothing below a fifth of a pixel."""
    if sigma_px < 0.2:
        return image
    return cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def polygon_mask(points_px: NDArray[np.floating], *, height_px: int, width_px: int) -> FloatArray:
    """(H, W) float32 0..1, anti-aliased, of one closed polygon given as (N, 2) x, y."""
    canvas = np.zeros((height_px, width_px), np.uint8)
    points = np.round(points_px * _SUBPIXEL).astype(np.int32)
    cv2.fillPoly(canvas, [points], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    return canvas.astype(np.float32) / 255.0


def blob_outline(
    rng: np.random.Generator,
    *,
    centre_px: tuple[float, float],
    radius_px: tuple[float, float],
    angle_rad: float,
    roughness: float,
    harmonics: int = 7,
) -> NDArray[np.float64]:
    """(48, 2) outline of an ellipse whose radius wobbles by `roughness` (relative), long waves strongest."""
    theta = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    order = np.arange(2, 2 + harmonics)[:, None]
    amplitude = rng.standard_normal((harmonics, 1)) * roughness / order**0.8
    wobble = 1 + (amplitude * np.cos(order * theta + rng.uniform(0, 2 * np.pi, (harmonics, 1)))).sum(0)
    wobble = np.clip(wobble, 0.35, 1.8)
    x, y = radius_px[0] * wobble * np.cos(theta), radius_px[1] * wobble * np.sin(theta)
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return np.stack([centre_px[0] + cosine * x - sine * y, centre_px[1] + sine * x + cosine * y], axis=1)


def draw_strokes(
    canvas: NDArray[np.uint8],
    points_px: NDArray[np.floating],
    *,
    strength: NDArray[np.floating],
    thickness_px: NDArray[np.integer],
) -> None:
    """Draw a polyline whose strength (0..1) and thickness vary from segment to segment, anti-aliased."""
    points = np.round(points_px * _SUBPIXEL).astype(np.int32)
    for index in range(len(points) - 1):
        start, end = points[index], points[index + 1]
        cv2.line(
            canvas,
            (int(start[0]), int(start[1])),
            (int(end[0]), int(end[1])),
            int(255 * strength[index]),
            int(thickness_px[index]),
            cv2.LINE_AA,
            SUBPIXEL_BITS,
        )


def shifted(image: FloatArray, dx_px: float, dy_px: float) -> FloatArray:
    """The image moved by a fraction of a pixel or more, edges repeated."""
    matrix = np.array([[1, 0, dx_px], [0, 1, dy_px]], np.float32)
    height, width = image.shape
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
