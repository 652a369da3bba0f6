"""The parent's side of confinement: a child that is given nothing but what it is handed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROJECT_DIR = Path(__file__).resolve().parents[2]


def start(
    module: str, settings: dict[str, Any], *, pass_fds: tuple[int, ...], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start `python -m module <settings as JSON>`; what it gives up further is its own business (`sandbox`).

    Args:
        pass_fds: files it inherits.
        environment: beside what every such child gets.
    """
    # Nothing of our environment: no addresses, no secrets. One thread and one heap keep the memory limit honest.
    shared = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-s", "-m", module, json.dumps(settings)],
        cwd=_PROJECT_DIR,
        env={**shared, **environment},
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
