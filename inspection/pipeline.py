"""From the pixels of one image to graded findings. Computes only: no database, no settings, a stopwatch at most."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.arrays import GreyArray
from domain.detection.calibrate import PlattCalibration
from domain.detection.decode import decode_outputs
from domain.detection.filter import apply_thresholds, most_confident
from domain.detection.grade import Band as GradeBand
from domain.detection.grade import Bands, bands_of, image_band, severities_of
from domain.detection.merge import merge_across_seams
from domain.detection.scale import centres_px, sizes_um, to_original_px
from domain.detection.suppress import suppress
from domain.detection.types import Detections
from domain.imaging.fitness import FitnessGate, Flaw
from domain.imaging.tiling import cut_tiles, plan_tiles
from domain.wafer.die_grid import DieGrid, WaferShape
from domain.wafer.frames import dies_or_none, image_px_to_wafer_um
from serving.client import TritonClient
from serving.tensors import DetectorSpec

# What a large image may take longer than a small one, per tile.
PER_TILE_S = 0.12
# A pattern mistaken for defects must not flood the store; what is kept is the most confident.
MOST_FINDINGS = 1000
# Answers far below every threshold are not worth decoding.
RAW_FLOOR = 0.02
# Two classes for one spot: the surer one is reported, the other stays visible among its top three.
ACROSS_CLASSES_IOU = 0.7


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that decides how an image is judged, as values.

    Attributes:
        triton_name: Triton's name of the exact version.
        spec: the model's own description.
        tile_px, overlap_px: of the preprocessed image; the tile is the model's input side.
        scale: of preprocessing, preprocessed size over original size.
        thresholds: (C,) confidence per class index from which a finding is reported.
        bands: confidences of the accept, review and reject bands.
        severity_by_class: (C,) int8, `domain.detection.grade.Severity` per class index.
        gate: what an image needs to be judged without a person.
        nms_iou: overlap from which two findings of a class are one.
        deadline_s: for all Triton calls of an image of one tile; more tiles get more time.
    """

    triton_name: str
    spec: DetectorSpec
    tile_px: int
    overlap_px: int
    scale: float
    thresholds: NDArray[np.float32]
    bands: Bands
    severity_by_class: NDArray[np.int8]
    gate: FitnessGate
    nms_iou: float
    deadline_s: float


@dataclass(frozen=True)
class Place:
    """Where an image lies on its wafer.

    Attributes:
        pixel_um: side of an original pixel.
        origin_um: wafer coordinates of the image's top left corner, or None when nobody said.
        grid, wafer: of the product.
    """

    pixel_um: float
    origin_um: tuple[float, float] | None
    grid: DieGrid
    wafer: WaferShape


@dataclass(frozen=True, eq=False)
class Judgement:
    """What was found on one image, graded and placed.

    Attributes:
        findings: N detections in original pixels, most confident first.
        severities, bands: (N,) int8 values of `domain.detection.grade`.
        sizes_um: (N,) float32 longest side.
        wafer_um: (N, 2) float64 centres in the wafer frame, or None.
        dies: (column, row) per finding, None outside the wafer; None when the image has no place.
        band: of the whole image; with a flaw it is for a person at least.
        flaws: why nothing found does not mean that nothing is there.
        timings_ms: per step.
    """

    findings: Detections
    severities: NDArray[np.int8]
    bands: NDArray[np.int8]
    sizes_um: NDArray[np.float32]
    wafer_um: NDArray[np.float64] | None
    dies: list[tuple[int, int] | None] | None
    band: GradeBand
    flaws: tuple[Flaw, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)


