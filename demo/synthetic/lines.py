"""Long thin defects: scratches, which something dragged, and cracks, which the crystal chose."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic.fields import blur, draw_strokes, log_uniform, smooth_series
from demo.synthetic.ground import Ground
from demo.synthetic.types import Edit, FloatArray

Path = NDArray[np.float64]


def paint_scratch(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A smooth, slightly wandering track of changing depth, sometimes in parallel, sometimes with thrown-up debris."""
    height, width = ground.shape
    length = size_px or log_uniform(rng, 24, 1.1 * min(height, width))
    path = _place(rng, ground, _scratch_path(rng, length_px=length))
    if path is None:
        return None
    canvas = np.zeros((height, width), np.uint8)
    count = len(path) - 1
    depth = np.clip(0.78 + 0.28 * smooth_series(rng, count=count, cells=max(3, int(length / 30))), 0.42, 1.0)
    depth *= np.clip(np.minimum(np.arange(count) + 1.5, count - np.arange(count) + 0.5) / 3, 0.5, 1)
    wide = 1 if length < 50 else int(rng.choice([1, 1, 2, 2, 3, 4]))
    thickness = np.maximum(1, np.rint(wide * np.clip(depth * 1.2, 0.5, 1.2))).astype(int)
    tracks = 1 if rng.random() < 0.75 else int(rng.integers(2, 4))
    normal = _normal(path)
    for index in range(tracks):
        offset = index * rng.uniform(3.5, 7) * (1 + 0.3 * wide)
        first, last = (0, count + 1) if index == 0 else sorted(rng.integers(0, count + 2, 2))
        if last - first < 4:
            continue
        draw_strokes(
            canvas,
            (path + normal * offset)[first:last],
            strength=depth[first : last - 1] * (1 if index == 0 else 0.75),
            thickness_px=thickness[first : last - 1],
        )
    if length > 60 and rng.random() < 0.35:
        _debris(rng, canvas, path, normal)
    track = blur(canvas.astype(np.float32) / np.float32(255), rng.uniform(0.4, 0.8)) * np.float32(1.15)
    contrast = log_uniform(rng, 0.16, 0.6)
    # A short dark scratch and a short crack are one picture: what tells them apart, drift or kinks, takes some length.
    bright = length < 90 or rng.random() < 0.55
    flank = np.clip(blur(track, 1.0 + wide * 0.5) - track, 0, 1) * np.float32(rng.uniform(0, 0.5))
    relief = (track - flank) * np.float32(contrast if bright else -contrast)
    return _edit("scratch", ground, track, offset=relief)


