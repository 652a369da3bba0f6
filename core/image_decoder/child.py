"""The process untrusted bytes are decoded in: `python -m core.image_decoder.child <json>`, started by the pool only.

It holds a socket and a memory file it inherited, and nothing else; see `sandbox` for what it gives up.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sys
from typing import Any

from core.confinement import sandbox, seccomp
from core.image_decoder import wire
from domain.imaging.refusal import DecodeLimits

_TRIM_ABOVE_BYTES = 16 << 20


def main(settings: dict[str, Any]) -> int:
    """Give everything up, say so, and answer until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=settings["channel_fd"])
    try:
        worker, isolation = _shut_in(settings)
    except Exception as error:
        wire.send(channel, {"failed": f"{type(error).__name__}: {error}"[:500]})
        return 1
    wire.send(channel, isolation)
    return _serve(channel, worker, cpu_s=settings["cpu_s"])


def _shut_in(settings: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    # A process can leave the network only while it has one thread, so before any library is loaded.
    network = sandbox.leave_network()
    from core.image_decoder.tasks import Worker

    limits = DecodeLimits(**settings["limits"])
    layout = wire.Layout.of(limits)
    memory = mmap.mmap(settings["memory_fd"], layout.total_bytes)
    os.close(settings["memory_fd"])
    worker = Worker(memory=memory, layout=layout, limits=limits, messages=sandbox.hear_libraries())
    # Everything must be loaded by now: what comes next takes away the right to read our own program.
    worker.warm_up()
    memory_bytes = sandbox.mapped_bytes() + settings["memory_bytes"]
    sandbox.drop_privileges()
    sandbox.die_with_parent(settings["parent_pid"])
    sandbox.limit_resources(memory_bytes=memory_bytes, open_files=16)
    isolation = {"network": network, "uid": os.getuid(), "memory_bytes": memory_bytes}
    isolation["system_calls"] = "listed" if seccomp.keep_few_calls() else "any"
    return worker, isolation


def _serve(channel: socket.socket, worker: Any, *, cpu_s: int) -> int:
    while (request := wire.receive(channel)) is not None:
        sandbox.allow_cpu_s(cpu_s)
        wire.send(channel, worker.answer(request))
        if worker.largest_bytes > _TRIM_ABOVE_BYTES:
            sandbox.release_free_memory()
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
