"""How unlike everything that people have decided something is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import FloatArray

UNKNOWN = -1.0
"""Of what has no embedding: below every distance."""
ALIKE_TO_NOTHING = 1.0
"""Where there is nothing to be like."""


def novelty(embedding: FloatArray, *, reference: FloatArray) -> NDArray[np.float64]:
    """Cosine distance to the nearest of what has been decided.

    Args:
        embedding: (N, E) float, length 1; rows of nan have none.
        reference: (R, E) float, length 1, of the same version of the model: others put things elsewhere.

    Returns:
        (N,) float64 from 0 (the same) over 1 (nothing in common, or nothing to compare with) to 2; `UNKNOWN` without an
        embedding.
    """
    is_known = ~np.isnan(embedding).any(axis=1)
    distance = np.full(len(embedding), ALIKE_TO_NOTHING)
    if len(reference):
        likeness = (embedding[is_known] @ reference.T).max(axis=1)
        # Halves are rounded: what is the same may come out a little longer than 1.
        distance[is_known] = np.clip(1.0 - likeness, 0.0, 2.0)
    return np.where(is_known, distance, UNKNOWN)
