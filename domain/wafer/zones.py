"""Rings of a wafer, for counting defects by where processes differ."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray
from domain.wafer.die_grid import WaferShape


class Zone(IntEnum):
    """From the middle outwards. `.label` is how it is stored and sent."""

    CENTRE = 0
    MIDDLE = 1
    EDGE = 2
    EXCLUSION = 3
    OUTSIDE = 4

    @property
    def label(self) -> str:
        return self.name.lower()


# Three rings of equal area, so that equally many random defects fall in each.
_RING_RADII = np.sqrt(np.array([1 / 3, 2 / 3]))


def zones_of(points_um: FloatArray, *, wafer: WaferShape) -> NDArray[np.int8]:
    """Zone of each point.

    The usable disc is cut into three rings of equal area; beyond it comes the edge exclusion, then nothing.

    Args:
        points_um: (N, 2) x, y in the wafer frame.
        wafer: diameter and edge exclusion.

    Returns:
        (N,) int8 values of Zone.
    """
    if points_um.ndim != 2 or points_um.shape[1] != 2:
        raise ValueError(f"want an (N, 2) array, got {points_um.shape}")
    limits_um = np.array([*(_RING_RADII * wafer.usable_radius_um), wafer.usable_radius_um, wafer.radius_um])
    distance_um = np.hypot(points_um[:, 0], points_um[:, 1])
    return np.searchsorted(limits_um, distance_um, side="left").astype(np.int8)


def in_edge_exclusion(points_um: FloatArray, *, wafer: WaferShape) -> BoolArray:
    """(N,) bool: beyond the usable radius, where defects do not count."""
    return np.asarray(zones_of(points_um, wafer=wafer) >= Zone.EXCLUSION)
