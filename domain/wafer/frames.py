"""Between image pixels, the wafer and its dies.

Wafer frame: origin at the wafer centre, +x right, +y up, notch down, in µm.
Image frame: origin at the top left corner of the top left pixel, +x right, +y down, in pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray, IntArray
from domain.wafer.die_grid import DieGrid, WaferShape


def image_px_to_wafer_um(
    points_px: FloatArray, *, origin_um: tuple[float, float], pixel_um: float
) -> NDArray[np.float64]:
    """Place points of an image on the wafer.

    Args:
        points_px: (N, 2) x, y in the image frame.
        origin_um: wafer coordinates of the image's top left corner.
        pixel_um: side of a pixel on the wafer, above 0.

    Returns:
        (N, 2) float64 x, y in the wafer frame; y flips.
    """
    step_um = _checked_step(points_px, pixel_um)
    return np.array(origin_um, np.float64) + points_px.astype(np.float64) * step_um


def wafer_um_to_image_px(
    points_um: FloatArray, *, origin_um: tuple[float, float], pixel_um: float
) -> NDArray[np.float64]:
    """Place points of the wafer on an image: the way back from `image_px_to_wafer_um`."""
    step_um = _checked_step(points_um, pixel_um)
    return np.asarray((points_um.astype(np.float64) - np.array(origin_um)) / step_um, np.float64)


def die_to_wafer_um(offsets_um: FloatArray, dies: IntArray, grid: DieGrid) -> FloatArray:
    """Place die-relative points on the wafer.

    Args:
        offsets_um: (N, 2) float64 x, y from the lower-left corner of each point's die, in µm.
        dies: (N, 2) int64 column, row of that die; negative left of and below die (0, 0).
        grid: die pitch, and the wafer centre seen from the corner of die (0, 0), in µm.

    Returns:
        (N, 2) float64 x, y in the wafer frame, in µm; (0, 2) when there are no points.

    Raises:
        ValueError: the arrays are not two (N, 2) arrays of one length.
    """
    if offsets_um.shape != dies.shape or offsets_um.shape[1:] != (2,):
        raise ValueError(f"want two (N, 2) arrays, got {offsets_um.shape} and {dies.shape}")
    corners_um: FloatArray = dies * np.array(grid.pitch_um) - np.array(grid.centre_um)
    return corners_um + offsets_um


def wafer_um_to_die(points_um: FloatArray, *, grid: DieGrid) -> NDArray[np.int32]:
    """Which die each point lies in; a point on a border belongs to the die right of or above it.

    Args:
        points_um: (N, 2) x, y in the wafer frame.
        grid: die pitch and position.

    Returns:
        (N, 2) int32 column, row. The grid goes on beyond the wafer: see `dies_or_none`.
    """
    _check_points(points_um)
    return np.floor((points_um + np.array(grid.centre_um)) / np.array(grid.pitch_um)).astype(np.int32)


def wafer_um_to_die_offset_um(points_um: FloatArray, *, grid: DieGrid) -> NDArray[np.float64]:
    """(N, 2) float64 x, y of each point from the lower left corner of the die it lies in."""
    dies = wafer_um_to_die(points_um, grid=grid)
    return np.asarray(points_um + np.array(grid.centre_um) - dies * np.array(grid.pitch_um), np.float64)


def dies_or_none(points_um: FloatArray, *, grid: DieGrid, wafer: WaferShape) -> list[tuple[int, int] | None]:
    """Column and row of the die of each point, None for a point outside the wafer."""
    dies = wafer_um_to_die(points_um, grid=grid).tolist()
    inside = np.hypot(points_um[:, 0], points_um[:, 1]) <= wafer.radius_um
    return [(die[0], die[1]) if here else None for die, here in zip(dies, inside, strict=True)]


def _checked_step(points: FloatArray, pixel_um: float) -> NDArray[np.float64]:
    _check_points(points)
    if not 0 < pixel_um < np.inf:
        raise ValueError(f"pixel size must be above 0 µm, got {pixel_um}")
    return np.array([pixel_um, -pixel_um])


def _check_points(points: FloatArray) -> None:
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"want an (N, 2) array, got {points.shape}")
