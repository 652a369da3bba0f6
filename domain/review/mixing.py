"""What a reviewer is handed next: the queue's own order, with a little of the audit and of checks between."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from domain.arrays import FloatArray, IntArray

MOST_MIXED = 0.9
"""So much of what is handed out may be of the audit and checks together; the rest is the queue's own work."""


class Slot(IntEnum):
    """What one place in a reviewer's hands is filled with."""

    ORDINARY = 0
    AUDIT = 1
    GOLD = 2
    REPEAT = 3


def slots(draws: FloatArray, *, audit: float, gold: float, repeat: float) -> IntArray:
    """Fill places by chance at set rates.

    Args:
        draws: (N,) float64 independent and uniform over 0 ≤ draw < 1, one for each place.
        audit, gold, repeat: share of the places for each.

    Returns:
        (N,) int64 values of Slot.

    Raises:
        ValueError: a share is negative, or together they leave less than a tenth to the queue's own order.
    """
    shares = np.array([audit, gold, repeat], np.float64)
    if (shares < 0.0).any() or shares.sum() > MOST_MIXED + 1e-9:
        raise ValueError(f"want shares from 0 that add up to {MOST_MIXED} at most, got {shares.tolist()}")
    place: IntArray = np.searchsorted(np.cumsum(shares), draws, side="right").astype(np.int64)
    return np.array([Slot.AUDIT, Slot.GOLD, Slot.REPEAT, Slot.ORDINARY], np.int64)[place]
