"""Triton's management calls: readiness, loading, statistics. Each has its own deadline and no retry."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import json_format
from tritonclient.grpc import service_pb2

from serving.channel import Channel, error_from
from serving.errors import LoadFailed, ModelNotReady, ServingError

READ_DEADLINE_S = 1.0
LOAD_DEADLINE_S = 60.0


@dataclass(frozen=True)
class ServerMetadata:
    """Which server answers, and what it can do."""

    name: str
    version: str
    extensions: tuple[str, ...]


@dataclass(frozen=True)
class RepositoryEntry:
    """A model version as Triton's repository index lists it; `state` is empty when it was never asked for."""

    name: str
    version: str
    state: str
    reason: str


@dataclass(frozen=True)
class ModelStatistics:
    """Totals of one loaded model since it was loaded.

    Attributes:
        inferences: tiles answered; executions: batches they were computed in.
        succeeded, failed: requests. What a full queue refused is counted in `metrics` only.
        queue_ms, compute_ms: summed over the succeeded requests.
    """

    name: str
    version: str
    inferences: int
    executions: int
    succeeded: int
    failed: int
    queue_ms: float
    compute_ms: float


class TritonControl:
    """Asks and tells a Triton server about its models. Thread safe. One service only may call `load` and `unload`."""

    def __init__(self, *, grpc_url: str) -> None:
        self._channel = Channel(grpc_url=grpc_url)

    def is_live(self, *, deadline_s: float = READ_DEADLINE_S) -> bool:
        """Whether the server process answers at all."""
        try:
            return bool(self._call("ServerLive", service_pb2.ServerLiveRequest(), deadline_s, "liveness").live)
        except ServingError:
            return False

    def is_ready(self, *, deadline_s: float = READ_DEADLINE_S) -> bool:
        """Whether the server accepts work."""
        try:
            return bool(self._call("ServerReady", service_pb2.ServerReadyRequest(), deadline_s, "readiness").ready)
        except ServingError:
            return False

    def is_model_ready(self, *, model_name: str, version: str = "1", deadline_s: float = READ_DEADLINE_S) -> bool:
        """Whether exactly this model is loaded and accepts work."""
        request = service_pb2.ModelReadyRequest(name=model_name, version=version)
        try:
            return bool(self._call("ModelReady", request, deadline_s, "readiness", model_name).ready)
        except ServingError:
            return False

    def load_model(
        self, *, model_name: str, config: Mapping[str, Any] | None = None, deadline_s: float = LOAD_DEADLINE_S
    ) -> None:
        """Load, or load again, a published model; returns when it serves.

        Args:
            config: Triton's model configuration as JSON, in place of the published one.

        Raises:
            LoadFailed: Triton could not; its reason is in `detail`.
            TritonUnavailable, TritonTimeout: nothing is known; ask `is_model_ready`.
        """
        request = service_pb2.RepositoryModelLoadRequest(model_name=model_name)
        if config is not None:
            request.parameters["config"].string_param = json.dumps(config, allow_nan=False)
        self._change("RepositoryModelLoad", request, deadline_s, "loading", model_name)

    def unload_model(self, *, model_name: str, deadline_s: float = LOAD_DEADLINE_S) -> None:
        """Stop serving a model. Triton finishes what runs first. Unloading what is not loaded is no error."""
        request = service_pb2.RepositoryModelUnloadRequest(model_name=model_name)
        try:
            self._change("RepositoryModelUnload", request, deadline_s, "unloading", model_name)
        except ModelNotReady:
            return

    def repository_index(
        self, *, only_ready: bool = False, deadline_s: float = READ_DEADLINE_S
    ) -> list[RepositoryEntry]:
        """Every model in the repository folder with its state."""
        request = service_pb2.RepositoryIndexRequest(ready=only_ready)
        answer = self._call("RepositoryIndex", request, deadline_s, "the repository index")
        return [RepositoryEntry(entry.name, entry.version, entry.state, entry.reason) for entry in answer.models]

    def statistics(self, *, model_name: str = "", deadline_s: float = READ_DEADLINE_S) -> list[ModelStatistics]:
        """Totals of one loaded model, or of all."""
        request = service_pb2.ModelStatisticsRequest(name=model_name)
        answer = self._call("ModelStatistics", request, deadline_s, "statistics", model_name)
        return [_statistics_from(entry) for entry in answer.model_stats]

    def server_metadata(self, *, deadline_s: float = READ_DEADLINE_S) -> ServerMetadata:
        answer = self._call("ServerMetadata", service_pb2.ServerMetadataRequest(), deadline_s, "metadata")
        return ServerMetadata(answer.name, answer.version, tuple(answer.extensions))

    def model_config(self, *, model_name: str, deadline_s: float = READ_DEADLINE_S) -> dict[str, Any]:
        """The configuration a loaded model runs with."""
        request = service_pb2.ModelConfigRequest(name=model_name)
        config: dict[str, Any] = _as_dict(self._call("ModelConfig", request, deadline_s, "configuration", model_name))
        return dict(config["config"])

    def close(self) -> None:
        self._channel.close()

    def _change(self, method: str, request: Any, deadline_s: float, doing: str, model_name: str) -> None:
        try:
            self._call(method, request, deadline_s, doing, model_name)
        except ServingError as fault:
            if fault.outage and not isinstance(fault, ModelNotReady):
                raise
            if isinstance(fault, ModelNotReady) and doing == "unloading":
                raise
            raise LoadFailed(fault.detail, model_name=model_name) from fault

    def _call(self, method: str, request: Any, deadline_s: float, doing: str, model_name: str = "") -> Any:
        call: Callable[..., Any] = getattr(self._channel.stub(), method)
        try:
            return call(request, timeout=deadline_s)
        except grpc.RpcError as fault:
            raise error_from(fault, model_name=model_name, doing=doing) from fault


def _as_dict(message: Any) -> dict[str, Any]:
    return dict(json_format.MessageToDict(message, preserving_proto_field_name=True))


def _statistics_from(entry: Any) -> ModelStatistics:
    requests = entry.inference_stats
    computed_ns = requests.compute_input.ns + requests.compute_infer.ns + requests.compute_output.ns
    return ModelStatistics(
        name=entry.name,
        version=entry.version,
        inferences=entry.inference_count,
        executions=entry.execution_count,
        succeeded=requests.success.count,
        failed=requests.fail.count,
        queue_ms=requests.queue.ns / 1e6,
        compute_ms=computed_ns / 1e6,
    )
