"""The process a model file is examined in: `python -m models_admin.intake.child <json>`, started by `process` only.

It holds two files it inherited, the model's bytes to read and one to write what it found; see `core.confinement` for
what it gives up.
"""

import json
import os
import sys
from typing import Any

from core.confinement import sandbox, seccomp

MOST_ANSWERED_BYTES = 2**20


def main(settings: dict[str, Any]) -> int:
    """Give everything up, look at the file, and say what was found."""
    # A process can leave the network only while it has one thread, so before any library is loaded.
    network = sandbox.leave_network()
    from serving.tensors import DetectorShape

    shape = DetectorShape(**settings["shape"])
    _warm_up(shape)
    memory_bytes = sandbox.mapped_bytes() + settings["memory_bytes"]
    sandbox.drop_privileges()
    sandbox.die_with_parent(settings["parent_pid"])
    sandbox.limit_resources(memory_bytes=memory_bytes, open_files=16)
    sandbox.allow_cpu_s(settings["cpu_s"])
    isolation = {"network": network, "uid": os.getuid(), "memory_bytes": memory_bytes}
    isolation["system_calls"] = "listed" if seccomp.keep_few_calls() else "any"
    content = _read(settings["content_fd"])
    try:
        report = _examined(content, shape=shape)
    except MemoryError:
        report = {"out_of_memory": True}
    report["isolation"] = isolation
    _write(settings["answer_fd"], json.dumps(report).encode())
    return 0


def _warm_up(shape: Any) -> None:
    """Everything must be loaded by now: what comes next takes away the right to read our own program."""
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N"]) for name in "ab"]
    nothing = helper.make_graph([helper.make_node("Relu", ["a"], ["b"])], "nothing", value[:1], value[1:])
    model = helper.make_model(nothing, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    _examined(model.SerializeToString(), shape=shape)


def _examined(content: bytes, *, shape: Any) -> dict[str, Any]:
    from models_admin.intake import graph, smoke

    model, refusals = graph.read(content)
    report: dict[str, Any] = {"golden": {}, "tile_ms": 0.0}
    if model is not None and not refusals:
        report["graph"] = graph.facts(model)
        refusals = graph.signature(model, shape=shape)
    del model
    if not refusals:
        tried = smoke.try_out(content, shape=shape)
        report |= {"golden": tried.golden, "tile_ms": tried.tile_ms}
        refusals = list(tried.refusals)
    return {**report, "refusals": [one.as_dict() for one in refusals]}


def _read(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()


def _write(fd: int, answer: bytes) -> None:
    with os.fdopen(fd, "wb") as file:
        file.write(answer[:MOST_ANSWERED_BYTES])


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
