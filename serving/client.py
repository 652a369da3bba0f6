"""Inference over gRPC: chunks, deadlines, retries and breaker around one call of Triton."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
from tritonclient.grpc import service_pb2

from serving.breaker import Breakers, BreakerSnapshot, BreakerState, Permit
from serving.channel import Channel, error_from
from serving.deadline import Clock, Deadline
from serving.errors import BadAnswer, ModelNotReady, ServingError, TritonOverloaded, TritonTimeout
from serving.retry import Retrier, RetryPolicy
from serving.tensors import (
    INPUT_NAME,
    OUTPUT_NAMES,
    DetectorShape,
    FloatArray,
    InferenceTimings,
    RawOutputs,
    TileArray,
    checked_tiles,
)

# A call that is given less than this cannot succeed; it would only count against the server.
_LEAST_USEFUL_S = 0.005

CONTRACT_SHAPE = DetectorShape()


@dataclass(frozen=True)
class ClientLimits:
    """Bounds of one process' use of Triton.

    Attributes:
        max_batch: tiles per gRPC call; no more than `max_batch_size` of the published configuration.
        chunks_at_once: calls one `infer` keeps running side by side.
        calls_at_once: `infer` calls of this process that may run; further ones wait up to `admission_s`.
        admission_s: wait for a place before TritonOverloaded.
    """

    max_batch: int = 8
    chunks_at_once: int = 4
    calls_at_once: int = 64
    admission_s: float = 1.0


class TritonClient:
    """Asks one Triton server for detections. Thread safe; safe to make before a fork, not to share a running call."""

    def __init__(
        self,
        *,
        grpc_url: str,
        breakers: Breakers | None = None,
        retry: RetryPolicy | None = None,
        limits: ClientLimits | None = None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._channel = Channel(grpc_url=grpc_url)
        self._breakers = breakers or Breakers(server=grpc_url, clock=clock)
        self._retrier = Retrier(policy=retry or RetryPolicy())
        self._limits = limits or ClientLimits()
        self._places = threading.BoundedSemaphore(self._limits.calls_at_once)
        self._clock = clock
        self._sleep = sleep

    def infer(
        self, *, model_name: str, tiles: TileArray, deadline_s: float, shape: DetectorShape = CONTRACT_SHAPE
    ) -> RawOutputs:
        """Run a detector over tiles.

        Args:
            model_name: Triton's name of the exact version, see `repository.triton_model_name`.
            tiles: (T, 1, tile, tile) uint8.
            deadline_s: everything - waiting for a place, all chunks, all tries - ends within this.
            shape: what the version promises (`DetectorSpec.shape`).

        Returns:
            The checked answer for all tiles, in their order.

        Raises:
            ServingError: see `errors`; `retryable` and `outage` say what to do.
            ValueError: `tiles` is not what it should be.
        """
        tiles = checked_tiles(tiles, shape=shape)
        if not len(tiles):
            return RawOutputs.empty(shape=shape)
        deadline = Deadline.after(deadline_s, clock=self._clock)
        started_s = self._clock()
        self._enter(model_name=model_name, deadline=deadline)
        try:
            work = _Work(model_name=model_name, tiles=tiles, shape=shape, max_batch=self._limits.max_batch)
            attempts, waited_s = self._run_with_retries(work, deadline)
        finally:
            self._places.release()
        timings = InferenceTimings(
            total_ms=(self._clock() - started_s) * 1000,
            waited_ms=waited_s * 1000,
            calls=work.calls,
            attempts=attempts,
        )
        return work.answer(timings=timings)

    def breaker_snapshot(self, *, model_name: str) -> BreakerSnapshot:
        """The breaker's state of one model, for the health page."""
        return self._breakers.of(model_name).snapshot()

    def probe(self, *, model_name: str, deadline_s: float = 1.0) -> BreakerSnapshot:
        """Look whether an open breaker may close, if a look is due; for a timer, so that recovery needs no traffic."""
        breaker = self._breakers.of(model_name)
        if breaker.snapshot().state is BreakerState.CLOSED:
            return breaker.snapshot()
        try:
            permit = breaker.permit(model_name=model_name)
            self._probe_with(permit, model_name=model_name, deadline_s=deadline_s)
        except ServingError:
            pass
        return breaker.snapshot()

    def close(self) -> None:
        """Cancel what runs and close the connection."""
        self._channel.close()

    def __enter__(self) -> "TritonClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _enter(self, *, model_name: str, deadline: Deadline) -> None:
        if not self._places.acquire(timeout=min(self._limits.admission_s, deadline.remaining_s())):
            raise TritonOverloaded("too many images wait for Triton in this process", model_name=model_name)

    def _run_with_retries(self, work: "_Work", deadline: Deadline) -> tuple[int, float]:
        """Returns tries made and seconds waited between them."""
        self._retrier.starting()
        tries, waited_s = 0, 0.0
        while True:
            tries += 1
            try:
                self._try_once(work, deadline)
                return tries, waited_s
            except ServingError as fault:
                wait_s = self._retrier.wait_s(tries_made=tries, fault=fault, deadline=deadline)
                if wait_s is None:
                    raise
            self._sleep(wait_s)
            waited_s += wait_s

    def _try_once(self, work: "_Work", deadline: Deadline) -> None:
        deadline.require(at_least_s=_LEAST_USEFUL_S, doing="to ask Triton")
        permit = self._breakers.of(work.model_name).permit(model_name=work.model_name)
        try:
            work.run(self._channel.stub(), deadline=deadline, side_by_side=self._limits.chunks_at_once)
        except ServingError as fault:
            _settle(permit, fault)
            raise
        permit.succeeded()

    def _probe_with(self, permit: Permit, *, model_name: str, deadline_s: float) -> None:
        request = service_pb2.ModelReadyRequest(name=model_name)
        try:
            answer = self._channel.stub().ModelReady(request, timeout=deadline_s)
        except grpc.RpcError as fault:
            _settle(permit, error_from(fault, model_name=model_name, doing="readiness"))
            return
        if answer.ready:
            permit.succeeded()


