"""One gRPC channel per process to one Triton server, and the meaning of what comes back as an error."""

import os
import threading
import weakref
from typing import Any

import grpc
from tritonclient.grpc import service_pb2_grpc

from serving.errors import (
    LoadFailed,
    ModelFailed,
    ModelNotReady,
    Refused,
    ServingError,
    TritonOverloaded,
    TritonTimeout,
    TritonUnavailable,
)

_MAX_MESSAGE_BYTES = 64 * 2**20

_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    # The default waits up to two minutes between attempts to reconnect; a restarted server is wanted back at once.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # These also set TCP_USER_TIMEOUT: a peer that vanished without a word costs five seconds, not fifteen minutes.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 0),
    # Repeats are ours to count.
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
)

Stub = Any  # generated code without types


class Channel:
    """Hands out the stub of this process' channel. Thread safe.

    A gRPC channel does not survive fork, so it is made when first used, in the process that uses it.
    """

    def __init__(self, *, grpc_url: str) -> None:
        self.grpc_url = grpc_url
        self._lock = threading.Lock()
        self._owner_pid: int | None = None
        self._channel: grpc.Channel | None = None
        self._stub: Stub = None
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _renew_lock_of(this()))

    def stub(self) -> Stub:
        """The generated GRPCInferenceService stub."""
        if self._owner_pid == os.getpid():
            return self._stub
        with self._lock:
            if self._owner_pid != os.getpid():
                # A channel inherited from the parent is dropped without close(): its sockets belong to the parent.
                self._channel = grpc.insecure_channel(self.grpc_url, options=_OPTIONS)
                self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
                self._owner_pid = os.getpid()
            return self._stub

    def close(self) -> None:
        """Cancel what runs and let go of the connection. The next call opens a new one."""
        with self._lock:
            channel, owned = self._channel, self._owner_pid == os.getpid()
            self._channel, self._stub, self._owner_pid = None, None, None
        if channel is not None and owned:
            channel.close()


def _renew_lock_of(channel: Channel | None) -> None:
    # Another thread of the parent may have held the lock; nobody in the child would ever release it.
    if channel is not None:
        channel._lock = threading.Lock()


_NOT_READY_WORDS = ("unknown model", "is not ready", "has no available versions", "is not found", "not loaded")
_QUEUE_FULL_WORDS = ("maximum queue size",)
_QUEUE_TIMEOUT_WORDS = ("request timeout expired", "timeout expired")
_LOAD_FAILED_WORDS = ("failed to load", "load failed", "failed to poll", "unload")


def error_from(fault: grpc.RpcError, *, model_name: str = "", doing: str = "inference") -> ServingError:
    """What a failed call means. Triton tells several things apart by its words only, under one status code."""
    code, detail = fault.code(), str(fault.details() or "")
    words = detail.lower()
    if code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED):
        return TritonTimeout(f"Triton did not finish {doing} in time", model_name=model_name)
    if any(phrase in words for phrase in _QUEUE_FULL_WORDS) or code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return TritonOverloaded(f"Triton's queue is full: {detail}", model_name=model_name)
    if any(phrase in words for phrase in _QUEUE_TIMEOUT_WORDS):
        return TritonTimeout(f"The request waited too long in Triton's queue: {detail}", model_name=model_name)
    if doing != "inference" and any(phrase in words for phrase in _LOAD_FAILED_WORDS):
        # What follows the first paragraph is a stack trace with the server's own paths.
        return LoadFailed(detail.split("\n\nAt:")[0].strip(), model_name=model_name)
    if code is grpc.StatusCode.NOT_FOUND or any(phrase in words for phrase in _NOT_READY_WORDS):
        return ModelNotReady(f"Triton does not serve the model yet: {detail}", model_name=model_name)
    if code is grpc.StatusCode.UNAVAILABLE:
        return TritonUnavailable(f"Triton cannot be reached: {detail}", model_name=model_name)
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.ABORTED, grpc.StatusCode.DATA_LOSS):
        return ModelFailed(f"Triton failed during {doing}: {detail}", model_name=model_name)
    return Refused(f"Triton refused {doing} ({code.name}): {detail}", model_name=model_name)
