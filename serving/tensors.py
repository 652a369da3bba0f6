"""The detector contract: what a model file promises, and the check of every answer against it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.errors import BadAnswer, BadArtefact

FloatArray = npt.NDArray[np.float32]
TileArray = npt.NDArray[np.uint8]

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,62}")
VERSION_PATTERN = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){2}")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")

INPUT_NAME = "image"
OUTPUT_NAMES = ("boxes", "scores", "class_scores", "embedding")
FORMAT = 1

# A sigmoid computed in float32 may end a rounding step outside its range; anything further out is a fault.
_RANGE_SLACK = 1e-5


@dataclass(frozen=True)
class DetectorShape:
    """Sizes of one detector's tensors; the defaults are those of contract version 1."""

    tile_px: int = 512
    rows: int = 100
    classes: int = 8
    embedding: int = 64

    def input(self) -> tuple[int, ...]:
        return (1, self.tile_px, self.tile_px)

    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Shape of each output for one tile."""
        return {
            "boxes": (self.rows, 4),
            "scores": (self.rows,),
            "class_scores": (self.rows, self.classes),
            "embedding": (self.rows, self.embedding),
        }


@dataclass(frozen=True)
class InferenceTimings:
    """Where the client's time went. Triton's queue and compute times are totals per model: see `control.statistics`.

    Attributes:
        total_ms: from the call of `infer` to its return.
        waited_ms: of that, spent between tries.
        calls: gRPC calls made, repeats included.
        attempts: tries; 1 when nothing had to be repeated.
    """

    total_ms: float = 0.0
    waited_ms: float = 0.0
    calls: int = 0
    attempts: int = 1


@dataclass(frozen=True)
class RawOutputs:
    """A detector's answer for T tiles, as struct of arrays, still in tile pixels and unfiltered.

    Attributes:
        boxes: (T, K, 4) float32 x, y, w, h in pixels of the tile.
        scores: (T, K) float32 raw peak score, 0 to 1, falling within a tile.
        class_scores: (T, K, C) float32 independent score per class, 0 to 1.
        embedding: (T, K, E) float32.

    Raises:
        BadAnswer: shapes or types do not fit each other, a value is not finite, or a score is outside 0..1.
    """

    boxes: FloatArray
    scores: FloatArray
    class_scores: FloatArray
    embedding: FloatArray
    timings: InferenceTimings = field(default_factory=InferenceTimings, compare=False)

    def __post_init__(self) -> None:
        for name in OUTPUT_NAMES:
            array: FloatArray = getattr(self, name)
            if array.dtype != np.float32:
                raise BadAnswer(f"{name} is {array.dtype}, want float32")
        lead = self.scores.shape
        fits = (
            len(lead) == 2
            and self.boxes.shape == (*lead, 4)
            and self.class_scores.shape[:-1] == lead
            and self.embedding.shape[:-1] == lead
        )
        if not fits:
            shapes = ", ".join(f"{name} {getattr(self, name).shape}" for name in OUTPUT_NAMES)
            raise BadAnswer(f"the outputs do not fit each other: {shapes}")
        for name in OUTPUT_NAMES:
            if not np.isfinite(getattr(self, name)).all():
                raise BadAnswer(f"{name} holds a value that is not finite")
        for name in ("scores", "class_scores"):
            array = getattr(self, name)
            if array.size and (array.min() < -_RANGE_SLACK or array.max() > 1 + _RANGE_SLACK):
                raise BadAnswer(f"{name} leaves 0..1: {array.min():g} to {array.max():g}")

    def __len__(self) -> int:
        return int(self.scores.shape[0])

    @classmethod
    def empty(cls, *, shape: DetectorShape) -> "RawOutputs":
        """The answer for no tiles."""
        return cls.from_arrays({name: np.zeros((0, *dims), np.float32) for name, dims in shape.outputs().items()})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray], *, timings: InferenceTimings | None = None) -> "RawOutputs":
        """Check arrays that are named like the contract's outputs."""
        return cls(
            boxes=arrays["boxes"],
            scores=arrays["scores"],
            class_scores=arrays["class_scores"],
            embedding=arrays["embedding"],
            timings=timings or InferenceTimings(),
        )

    @classmethod
    def joined(cls, parts: Sequence[Mapping[str, FloatArray]], *, timings: InferenceTimings) -> "RawOutputs":
        """The answers of consecutive tiles as one; `parts` is not empty."""
        if len(parts) == 1:
            return cls.from_arrays(parts[0], timings=timings)
        arrays = {name: np.concatenate([part[name] for part in parts]) for name in OUTPUT_NAMES}
        return cls.from_arrays(arrays, timings=timings)


def checked_tiles(tiles: TileArray, *, shape: DetectorShape) -> TileArray:
    """`tiles` as a contiguous array.

    Raises:
        ValueError: not uint8 or not (T, 1, tile, tile); the caller's mistake, never the server's.
    """
    if tiles.dtype != np.uint8 or tiles.ndim != 4 or tiles.shape[1:] != shape.input():
        raise ValueError(f"want uint8 tiles (T, {', '.join(map(str, shape.input()))}), got {tiles.dtype} {tiles.shape}")
    return np.ascontiguousarray(tiles)


