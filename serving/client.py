"""Inference over gRPC: chunks, deadlines, retries and breaker around one call of Triton."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import grpc
from tritonclient.grpc import service_pb2

from serving.breaker import Breakers, BreakerSnapshot, BreakerState, Permit
from serving.channel import Channel, error_from
from serving.deadline import Clock, Deadline
from serving.errors import BadAnswer, ModelNotReady, ServingError, TritonOverloaded, TritonTimeout
from serving.retry import Retrier, RetryPolicy
from serving.tensors import DetectorShape, FloatArray, InferenceTimings, RawOutputs, TileArray, checked_tiles
from serving.wire import arrays_from, request_for

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
    """Asks one Triton server for detections. Thread safe; safe to make before a fork, not to share a running call.

    Args:
        on_retry: told the fault before each repeat; must be quick and not raise.
    """

    def __init__(
        self,
        *,
        grpc_url: str,
        breakers: Breakers | None = None,
        retry: RetryPolicy | None = None,
        limits: ClientLimits | None = None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_retry: Callable[[ServingError], None] = lambda fault: None,
    ) -> None:
        self._channel = Channel(grpc_url=grpc_url)
        self._breakers = breakers or Breakers(server=grpc_url, clock=clock)
        self._retrier = Retrier(policy=retry or RetryPolicy())
        self._limits = limits or ClientLimits()
        self._places = threading.BoundedSemaphore(self._limits.calls_at_once)
        self._clock = clock
        self._sleep = sleep
        self._on_retry = on_retry

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
                self._on_retry(fault)
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
        self._answers: list[dict[str, FloatArray] | None] = [None] * len(self._chunks)

    def run(self, stub: Any, *, deadline: Deadline, side_by_side: int) -> None:
        """Ask for every chunk without an answer, `side_by_side` at a time; cancels the rest at the first fault."""
        todo = [index for index, answer in enumerate(self._answers) if answer is None]
        if len(todo) == 1:
            # The usual case; a call that blocks costs a third less CPU than a future.
            self._answers[todo[0]] = self._receive(self._prepare(stub.ModelInfer, todo[0], deadline), todo[0])
            return
        running: dict[int, Any] = {}
        done: SimpleQueue[int] = SimpleQueue()
        try:
            for index in todo:
                if len(running) == side_by_side:
                    self._receive_next(running, done)
                call = self._prepare(stub.ModelInfer.future, index, deadline)()
                running[index] = call
                call.add_done_callback(lambda _, index=index: done.put(index))
            while running:
                self._receive_next(running, done)
        finally:
            for call in running.values():
                call.cancel()

    def answer(self, *, timings: InferenceTimings) -> RawOutputs:
        """The checked answers of all chunks, joined.

        Raises:
            BadAnswer: a value is not finite or out of range.
        """
        parts = [part for part in self._answers if part is not None]
        try:
            return RawOutputs.joined(parts, timings=timings)
        except BadAnswer as fault:
            fault.model_name = self.model_name
            raise

    def _receive_next(self, running: dict[int, Any], done: SimpleQueue[int]) -> None:
        """Take the answer that came first, so that a fault is known while other chunks still compute."""
        index = done.get()
        self._answers[index] = self._receive(running.pop(index).result, index)

    def _prepare(self, method: Any, index: int, deadline: Deadline) -> Callable[[], Any]:
        left_s = deadline.require(at_least_s=_LEAST_USEFUL_S, doing="for the remaining tiles")
        self.calls += 1
        request = request_for(self.model_name, self._chunks[index], timeout_us=int(left_s * 1e6))
        return lambda: method(request, timeout=left_s)

    def _receive(self, await_response: Callable[[], Any], index: int) -> dict[str, FloatArray]:
        try:
            response = await_response()
        except grpc.FutureCancelledError as fault:
            raise TritonTimeout("the call was cancelled", model_name=self.model_name) from fault
        except grpc.RpcError as fault:
            raise error_from(fault, model_name=self.model_name) from fault
        try:
            tiles = len(self._chunks[index])
            return arrays_from(response, model_name=self.model_name, tiles=tiles, shape=self._shape)
        except BadAnswer as fault:
            fault.model_name = self.model_name
            raise
