"""The grid of dies a product is printed in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WaferShape:
    """A round wafer, notch down.

    Raises:
        ValueError: no usable area is left.
    """

    diameter_um: float
    edge_exclusion_um: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.edge_exclusion_um < self.diameter_um / 2 < math.inf):
            raise ValueError(
                f"want 0 <= edge exclusion < radius, got {self.edge_exclusion_um} of {self.diameter_um / 2}"
            )

    @property
    def radius_um(self) -> float:
        return self.diameter_um / 2

    @property
    def usable_radius_um(self) -> float:
        return self.diameter_um / 2 - self.edge_exclusion_um


@dataclass(frozen=True, slots=True)
class DieGrid:
    """Die pitch, and the wafer centre seen from the lower left corner of die (0, 0), in µm.

    Raises:
        ValueError: a pitch is not above 0, or a number is not finite.
    """

    pitch_um: tuple[float, float]
    centre_um: tuple[float, float]

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (*self.pitch_um, *self.centre_um)):
            raise ValueError("die grid is not finite")
        if min(self.pitch_um) <= 0:
            raise ValueError(f"die pitch must be above 0, got {self.pitch_um}")


def dies_on_wafer(*, grid: DieGrid, wafer: WaferShape, whole_only: bool = True) -> NDArray[np.int32]:
    """Every die of the wafer, row by row from the lower left.

    Args:
        grid: pitch and position of the dies.
        wafer: the disc they are printed on.
        whole_only: only dies that lie inside the usable radius with all four corners; else every die that
            touches the disc with a corner or its nearest edge.

    Returns:
        (D, 2) int32 column, row.
    """
    pitch, centre = np.array(grid.pitch_um), np.array(grid.centre_um)
    first = np.floor((centre - wafer.radius_um) / pitch).astype(np.int64)
    last = np.floor((centre + wafer.radius_um) / pitch).astype(np.int64)
    rows, columns = np.meshgrid(np.arange(first[1], last[1] + 1), np.arange(first[0], last[0] + 1), indexing="ij")
    dies = np.stack([columns.ravel(), rows.ravel()], axis=1)
    low = dies * pitch - centre
    high = low + pitch
    if whole_only:
        farthest = np.maximum(np.abs(low), np.abs(high))
        inside = np.hypot(farthest[:, 0], farthest[:, 1]) <= wafer.usable_radius_um
    else:
        nearest = np.maximum(np.maximum(low, -high), 0)
        inside = np.hypot(nearest[:, 0], nearest[:, 1]) < wafer.radius_um
    return dies[inside].astype(np.int32)