def paint_crack(rng: np.random.Generator, ground: Ground, *, size_px: float | None = None) -> Edit | None:
    """A dark, jagged line that forks; one lip may stand up and catch the light."""
    height, width = ground.shape
    length = size_px or log_uniform(rng, 26, 1.05 * min(height, width))
    path = _place(rng, ground, _crack_path(rng, length_px=length, heading_rad=float(rng.uniform(0, 2 * np.pi))))
    if path is None:
        return None
    canvas = np.zeros((height, width), np.uint8)
    wide = 1 if length < 60 else int(rng.choice([1, 2, 2, 3]))
    _draw_crack(canvas, path, wide_px=wide)
    forks = int(rng.integers(1, 3)) if length < 70 else int(rng.integers(1, 5))
    for _ in range(forks):
        at = int(rng.integers(len(path) // 4, max(len(path) // 4 + 1, len(path) - 2)))
        heading = float(np.arctan2(*(path[min(at + 1, len(path) - 1)] - path[at - 1])[::-1]))
        turn = float(rng.choice([-1, 1]) * rng.uniform(0.4, 1.1))
        twig = _crack_path(rng, length_px=length * rng.uniform(0.15, 0.42), heading_rad=heading + turn)
        _draw_crack(canvas, twig - twig[0] + path[at], wide_px=max(1, wide - 1))
    if ground.inside_px is not None:
        canvas[ground.inside_px < 0] = 0
    core = np.clip(blur(canvas.astype(np.float32) / np.float32(255), rng.uniform(0.35, 0.6)) * np.float32(1.2), 0, 1)
    contrast = log_uniform(rng, 0.3, 0.95)
    gain = 1 - np.float32(contrast) * core
    angle = ground.look.light_rad
    moved = np.array([[1, 0, np.cos(angle) * (1 + wide * 0.5)], [0, 1, np.sin(angle) * (1 + wide * 0.5)]])
    lip = np.clip(cv2.warpAffine(core, moved, (width, height)) - core, 0, 1)
    lip *= np.float32(rng.uniform(0.0, 0.14) * (2.0 if ground.sem else 1.0))
    return _edit("crack", ground, core, gain=gain, offset=lip.astype(np.float32))


def _scratch_path(rng: np.random.Generator, *, length_px: float) -> Path:
    """(N, 2) points every few pixels along a heading that drifts; starts at 0, 0."""
    step = 4.0 if length_px < 120 else 6.0
    count = max(5, int(length_px / step))
    bend = rng.normal(0, 0.9) * np.linspace(-0.5, 0.5, count) if rng.random() < 0.7 else np.zeros(count)
    wander = smooth_series(rng, count=count, cells=max(3, int(length_px / 50))) * rng.uniform(0.0, 0.22)
    heading = rng.uniform(0, 2 * np.pi) + bend + wander
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * step
    return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def _crack_path(rng: np.random.Generator, *, length_px: float, heading_rad: float) -> Path:
    """(N, 2) corners of a jagged line: straight runs, then a kink, the general direction kept."""
    points = [np.zeros(2)]
    total, side = 0.0, float(rng.choice([-1, 1]))
    while total < length_px:
        run = min(rng.uniform(4, 9 + 0.05 * length_px), length_px - total + 1)
        side = -side if rng.random() < 0.75 else side
        heading = heading_rad + side * rng.uniform(0.2, 0.75)
        points.append(points[-1] + run * np.array([np.cos(heading), np.sin(heading)]))
        total += run
    return np.array(points)


def _place(rng: np.random.Generator, ground: Ground, path: Path) -> Path | None:
    """Move a path to a random place in view; shrink it when it does not fit; None when the rim is in the way."""
    height, width = ground.shape
    usable = height - ground.look.info_bar_px
    extent = np.ptp(path, axis=0)
    fit = min(1.0, 0.96 * width / max(extent[0], 1), 0.96 * usable / max(extent[1], 1))
    path = path * fit
    low, high = path.min(axis=0), path.max(axis=0)
    for _ in range(6):
        room_x, room_y = width - 6 - (high - low)[0], usable - 6 - (high - low)[1]
        start = np.array([rng.uniform(3, 3 + max(room_x, 0.1)), rng.uniform(3, 3 + max(room_y, 0.1))])
        placed = path - low + start
        if ground.inside_px is None:
            return placed
        cells = np.clip(placed.astype(int), 0, [width - 1, height - 1])
        if (ground.inside_px[cells[:, 1], cells[:, 0]] > 4).all():
            return placed
    return None


def _normal(path: Path) -> Path:
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


def _debris(rng: np.random.Generator, canvas: NDArray[np.uint8], path: Path, normal: Path) -> None:
    """Specks thrown out to both sides of a deep scratch."""
    for index in rng.integers(0, len(path), int(rng.integers(3, 10))):
        x, y = path[index] + normal[index] * rng.normal(0, 3.5)
        cv2.circle(
            canvas, (int(x * 16), int(y * 16)), int(rng.uniform(8, 20)), int(rng.uniform(110, 255)), -1, cv2.LINE_AA, 4
        )


def _draw_crack(canvas: NDArray[np.uint8], path: Path, *, wide_px: int) -> None:
    count = len(path) - 1
    thickness = np.maximum(1, np.rint(np.linspace(wide_px, 1, count))).astype(int)
    drawn = np.zeros_like(canvas)
    draw_strokes(drawn, path, strength=np.linspace(1.0, 0.75, count), thickness_px=thickness)
    np.maximum(canvas, drawn, out=canvas)


def _edit(
    code: str, ground: Ground, shape: FloatArray, *, offset: FloatArray | None = None, gain: FloatArray | None = None
) -> Edit | None:
    """Cut the full-frame drawing down to the window that it touches."""
    touched = cv2.dilate((shape > 0.06).astype(np.uint8), np.ones((7, 7), np.uint8))
    x0, y0, w, h = cv2.boundingRect(touched)
    if w < 3 or h < 3:
        return None
    window = (slice(y0, y0 + h), slice(x0, x0 + w))
    return Edit(
        code,
        x0,
        y0,
        touched[window].astype(np.float32),
        gain=None if gain is None else gain[window],
        offset=None if offset is None else offset[window],
    )
