"""From what a detector found on one image to graded findings. Computes only: no database, no settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.detection.grade import Band as GradeBand
from domain.detection.grade import Bands, bands_of, image_band, severities_of
from domain.detection.scale import centres_px, sizes_um
from domain.detection.types import Detections
from domain.imaging.fitness import FitnessGate, Flaw
from domain.wafer.die_grid import DieGrid, WaferShape
from domain.wafer.frames import dies_or_none, image_px_to_wafer_um
from serving.detector import Detector


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that decides how an image is judged, as values.

    Attributes:
        detector: who is asked, and how its answers are read.
        bands: confidences of the accept, review and reject bands.
        severity_by_class: (C,) int8, `domain.detection.grade.Severity` per class index.
        gate: what an image needs to be judged without a person.
    """

    detector: Detector
    bands: Bands
    severity_by_class: NDArray[np.int8]
    gate: FitnessGate


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
