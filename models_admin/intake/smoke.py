"""The model computes: the golden images, twice over, alone and together. Runs in the confined child only."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models_admin.intake.rules import Refusal, Rule
from serving import golden
from serving.errors import BadAnswer
from serving.tensors import INPUT_NAME, OUTPUT_NAMES, DetectorShape, RawOutputs

ALONE_TOLERANCE = {"boxes": 0.5, "scores": 0.005, "class_scores": 0.005, "embedding": 0.02}
"""A tile's answer may differ by this much from its answer beside others: kernels round by batch."""
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Smoke:
    """What came of computing.

    Attributes:
        golden: answers to the golden images, as `serving.golden.record` has them; empty where it was refused.
        tile_ms: one tile alone on one thread of this machine, the shorter of two.
    """

    refusals: tuple[Refusal, ...]
    golden: dict[str, Any]
    tile_ms: float = 0.0


def session_of(content: bytes) -> Any:
    """The model in ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # What is asked of it here is asked of it once.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def try_out(content: bytes, *, shape: DetectorShape) -> Smoke:
    """Load the model and hold its answers against the contract."""
    try:
        session = session_of(content)
    except Exception as fault:  # the runtime's own exceptions share no base class
        return _refused(Rule.LOADS, "file", f"ONNX Runtime does not load it: {_first_line(fault)}")
    tiles = golden.tiles(tile_px=shape.tile_px)
    try:
        together, again = _answer(session, tiles), _answer(session, tiles)
        started_s = time.perf_counter()
        alone = _answer(session, tiles[:1])
        tile_s = time.perf_counter() - started_s
    except Exception as fault:
        return _refused(Rule.LOADS, "graph", f"It does not compute the golden images: {_first_line(fault)}")
    if refusals := tuple(_wrong_with(together, again, alone, shape=shape)):
        return Smoke(refusals, {})
    answer = RawOutputs.from_arrays(together)
    return Smoke((), golden.record(answer, runtime=f"onnxruntime {onnxruntime.__version__}"), round(tile_s * 1000, 1))


def _answer(session: Any, tiles: NDArray[np.uint8]) -> Arrays:
    return dict(zip(OUTPUT_NAMES, session.run(list(OUTPUT_NAMES), {INPUT_NAME: tiles}), strict=True))


def _wrong_with(together: Arrays, again: Arrays, alone: Arrays, *, shape: DetectorShape) -> Iterator[Refusal]:
    tiles = len(golden.tiles(tile_px=shape.tile_px))
    for name, sides in shape.outputs().items():
        if together[name].shape != (tiles, *sides):
            detail = f"To {tiles} tiles it answers {together[name].shape}; wanted is {(tiles, *sides)}."
            yield Refusal(Rule.SHAPES, f"output {name}", detail)
            return
    for name in OUTPUT_NAMES:
        if not np.isfinite(together[name]).all():
            yield Refusal(Rule.FINITE, f"output {name}", "To the golden images it answers what is no finite number.")
            return
    try:
        RawOutputs.from_arrays(together)
    except BadAnswer as fault:
        yield Refusal(Rule.SHAPES, "outputs", fault.detail)
    for name in OUTPUT_NAMES:
        if not np.array_equal(together[name], again[name]):
            yield Refusal(Rule.DETERMINISM, f"output {name}", "To the same images it answers differently each time.")
        difference = float(np.abs(together[name][:1] - alone[name]).max(initial=0.0))
        if difference > ALONE_TOLERANCE[name]:
            detail = f"A tile beside others is answered {difference:.3g} apart from the same tile alone."
            yield Refusal(Rule.BATCHES, f"output {name}", detail)


def _refused(rule: Rule, where: str, detail: str) -> Smoke:
    return Smoke((Refusal(rule, where, detail),), {})


def _first_line(fault: Exception) -> str:
    return str(fault).split("\n", maxsplit=1)[0][:500]