@dataclass(frozen=True)
class DetectorSpec:
    """A detector's own description, from the `model.json` beside the file.

    Attributes:
        calibration_a, calibration_b: Platt scaling per class: confidence = sigmoid(a * logit(score) + b).
        thresholds: default confidence threshold by class name.
        sha256: digest of `model.onnx`.
        document: the whole description as it was read.
    """

    name: str
    kind: str
    version: str
    precision: str
    parent: str
    classes: tuple[str, ...]
    shape: DetectorShape
    calibration_a: tuple[float, ...]
    calibration_b: tuple[float, ...]
    thresholds: Mapping[str, float]
    nms_iou: float
    sha256: str
    document: Mapping[str, Any] = field(compare=False, repr=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "DetectorSpec":
        """Read and check a description.

        Raises:
            BadArtefact: the first field that breaks the contract, by name.
        """
        try:
            return _spec_from(document)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            reason = f"{fault.args[0]!r} is missing" if isinstance(fault, KeyError) else str(fault)
            raise BadArtefact(f"model.json: {reason}") from fault


def _spec_from(document: Mapping[str, Any]) -> DetectorSpec:
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']!r} is not {FORMAT}")
    classes = tuple(_matching(NAME_PATTERN, label, "class") for label in document["classes"])
    if not classes or len(set(classes)) != len(classes):
        raise ValueError("classes must be distinct and at least one")
    calibration = document["calibration"]
    if calibration["method"] != "platt":
        raise ValueError(f"calibration method {calibration['method']!r} is not platt")
    thresholds = {label: _number(value, "threshold", 0, 1) for label, value in document["thresholds"].items()}
    if set(thresholds) != set(classes):
        raise ValueError("thresholds must name every class once")
    return DetectorSpec(
        name=_matching(NAME_PATTERN, document["name"], "name"),
        kind=_matching(NAME_PATTERN, document["kind"], "kind"),
        version=_matching(VERSION_PATTERN, document["version"], "version"),
        precision=_matching(NAME_PATTERN, document["precision"], "precision"),
        parent=_matching(VERSION_PATTERN, document["parent"], "parent") if document.get("parent") else "",
        classes=classes,
        shape=_shape_from(document, classes=len(classes)),
        calibration_a=_numbers(calibration["a"], "calibration a", len(classes)),
        calibration_b=_numbers(calibration["b"], "calibration b", len(classes)),
        thresholds=thresholds,
        nms_iou=_number(document["nms_iou"], "nms_iou", 0, 1),
        sha256=_matching(SHA256_PATTERN, document["sha256"], "sha256"),
        document=document,
    )


def _shape_from(document: Mapping[str, Any], *, classes: int) -> DetectorShape:
    """Sizes from the description; a leading batch dimension (-1, "N", 0 or None) is allowed and dropped."""
    declared = document["input"]
    if declared["name"] != INPUT_NAME or declared["dtype"] != "uint8":
        raise ValueError(f"input must be {INPUT_NAME} of uint8")
    channels, height_px, width_px = _dims(declared["shape"], 3, "input")
    if channels != 1 or height_px != width_px:
        raise ValueError("input shape must be [1, tile, tile]")
    outputs = document["outputs"]
    if set(outputs) != set(OUTPUT_NAMES):
        raise ValueError(f"outputs must be {', '.join(OUTPUT_NAMES)}")
    (rows,) = _dims(outputs["scores"], 1, "scores")
    shape = DetectorShape(
        tile_px=width_px, rows=rows, classes=classes, embedding=_dims(outputs["embedding"], 2, "embedding")[1]
    )
    for name, dims in shape.outputs().items():
        if _dims(outputs[name], len(dims), name) != dims:
            raise ValueError(f"output {name} must be {list(dims)}, is {outputs[name]}")
    return shape


def _dims(declared: Any, count: int, label: str) -> tuple[int, ...]:
    dims = declared["shape"] if isinstance(declared, Mapping) else declared
    trailing = tuple(dims)[-count:]
    if len(dims) not in (count, count + 1) or not all(type(size) is int and 0 < size <= 65536 for size in trailing):
        raise ValueError(f"{label} shape {dims!r} cannot be used")
    return trailing


def _matching(pattern: re.Pattern[str], value: Any, label: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{label} {value!r} cannot be used")
    return value


def _number(value: Any, label: str, low: float, high: float) -> float:
    # The chained comparison is also what refuses NaN.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{label} {value!r} is not a number from {low:g} to {high:g}")
    return float(value)


def _numbers(values: Any, label: str, count: int) -> tuple[float, ...]:
    numbers = tuple(_number(value, label, -1e6, 1e6) for value in values)
    if len(numbers) != count:
        raise ValueError(f"{label} needs {count} numbers, has {len(numbers)}")
    return numbers
