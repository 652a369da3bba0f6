"""From the pixels of one image to what a detector finds on it. Computes and asks Triton only: no rows, no settings."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.arrays import GreyArray
from domain.detection.boxes import pairwise_iou
from domain.detection.calibrate import PlattCalibration
from domain.detection.decode import decode_outputs
from domain.detection.filter import most_confident
from domain.detection.merge import merge_across_seams
from domain.detection.scale import to_original_px
from domain.detection.suppress import suppress
from domain.detection.types import Detections
from domain.imaging.tiling import cut_tiles, plan_tiles
from serving.client import TritonClient
from serving.tensors import DetectorSpec, RawOutputs

# What a large image may take longer than a small one, per tile.
PER_TILE_S = 0.12
# A pattern mistaken for defects must not flood the store; what is kept is the most confident.
MOST_FINDINGS = 1000
# Answers far below every threshold are not worth decoding.
RAW_FLOOR = 0.02
# Two classes for one spot: the surer one is reported, the other stays visible among its top three.
ACROSS_CLASSES_IOU = 0.7


@dataclass(frozen=True, eq=False)
class Detector:
    """One version on Triton and how its answers are read, as values.

    Attributes:
        triton_name: Triton's name of the exact version.
        spec: the model's own description.
        tile_px, overlap_px: of the preprocessed image; the tile is the model's input side.
        scale: of preprocessing, preprocessed size over original size.
        thresholds: (C,) confidence per class index from which a finding is reported.
        nms_iou: overlap from which two findings of a class are one.
        deadline_s: for all Triton calls of an image of one tile; more tiles get more time.
    """

    triton_name: str
    spec: DetectorSpec
    tile_px: int
    overlap_px: int
    scale: float
    thresholds: NDArray[np.float32]
    nms_iou: float
    deadline_s: float


@dataclass(frozen=True, eq=False)
class Answered:
    """What the model said of one image, before anything of it is left out.

    Attributes:
        raw: of T tiles.
        tiles: (T, 4) int where each lies on the preprocessed image.
        width_px, height_px: of the original image.
        timings_ms: per step.
    """

    raw: RawOutputs
    tiles: NDArray[np.int32]
    width_px: int
    height_px: int
    timings_ms: dict[str, float]


def find(
    grey: GreyArray, *, width_px: int, height_px: int, detector: Detector, client: TritonClient
) -> tuple[Detections, dict[str, float]]:
    """Ask the model about an image and keep what is to be reported.

    Args:
        grey: (H, W) uint8, preprocessed.
        width_px, height_px: of the original image.

    Returns:
        Findings in original pixels, most confident first, and milliseconds per step.

    Raises:
        serving.errors.ServingError: the model did not answer, or not as it promised.
    """
    answered = ask(grey, width_px=width_px, height_px=height_px, detector=detector, client=client)
    started_s = time.perf_counter()
    found = findings(answered, detector=detector)
    return found, {**answered.timings_ms, "postprocess": _ms_since(started_s)}


def ask(grey: GreyArray, *, width_px: int, height_px: int, detector: Detector, client: TritonClient) -> Answered:
    """The model's answer to every tile of an image. Arguments and faults as `find`."""
    started_s = time.perf_counter()
    height, width = grey.shape
    tiles = plan_tiles(width, height, tile_px=detector.tile_px, overlap_px=detector.overlap_px)
    batch = cut_tiles(grey, tiles, tile_px=detector.tile_px)
    deadline_s = detector.deadline_s + PER_TILE_S * len(tiles)
    tile_ms = _ms_since(started_s)
    started_s = time.perf_counter()
    raw = client.infer(model_name=detector.triton_name, tiles=batch, deadline_s=deadline_s, shape=detector.spec.shape)
    return Answered(raw, tiles, width_px, height_px, {"tile": tile_ms, "infer": _ms_since(started_s)})


def findings(answered: Answered, *, detector: Detector) -> Detections:
    """What of an answer is reported, in original pixels, most confident first."""
    found = _decoded(answered, detector=detector)
    return _settled(found.take(_is_reported(found, detector)), answered, detector=detector)


def opinions(answered: Answered, *, detector: Detector) -> Detections:
    """Everything the model has an opinion of, most confident first: what is reported, just as it is reported, and what
    is less sure than its threshold wherever nothing reported lies.

    The two are read apart: joined across seams with weak guesses, reported boxes would not be what people see.
    """
    found = _decoded(answered, detector=detector)
    is_reported = _is_reported(found, detector)
    reported, weak = (_settled(found.take(part), answered, detector=detector) for part in (is_reported, ~is_reported))
    covered = pairwise_iou(weak.boxes_px, reported.boxes_px).max(axis=1, initial=0.0)
    return Detections.concatenate([reported, weak.take(covered < detector.nms_iou)]).sorted_by_confidence()


def _decoded(answered: Answered, *, detector: Detector) -> Detections:
    raw, spec = answered.raw, detector.spec
    return decode_outputs(
        raw.boxes,
        raw.scores,
        raw.class_scores,
        raw.embedding,
        tiles=answered.tiles,
        calibration=PlattCalibration(a=np.array(spec.calibration_a), b=np.array(spec.calibration_b)),
        floor=RAW_FLOOR,
    )


def _is_reported(found: Detections, detector: Detector) -> NDArray[np.bool_]:
    return found.confidence >= detector.thresholds[found.class_index]


def _settled(found: Detections, answered: Answered, *, detector: Detector) -> Detections:
    """One detection of each thing, in original pixels."""
    found = merge_across_seams(found, tiles=answered.tiles)
    found = suppress(found, iou=detector.nms_iou, across_classes_iou=ACROSS_CLASSES_IOU)
    found = most_confident(found, limit=MOST_FINDINGS)
    if detector.scale == 1.0:
        return found
    return to_original_px(found, scale=detector.scale, width_px=answered.width_px, height_px=answered.height_px)


def _ms_since(started_s: float) -> float:
    return round((time.perf_counter() - started_s) * 1000, 3)
