"""From the wafer to the picture: light, lens and sensor of a brightfield microscope and of an electron microscope."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic.fields import blur, log_uniform, smooth_noise, smooth_series
from demo.synthetic.types import FloatArray


@dataclass(frozen=True, slots=True)
class Look:
    """How one scene is lit, imaged and recorded. Grey levels here run from 0 to 1.

    edge: brightness added where the pattern has an edge (SEM: bright, brightfield: dark diffraction line).
    """

    name: str
    light_rad: float
    edge: float
    blur_px: float
    illumination: FloatArray
    gain: float
    lift: float
    gamma: float
    noise: float
    shot: float
    streak: float
    jpeg_quality: int | None
    info_bar_px: int


def choose_look(rng: np.random.Generator, *, name: str, height_px: int, width_px: int, info_bar: bool = True) -> Look:
    """Draw the settings of one scene: from a well-kept tool to a worn one."""
    sem = name == "sem"
    y, x = np.mgrid[-1 : 1 : height_px * 1j, -1 : 1 : width_px * 1j].astype(np.float32)
    tilt = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0, 0.14)
    vignette = rng.uniform(0, 0.22) if rng.random() < 0.5 else 0.0
    drift = smooth_noise(rng, height_px=height_px, width_px=width_px, cell_px=max(height_px, width_px) * 0.6)
    illumination = 1 + slope * (np.cos(tilt) * x + np.sin(tilt) * y) - vignette * 0.5 * (x * x + y * y) + 0.02 * drift
    return Look(
        name=name,
        light_rad=float(rng.uniform(0, 2 * np.pi)),
        edge=float(rng.uniform(0.08, 0.4) if sem else -rng.choice([0.0, 0.0, rng.uniform(0.03, 0.2)])),
        blur_px=log_uniform(rng, 0.4, 1.5),
        illumination=illumination.astype(np.float32),
        gain=float(rng.uniform(0.75, 1.2)),
        lift=float(rng.uniform(-0.05, 0.1)),
        gamma=float(np.exp(rng.normal(0, 0.22))),
        noise=log_uniform(rng, 0.012, 0.055) if sem else log_uniform(rng, 0.003, 0.028),
        shot=float(rng.uniform(0.2, 1.0) if sem else rng.uniform(0, 0.6)),
        streak=float(rng.uniform(0.004, 0.03) if sem and rng.random() < 0.6 else 0.0),
        jpeg_quality=int(rng.integers(55, 96)) if rng.random() < 0.3 else None,
        info_bar_px=int(height_px * rng.uniform(0.05, 0.09)) if info_bar and sem and rng.random() < 0.15 else 0,
    )


def image_ideal(albedo: FloatArray, *, look: Look) -> FloatArray:
    """(H, W) float32 grey levels 0..255 without noise: what the lens makes of the light, tone curve included."""
    seen = blur(albedo, look.blur_px) * look.illumination
    toned = np.clip(seen * np.float32(look.gain) + np.float32(look.lift), 0.004, 1.0)
    return np.power(toned, np.float32(look.gamma)) * np.float32(255)


@dataclass(frozen=True, slots=True)
class SensorNoise:
    """One exposure's noise, drawn once so that a scene with and without a defect shares it."""

    grain: FloatArray
    rows: FloatArray


def draw_noise(rng: np.random.Generator, *, look: Look, height_px: int, width_px: int) -> SensorNoise:
    """Grain per pixel (slightly correlated at times) and, for SEM, brightness that jumps from row to row."""
    grain = rng.standard_normal((height_px, width_px), dtype=np.float32)
    if rng.random() < 0.3:
        grain = blur(grain, 0.6) * np.float32(1.6)
    rows = np.zeros((height_px, 1), np.float32)
    if look.streak:
        rows = (rng.standard_normal((height_px, 1)) * 0.5).astype(np.float32)
        rows += smooth_series(rng, count=height_px, cells=max(2, height_px // 12))[:, None]
        rows += np.where(rng.random((height_px, 1)) < 0.01, 3.0, 0.0).astype(np.float32) * rng.choice([-1, 1])
    return SensorNoise(grain=grain, rows=rows)


def expose(ideal: FloatArray, *, look: Look, noise: SensorNoise) -> FloatArray:
    """(H, W) float32 grey levels with the noise of the sensor, not yet rounded."""
    spread = look.noise * 255 * np.sqrt((1 - look.shot) + look.shot * ideal / np.float32(128))
    return ideal + spread.astype(np.float32) * noise.grain + np.float32(look.streak * 255) * noise.rows


def develop(exposed: FloatArray, *, look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Round to uint8, pass through JPEG and print the microscope's data bar where the look asks for it."""
    pixels = np.clip(np.rint(exposed), 0, 255).astype(np.uint8)
    if look.info_bar_px:
        _print_info_bar(pixels, height_px=look.info_bar_px, rng=rng)
    if look.jpeg_quality is not None:
        _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg_quality])
        pixels = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.uint8)  # type: ignore[union-attr]
    return pixels


def _print_info_bar(pixels: NDArray[np.uint8], *, height_px: int, rng: np.random.Generator) -> None:
    """A dark bar along the bottom with text and a scale bar: part of the picture, never a defect."""
    height, width = pixels.shape
    pixels[height - height_px :] = int(rng.integers(0, 40))
    text = f"{rng.integers(1, 30)}.0kV x{rng.integers(5, 400)}k {rng.integers(1, 900)}nm"
    scale = height_px / 34
    cv2.putText(pixels, text, (6, height - height_px // 3), cv2.FONT_HERSHEY_SIMPLEX, scale, 235, 1, cv2.LINE_AA)
    bar = int(width * rng.uniform(0.1, 0.2))
    y = height - height_px // 2
    cv2.line(pixels, (width - bar - 8, y), (width - 8, y), 235, 2)
