"""What a person's look at a detection is expected to save."""

from __future__ import annotations

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.detection.grade import Band

ESCAPE_COST = np.array([1.0, 5.0, 30.0, 100.0])
"""What a missed defect costs, by severity, in units of a tenth of a needless reject."""
OVERKILL_COST = 10.0
"""What rejecting for nothing costs, in the same units."""


def worth_of_look(confidence: FloatArray, *, bands: IntArray, severities: IntArray) -> FloatArray:
    """The expected cost of what would be done with each detection if nobody looked at it.

    An accepted detection that is real escapes, a rejected one that is not costs a good wafer. One for review has no
    decision yet, so the cheaper of the two is what a look saves.

    Args:
        confidence: (N,) float, calibrated: the share of such detections that are real.
        bands: (N,) int values of Band.
        severities: (N,) int values of Severity.

    Returns:
        (N,) float64, never negative.

    Raises:
        ValueError: the arrays are not three of one length.
    """
    if not confidence.shape == bands.shape == severities.shape or confidence.ndim != 1:
        raise ValueError(f"want three (N,) arrays, got {confidence.shape}, {bands.shape} and {severities.shape}")
    escape = confidence * ESCAPE_COST[severities]
    overkill = (1.0 - confidence) * OVERKILL_COST
    worth: FloatArray = np.select(
        [bands == Band.ACCEPT, bands == Band.REJECT], [escape, overkill], default=np.minimum(escape, overkill)
    )
    return worth
