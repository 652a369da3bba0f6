"""Golden images: what a detector answers to them is recorded once, and held against every server that is to run it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.tensors import OUTPUT_NAMES, RawOutputs, TileArray

IMAGES = "patterns-1"
_ROWS = 5
# The embedded server answers to the last bit; NVIDIA's container carries another build of the runtime, which rounds
# INT8 differently. A file that was swapped or a broken kernel is off by far more than this.
_TOLERANCE = {"boxes": 2.0, "scores": 0.02, "class_scores": 0.02, "embedding": 0.05}


def tiles(*, tile_px: int) -> TileArray:
    """Four fixed images (4, 1, tile, tile), as formulas: a gradient, spots, scratches, and a grid with a gap."""
    rows, cols = np.mgrid[0:tile_px, 0:tile_px]
    gradient = (rows + cols) * 255 // (2 * tile_px)
    spots = np.where((rows % 128 - 64) ** 2 + (cols % 160 - 80) ** 2 < 90, 30, 170)
    scratches = np.where(abs(rows - cols // 2 - 90) < 2, 235, 120) - np.where(abs(rows + cols - 600) < 3, 60, 0)
    grid = np.where((cols % 32 < 14) & ~((abs(rows - 250) < 9) & (cols // 32 == 7)), 200, 70)
    return np.stack([gradient, spots, scratches, grid]).astype(np.uint8)[:, None]


def record(answer: RawOutputs, *, runtime: str) -> dict[str, Any]:
    """The first rows of an answer to `tiles`, as plain numbers for a database column.

    Args:
        runtime: what computed it, for people.
    """
    rows = {name: getattr(answer, name)[:, :_ROWS].astype(float).round(6).tolist() for name in OUTPUT_NAMES}
    return {"images": IMAGES, "runtime": runtime, **rows}


def difference(expected: Mapping[str, Any], answered: RawOutputs) -> str:
    """Why the answer to the golden images is not the recorded one, or an empty string when it is.

    Every recorded row must have its like among the rows answered for that image. Their order is not compared: rows of
    nearly one score trade places between two builds.
    """
    if expected.get("images") != IMAGES:
        return f"the golden answer was recorded for {expected.get('images')!r}, not {IMAGES!r}"
    want = {name: np.array(expected[name], np.float64) for name in OUTPUT_NAMES}
    if len(answered) != len(want["scores"]):
        return f"{len(answered)} images were answered, {len(want['scores'])} recorded"
    worst, reason = 1.0, ""
    for image, row in np.ndindex(want["scores"].shape):
        shares = {name: _away(getattr(answered, name)[image], want[name][image, row], name) for name in OUTPUT_NAMES}
        nearest = int(np.argmin(np.max(list(shares.values()), axis=0)))
        name = max(shares, key=lambda output: shares[output][nearest])
        if (share := float(shares[name][nearest])) > worst:
            worst = share
            reason = (
                f"{name} of image {image} differs by {share * _TOLERANCE[name]:.4g}, more than {_TOLERANCE[name]:g}"
            )
    return reason


def _away(rows: npt.NDArray[np.float32], recorded: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
    """(K,) how far each answered row is from the recorded one, as a share of what is allowed."""
    distance = np.abs(rows.astype(np.float64) - recorded)
    return np.asarray(distance.reshape(len(rows), -1).max(axis=1) / _TOLERANCE[name])
