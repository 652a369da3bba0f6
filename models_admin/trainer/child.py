"""Becomes the trainer: `python -m models_admin.trainer.child <json>`, started by `process` only.

It gives up the network, its place in the queue for the processor, and the right to outlive who started it; then the
training takes its place.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from core.confinement import sandbox

NICE = 10
MEMORY_SHARE = 0.75


def main(settings: dict[str, Any]) -> None:
    """Never returns."""
    sandbox.leave_network()
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A GPU's driver maps far more than it uses; without one, what is mapped is what is used.
    if not Path("/dev/nvidiactl").exists():
        memory_bytes = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE)
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    sandbox.die_with_parent(settings["parent_pid"])
    os.execv(sys.executable, [sys.executable, *settings["arguments"]])  # noqa: S606


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
