"""The one rule that says which painted defects count as defects, and how far they reach.

A defect is what a person could point at in the finished picture. We compare the noise-free picture with and without
it, and set the difference against the noise that was really drawn there, plus a small part of the contrast of the
pattern around it (a strong pattern masks a weak mark). Difference and noise are first averaged over 3 x 3 pixels, about
what the eye pools without trying.

- below `CNR_LIMIT` the defect is invisible: the scene is drawn again without it;
- its extent is where the difference is plain to see, or a fair part of the peak of a faint defect, and the noise is
  not obviously stronger. What is strong in one place and plain in another is one defect from end to end.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic.types import Edit, FloatArray

CNR_LIMIT = 5.0
"""Peak contrast over noise, the Rose criterion for telling a spot from chance."""
MASKING = 0.14
"""Share of the pattern's own spread that counts as noise."""
CONTRAST_LIMIT = 12.0
"""Grey levels of 255 that the peak must have however quiet the sensor is: less is lost on a screen."""
AREA_LIMIT_PX = 10
EXTENT_FRACTION = 0.3
PLAIN_TO_SEE = 8.0
"""Grey levels that belong to a defect however much stronger it is elsewhere: a crack goes on over dark ground."""
PLAIN_FROM_CNR = 9.0
GROSS_FROM_CNR = 22.0


@dataclass(frozen=True, slots=True)
class Visible:
    """Measured extent of one defect. box_px: x, y, w, h. mask: (h, w) bool inside that box."""

    box_px: tuple[int, int, int, int]
    mask: NDArray[np.bool_]
    contrast_to_noise: float

    @property
    def difficulty(self) -> int:
        """Index into DIFFICULTIES."""
        return int(self.contrast_to_noise >= PLAIN_FROM_CNR) + int(self.contrast_to_noise >= GROSS_FROM_CNR)


def measure(edit: Edit, *, clean: FloatArray, difference: FloatArray, noise: FloatArray) -> Visible | None:
    """Measure one defect; None when it does not reach the limits.

    Args:
        edit: what was painted; only pixels of its support are looked at.
        clean: (H, W) float32 noise-free picture without defects, grey levels.
        difference: (H, W) float32 noise-free picture with all defects minus without, grey levels.
        noise: (H, W) float32 what the sensor added, grey levels.
    """
    window = edit.window()
    inside = edit.support > 0.5
    local = np.abs(difference[window]) * inside
    pooled = cv2.blur(local, (3, 3), borderType=cv2.BORDER_REPLICATE)
    grain = float(cv2.blur(noise[window], (3, 3)).std())
    spread = max(float(np.hypot(grain, MASKING * float(clean[window].std()))), 0.25)
    peak = float(pooled.max())
    contrast_to_noise = peak / spread
    if contrast_to_noise < CNR_LIMIT or peak < CONTRAST_LIMIT:
        return None
    shown = local > max(min(EXTENT_FRACTION * peak, PLAIN_TO_SEE), 0.5 * float(noise[window].std()), 1.5)
    shown = _without_specks(shown)
    if int(shown.sum()) < AREA_LIMIT_PX:
        return None
    x, y, w, h = cv2.boundingRect(shown.astype(np.uint8))
    return Visible((edit.x0 + x, edit.y0 + y, w, h), shown[y : y + h, x : x + w], contrast_to_noise)


def _without_specks(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop islands of a pixel or two: they would stretch the box, and nobody sees them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shown.astype(np.uint8), connectivity=8)
    if count <= 2:
        return shown
    keep = stats[:, cv2.CC_STAT_AREA] >= 3
    keep[0] = False
    return keep[labels]
