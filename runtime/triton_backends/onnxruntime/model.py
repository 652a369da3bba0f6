"""A Triton backend for ONNX models, written for Triton's Python backend.

It answers to the name `onnxruntime`, so that the server from the wheel, which has no native ONNX Runtime backend,
serves the same `config.pbtxt` and `model.onnx` as NVIDIA's container. Runs inside Triton's stub process: nothing of
Waferdeck can be imported here.

Tensors go in and out by DLPack: with NumPy 2 this backend's own NumPy calls silently return nothing.
"""

import ctypes
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

# Numeric types by their names in config.pbtxt and in ONNX Runtime.
NUMPY_TYPES = {
    "TYPE_BOOL": np.bool_,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
}
ONNX_TYPES = {
    "tensor(bool)": "TYPE_BOOL",
    "tensor(float16)": "TYPE_FP16",
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
} | {f"tensor({name})": f"TYPE_{name.upper()}" for name in (
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
)}  # fmt: skip

# Capsules keep the address of their name, so these must live as long as the process.
CAPSULE_NAME = b"dltensor"
USED_CAPSULE_NAME = b"used_dltensor"
_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype, _get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_set_name = ctypes.pythonapi.PyCapsule_SetName
_set_name.restype, _set_name.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class TritonPythonModel:
    """One model instance: Triton makes one in a process of its own for each count of the instance group."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the model and hold it against its config.

        Args:
            args: what Triton knows of the instance, `model_config` as JSON among it.

        Raises:
            TritonModelException: the model cannot be loaded, or is not what the config says.
        """
        config = json.loads(args["model_config"])
        filename = config.get("default_model_filename") or "model.onnx"
        path = Path(args["model_repository"]) / args["model_version"] / filename
        self._batched = int(config.get("max_batch_size", 0)) > 0
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=_session_options(config.get("parameters", {})), providers=_providers(args)
            )
        except Exception as fault:
            raise _refused(f"{filename} cannot be loaded: {fault}") from fault
        self._inputs = [entry["name"] for entry in config["input"]]
        self._outputs = [entry["name"] for entry in config["output"]]
        _check("input", config["input"], self._session.get_inputs(), batched=self._batched, complete=True)
        _check("output", config["output"], self._session.get_outputs(), batched=self._batched, complete=False)
        self._types = {entry["name"]: np.dtype(NUMPY_TYPES[entry["data_type"]]) for entry in config["input"]}
        self._ranks = {entry.name: len(entry.shape) for entry in self._session.get_inputs()}

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer the requests Triton has put together into one batch, each with its own rows or its own error."""
        responses: list[Any] = [None] * len(requests)
        accepted: list[tuple[int, dict[str, np.ndarray], list[str]]] = []
        for index, request in enumerate(requests):
            try:
                accepted.append((index, self._read(request), self._wanted(request)))
            except Exception as fault:
                responses[index] = _error(fault)
        for group in self._groups(accepted):
            self._answer(group, responses)
        return responses

    def finalize(self) -> None:
        """Let go of the model."""
        self._session = None

    def _read(self, request: Any) -> dict[str, np.ndarray]:
        """The inputs of a request, without copying them.

        Raises:
            ValueError: one is missing, or is not of the type and number of axes the model wants.
        """
        inputs: dict[str, np.ndarray] = {}
        for name in self._inputs:
            tensor = pb_utils.get_input_tensor_by_name(request, name)
            if tensor is None:
                raise ValueError(f"input {name!r} is missing")
            array = np.from_dlpack(tensor)
            if array.dtype != self._types[name] or array.ndim != self._ranks[name]:
                raise ValueError(
                    f"input {name!r} is {array.dtype}{list(array.shape)}; "
                    f"the model wants {self._types[name]} with {self._ranks[name]} axes"
                )
            inputs[name] = array
        if self._batched and len({len(array) for array in inputs.values()}) > 1:
            raise ValueError("the inputs differ in their number of rows")
        return inputs

    def _wanted(self, request: Any) -> list[str]:
        asked = set(request.requested_output_names())
        return [name for name in self._outputs if name in asked] or self._outputs

    def _groups(self, accepted: list[tuple[int, dict[str, np.ndarray], list[str]]]) -> list[list[Any]]:
        """Requests that can run as one batch: all of them, unless shapes beyond the first axis differ."""
        if not self._batched:
            return [[entry] for entry in accepted]
        groups: dict[Any, list[Any]] = {}
        for entry in accepted:
            key = tuple(array.shape[1:] for array in entry[1].values())
            groups.setdefault(key, []).append(entry)
        return list(groups.values())

    def _answer(self, group: list[Any], responses: list[Any]) -> None:
        try:
            outputs = self._run(group)
        except Exception as fault:
            if len(group) == 1:
                responses[group[0][0]] = _error(fault)
                return
            # One of them spoils the batch; alone, the others get their answers.
            for entry in group:
                self._answer([entry], responses)
            return
        first = 0
        for index, inputs, wanted in group:
            rows = len(inputs[self._inputs[0]]) if self._batched else None
            try:
                tensors = [_tensor(name, outputs[name], first, rows) for name in wanted]
                responses[index] = pb_utils.InferenceResponse(output_tensors=tensors)
            except Exception as fault:
                responses[index] = _error(fault)
            first += rows or 0

    def _run(self, group: list[Any]) -> dict[str, np.ndarray]:
        if len(group) == 1:
            feed = group[0][1]
        else:
            feed = {name: np.concatenate([inputs[name] for _, inputs, _ in group]) for name in self._inputs}
        asked = {name for _, _, wanted in group for name in wanted}
        names = [name for name in self._outputs if name in asked]
        outputs = dict(zip(names, self._session.run(names, feed), strict=True))
        rows = len(feed[self._inputs[0]]) if self._batched else None
        for name, output in outputs.items():
            if rows is not None and (output.ndim == 0 or len(output) != rows):
                raise ValueError(f"output {name!r} has shape {list(output.shape)} for {rows} rows of input")
        return outputs


def _tensor(name: str, output: np.ndarray, first: int, rows: int | None) -> Any:
    part = output if rows is None or rows == len(output) else output[first : first + rows]
    return pb_utils.Tensor.from_dlpack(name, _capsule(np.ascontiguousarray(part)))


def _capsule(array: np.ndarray) -> Any:
    """A DLPack capsule of `array` that is freed quietly.

    Triton renames a capsule it has taken over to `used_dlpack` instead of DLPack's `used_dltensor`. NumPy does not
    know that name and writes a traceback for every tensor. So its capsule is marked as used here, and Triton gets
    another one for the same memory, which has no opinion on names; Triton calls the deleter that frees the array.
    """
    capsule = array.__dlpack__()
    memory = _get_pointer(capsule, CAPSULE_NAME)
    _set_name(capsule, USED_CAPSULE_NAME)
    return _new_capsule(memory, CAPSULE_NAME, None)


def _error(fault: Exception) -> Any:
    return pb_utils.InferenceResponse(output_tensors=[], error=pb_utils.TritonError(str(fault)))


def _session_options(parameters: dict[str, dict[str, str]]) -> onnxruntime.SessionOptions:
    """One thread per instance, which never spins: instances, not threads, are what runs in parallel.

    `intra_op_thread_count`, `inter_op_thread_count` and `execution_mode` in config.pbtxt say otherwise, by the names
    that NVIDIA's native backend reads.
    """

    def number(name: str, default: int) -> int:
        return int(parameters.get(name, {}).get("string_value") or default)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = number("intra_op_thread_count", 1)
    options.inter_op_num_threads = number("inter_op_thread_count", 1)
    options.execution_mode = (
        onnxruntime.ExecutionMode.ORT_PARALLEL
        if number("execution_mode", 0) == 1
        else onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    )
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _providers(args: dict[str, str]) -> list[Any]:
    """The GPU for an instance group of KIND_GPU where this ONNX Runtime can use one, else the processor."""
    if args.get("model_instance_kind") != "GPU":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pb_utils.Logger.log_warn(
            f"{args['model_name']} wants a GPU; this ONNX Runtime has no CUDA: using the processor"
        )
        return ["CPUExecutionProvider"]
    return [
        ("CUDAExecutionProvider", {"device_id": int(args.get("model_instance_device_id") or 0)}),
        "CPUExecutionProvider",
    ]


def _check(kind: str, declared: list[dict[str, Any]], actual: list[Any], *, batched: bool, complete: bool) -> None:
    """Hold the tensors that the config declares against those of the model."""
    by_name = {entry.name: entry for entry in actual}
    missing = set(by_name) - {entry["name"] for entry in declared} if complete else set()
    if missing:
        raise _refused(f"config.pbtxt declares no {kind} {', '.join(sorted(missing))}")
    for entry in declared:
        name, data_type = entry["name"], entry["data_type"]
        found = by_name.get(name)
        if found is None:
            raise _refused(f"the model has no {kind} {name!r}; it has {', '.join(sorted(by_name))}")
        if ONNX_TYPES.get(found.type) != data_type:
            raise _refused(f"{kind} {name!r} is {found.type} in the model, {data_type} in config.pbtxt")
        dims = ([-1] if batched else []) + [int(dim) for dim in entry["dims"]]
        fits = len(dims) == len(found.shape) and all(
            dim == -1 or not isinstance(size, int) or dim == size for dim, size in zip(dims, found.shape, strict=True)
        )
        if not fits:
            raise _refused(f"{kind} {name!r} is {found.shape} in the model, {dims} in config.pbtxt")


def _refused(why: str) -> Exception:
    refusal: Exception = pb_utils.TritonModelException(why)
    return refusal