def find(
    grey: GreyArray, *, width_px: int, height_px: int, plan: Plan, client: TritonClient
) -> tuple[Detections, dict[str, float]]:
    """Ask the model about an image and keep what its recipe wants to see.

    Args:
        grey: (H, W) uint8, preprocessed.
        width_px, height_px: of the original image.

    Returns:
        Findings in original pixels, most confident first, and milliseconds per step.

    Raises:
        serving.errors.ServingError: the model did not answer, or not as it promised.
    """
    watch = _Stopwatch()
    height, width = grey.shape
    tiles = plan_tiles(width, height, tile_px=plan.tile_px, overlap_px=plan.overlap_px)
    batch = cut_tiles(grey, tiles, tile_px=plan.tile_px)
    deadline_s = plan.deadline_s + PER_TILE_S * len(tiles)
    watch.lap("tile")
    raw = client.infer(model_name=plan.triton_name, tiles=batch, deadline_s=deadline_s, shape=plan.spec.shape)
    watch.lap("infer")
    found = decode_outputs(
        raw.boxes,
        raw.scores,
        raw.class_scores,
        raw.embedding,
        tiles=tiles,
        calibration=PlattCalibration(a=np.array(plan.spec.calibration_a), b=np.array(plan.spec.calibration_b)),
        floor=RAW_FLOOR,
    )
    found = apply_thresholds(found, thresholds=plan.thresholds)
    found = merge_across_seams(found, tiles=tiles)
    found = suppress(found, iou=plan.nms_iou, across_classes_iou=ACROSS_CLASSES_IOU)
    found = most_confident(found, limit=MOST_FINDINGS)
    if plan.scale != 1.0:
        found = to_original_px(found, scale=plan.scale, width_px=width_px, height_px=height_px)
    watch.lap("postprocess")
    return found, watch.timings_ms


def judge(
    findings: Detections, *, place: Place, plan: Plan, flaws: tuple[Flaw, ...], timings_ms: Mapping[str, float]
) -> Judgement:
    """Grade findings and place them on the wafer. What is found on a poor image counts; what is not says nothing."""
    severities = severities_of(findings.class_index, severity_by_class=plan.severity_by_class)
    bands = bands_of(findings.confidence, bands=plan.bands)
    wafer_um, dies = None, None
    if place.origin_um is not None:
        wafer_um = image_px_to_wafer_um(centres_px(findings), origin_um=place.origin_um, pixel_um=place.pixel_um)
        dies = dies_or_none(wafer_um, grid=place.grid, wafer=place.wafer)
    band = image_band(bands, severities=severities)
    return Judgement(
        findings=findings,
        severities=severities,
        bands=bands,
        sizes_um=sizes_um(findings, pixel_um=place.pixel_um),
        wafer_um=wafer_um,
        dies=dies,
        band=max(band, GradeBand.REVIEW) if flaws else band,
        flaws=flaws,
        timings_ms=dict(timings_ms),
    )


def pack(findings: Detections) -> bytes:
    """Findings as bytes for the prediction cache."""
    parts = [np.ascontiguousarray(getattr(findings, name)) for name in _PACKED]
    return (
        len(findings).to_bytes(4, "little")
        + findings.embedding.shape[1].to_bytes(2, "little")
        + b"".join(part.tobytes() for part in parts)
    )


def unpack(packed: bytes) -> Detections:
    """What `pack` made.

    Raises:
        ValueError: the bytes are something else.
    """
    count, width = int.from_bytes(packed[:4], "little"), int.from_bytes(packed[4:6], "little")
    position, arrays = 6, {}
    for name, (dtype, columns) in _PACKED.items():
        shape = (count,) if columns == 0 else (count, columns if columns > 0 else width)
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        arrays[name] = np.frombuffer(packed[position : position + size], dtype).reshape(shape).copy()
        position += size
    if position != len(packed):
        raise ValueError(f"want {position} bytes of {count} findings, got {len(packed)}")
    return Detections(**arrays)


# Columns per finding: 0 for a plain number, -1 for the embedding's own width.
_PACKED: dict[str, tuple[Any, int]] = {
    "boxes_px": (np.float32, 4),
    "class_index": (np.int16, 0),
    "confidence": (np.float32, 0),
    "raw_score": (np.float32, 0),
    "top3_class": (np.int16, 3),
    "top3_confidence": (np.float32, 3),
    "embedding": (np.float16, -1),
}


class _Stopwatch:
    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}
        self._last_s = time.perf_counter()

    def lap(self, step: str) -> None:
        now_s = time.perf_counter()
        self.timings_ms[step] = round((now_s - self._last_s) * 1000, 3)
        self._last_s = now_s
