"""Tiles and answers as the messages that travel between us and Triton."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2

from serving.errors import BadAnswer
from serving.tensors import INPUT_NAME, OUTPUT_NAMES, DetectorShape, FloatArray, TileArray

_WANTED_OUTPUTS = [service_pb2.ModelInferRequest.InferRequestedOutputTensor(name=name) for name in OUTPUT_NAMES]


def request_for(model_name: str, chunk: TileArray, *, timeout_us: int) -> Any:
    """One call's message: `chunk` (N, 1, tile, tile) uint8."""
    request = service_pb2.ModelInferRequest(
        model_name=model_name,
        inputs=[service_pb2.ModelInferRequest.InferInputTensor(name=INPUT_NAME, datatype="UINT8", shape=chunk.shape)],
        outputs=_WANTED_OUTPUTS,
        raw_input_contents=[chunk.tobytes()],
    )
    # Triton drops the request from its queue when we have stopped waiting for it.
    request.parameters["timeout"].int64_param = timeout_us
    return request


def arrays_from(response: Any, *, model_name: str, tiles: int, shape: DetectorShape) -> dict[str, FloatArray]:
    """The arrays of one response by name; their values are not looked at yet.

    Raises:
        BadAnswer: another model's answer, or outputs of another type or shape than the contract's.
    """
    if response.model_name != model_name:
        raise BadAnswer(f"asked {model_name}, {response.model_name!r} answered")
    if len(response.outputs) != len(response.raw_output_contents):
        raise BadAnswer("the answer has tensors without content")
    contents = dict(zip((output.name for output in response.outputs), response.raw_output_contents, strict=True))
    declared = {output.name: output for output in response.outputs}
    arrays: dict[str, FloatArray] = {}
    for name, dims in shape.outputs().items():
        if name not in declared:
            raise BadAnswer(f"output {name} is missing")
        arrays[name] = _array_from(name, declared[name], contents[name], want=(tiles, *dims))
    return arrays


def _array_from(name: str, output: Any, content: bytes, *, want: Sequence[int]) -> FloatArray:
    if output.datatype != "FP32" or tuple(output.shape) != tuple(want):
        raise BadAnswer(f"output {name} is {output.datatype} {tuple(output.shape)}, want FP32 {tuple(want)}")
    if len(content) != 4 * int(np.prod(want)):
        raise BadAnswer(f"output {name} has {len(content)} bytes for shape {tuple(want)}")
    return np.frombuffer(content, dtype="<f4").reshape(want)
