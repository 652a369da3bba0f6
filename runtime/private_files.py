"""Files that nobody but their owner can read at any moment."""

import os
from pathlib import Path


def write_private(path: Path, text: str, *, flush: bool = True) -> None:
    """Write a file, and its folder where there is none; `flush` waits until it has reached the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        if flush:
            file.flush()
            os.fsync(file.fileno())


def replace_private(path: Path, text: str, *, flush: bool = False) -> None:
    """Write a file in the place of another in one step, so that a reader never sees half of it."""
    partial = path.with_suffix(".partial")
    write_private(partial, text, flush=flush)
    partial.replace(path)
