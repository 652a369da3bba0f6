"""From the detector's fixed-size answer per tile to detections in image pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.detection.calibrate import PlattCalibration, calibrated
from domain.detection.types import TOP, Detections

MIN_SIDE_PX = 1.0
"""A box of which less is left inside its tile lies in the padding: there is nothing to show."""


def decode_outputs(
    boxes: FloatArray,
    scores: FloatArray,
    class_scores: FloatArray,
    embedding: FloatArray,
    *,
    tiles: IntArray,
    calibration: PlattCalibration,
    floor: float,
) -> Detections:
    """Keep what scores at least `floor`, calibrate it, and place it on the image the tiles were cut from.

    Args:
        boxes: (T, K, 4) float x, y, w, h in pixels of the tile.
        scores: (T, K) float raw score, 0..1.
        class_scores: (T, K, C) float independent score per class.
        embedding: (T, K, E) float.
        tiles: (T, 4) int x, y, w, h of each tile on the image; w, h without padding.
        calibration: per class, of the model that answered.
        floor: raw score below which an answer is not looked at.

    Returns:
        Detections in pixels of the tiled image, clipped to the tile that saw them, tile after tile.

    Raises:
        ValueError: the arrays do not belong together, or the calibration has another number of classes.
    """
    _check_shapes(boxes, scores, class_scores, embedding, tiles, calibration)
    tile, peak = np.nonzero(scores >= floor)
    clipped, inside = _clipped(boxes[tile, peak].astype(np.float64), sides_px=tiles[tile, 2:4])
    tile, peak, clipped = tile[inside], peak[inside], clipped[inside]
    clipped[:, :2] += tiles[tile, :2]

    raw = scores[tile, peak].astype(np.float32)
    per_class = class_scores[tile, peak]
    top3_class, top3_confidence = _top(per_class, raw, calibration)
    return Detections(
        boxes_px=clipped.astype(np.float32),
        class_index=top3_class[:, 0],
        confidence=top3_confidence[:, 0],
        raw_score=raw,
        top3_class=top3_class,
        top3_confidence=top3_confidence,
        embedding=embedding[tile, peak].astype(np.float16),
    )


def _check_shapes(
    boxes: FloatArray,
    scores: FloatArray,
    class_scores: FloatArray,
    embedding: FloatArray,
    tiles: IntArray,
    calibration: PlattCalibration,
) -> None:
    peaks = scores.shape
    if len(peaks) != 2 or boxes.shape != (*peaks, 4) or tiles.shape != (peaks[0], 4):
        raise ValueError(
            f"want boxes (T, K, 4), scores (T, K), tiles (T, 4), got {boxes.shape}, {peaks}, {tiles.shape}"
        )
    if class_scores.shape[:2] != peaks or embedding.shape[:2] != peaks or class_scores.ndim != 3 or embedding.ndim != 3:
        raise ValueError(f"class scores {class_scores.shape} or embedding {embedding.shape} do not fit scores {peaks}")
    if class_scores.shape[2] != len(calibration.a):
        raise ValueError(f"{class_scores.shape[2]} classes, but a calibration of {len(calibration.a)}")


def _clipped(boxes: FloatArray, *, sides_px: IntArray) -> tuple[FloatArray, BoolArray]:
    """(N, 4) boxes cut at the real tile, and which of them still have something inside it."""
    corner = np.clip(boxes[:, :2], 0, sides_px)
    far = np.clip(boxes[:, :2] + boxes[:, 2:], 0, sides_px)
    side = far - corner
    return np.concatenate([corner, side], axis=1), np.asarray((side >= MIN_SIDE_PX).all(axis=1), np.bool_)


def _top(
    per_class: FloatArray, raw: FloatArray, calibration: PlattCalibration
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Best three classes and their confidences; the winner is calibrated from the peak's own score."""
    count, classes = per_class.shape
    winner = per_class.argmax(axis=1) if count else np.zeros(0, np.int64)
    rows = np.arange(count)
    confidence = calibrated(per_class, np.arange(classes), calibration=calibration)
    best = calibrated(raw, winner, calibration=calibration)
    # The model's choice stays first; the others follow by confidence and never overtake it.
    confidence = np.minimum(confidence, best[:, None])
    confidence[rows, winner] = best
    ranking = confidence.copy()
    ranking[rows, winner] = np.inf
    order = np.argsort(-ranking, axis=1, kind="stable")[:, :TOP]
    top_class = np.full((count, TOP), -1, np.int16)
    top_confidence = np.zeros((count, TOP), np.float32)
    top_class[:, : order.shape[1]] = order
    top_confidence[:, : order.shape[1]] = np.take_along_axis(confidence, order, axis=1)
    return top_class, top_confidence