def _settle(permit: Permit, fault: ServingError) -> None:
    """Tell the breaker what a failed try says about the server."""
    if fault.counts_as_failure:
        permit.failed(fault.detail)
    elif not isinstance(fault, ModelNotReady):
        permit.succeeded()  # it did answer, if only to refuse
    # A server without the model neither broke nor recovered; an open breaker looks again at the next probe.


class _Work:
    """The chunks of one `infer`; a repeat runs only those that have no answer yet."""

    def __init__(self, *, model_name: str, tiles: TileArray, shape: DetectorShape, max_batch: int) -> None:
        self.model_name = model_name
        self.calls = 0
        self._shape = shape
        self._chunks = [tiles[start : start + max_batch] for start in range(0, len(tiles), max_batch)]
        self._answers: list[RawOutputs | None] = [None] * len(self._chunks)

    def run(self, stub: Any, *, deadline: Deadline, side_by_side: int) -> None:
        """Ask for every chunk without an answer, `side_by_side` at a time; cancels the rest at the first fault."""
        todo = [index for index, answer in enumerate(self._answers) if answer is None]
        running: list[tuple[int, Any]] = []
        try:
            while todo or running:
                while todo and len(running) < side_by_side:
                    index = todo.pop(0)
                    running.append((index, self._send(stub, self._chunks[index], deadline)))
                index, call = running.pop(0)
                self._answers[index] = self._receive(call, tiles=len(self._chunks[index]))
        finally:
            for _, call in running:
                call.cancel()

    def answer(self, *, timings: InferenceTimings) -> RawOutputs:
        return RawOutputs.concatenate([part for part in self._answers if part is not None], timings=timings)

    def _send(self, stub: Any, chunk: TileArray, deadline: Deadline) -> Any:
        left_s = deadline.require(at_least_s=_LEAST_USEFUL_S, doing="for the remaining tiles")
        self.calls += 1
        request = _request_for(self.model_name, chunk, timeout_us=int(left_s * 1e6))
        return stub.ModelInfer.future(request, timeout=left_s)

    def _receive(self, call: Any, *, tiles: int) -> RawOutputs:
        try:
            response = call.result()
        except grpc.FutureCancelledError as fault:
            raise TritonTimeout("the call was cancelled", model_name=self.model_name) from fault
        except grpc.RpcError as fault:
            raise error_from(fault, model_name=self.model_name) from fault
        try:
            return _outputs_from(response, model_name=self.model_name, tiles=tiles, shape=self._shape)
        except BadAnswer as fault:
            fault.model_name = self.model_name
            raise


_WANTED_OUTPUTS = [service_pb2.ModelInferRequest.InferRequestedOutputTensor(name=name) for name in OUTPUT_NAMES]


def _request_for(model_name: str, chunk: TileArray, *, timeout_us: int) -> Any:
    request = service_pb2.ModelInferRequest(
        model_name=model_name,
        inputs=[service_pb2.ModelInferRequest.InferInputTensor(name=INPUT_NAME, datatype="UINT8", shape=chunk.shape)],
        outputs=_WANTED_OUTPUTS,
        raw_input_contents=[chunk.tobytes()],
    )
    # Triton drops the request from its queue when we have stopped waiting for it.
    request.parameters["timeout"].int64_param = timeout_us
    return request


def _outputs_from(response: Any, *, model_name: str, tiles: int, shape: DetectorShape) -> RawOutputs:
    """The arrays of one response.

    Raises:
        BadAnswer: another model's answer, or outputs that break the contract.
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
    return RawOutputs.from_arrays(arrays)


def _array_from(name: str, output: Any, content: bytes, *, want: Sequence[int]) -> FloatArray:
    if output.datatype != "FP32" or tuple(output.shape) != tuple(want):
        raise BadAnswer(f"output {name} is {output.datatype} {tuple(output.shape)}, want FP32 {tuple(want)}")
    if len(content) != 4 * int(np.prod(want)):
        raise BadAnswer(f"output {name} has {len(content)} bytes for shape {tuple(want)}")
    return np.frombuffer(content, dtype="<f4").reshape(want)
