"""Logs of the processes: one file each, cut when they grow, shown by `python -m runtime logs`."""

import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

MAX_BYTES = 10 * 2**20
KEPT = 3


def rotate(folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Copy logs that have grown too large aside and empty them.

    Processes write at the end of a file they keep open, so it is emptied rather than renamed.
    """
    for path in folder.glob("*.log"):
        if path.stat().st_size < max_bytes:
            continue
        for number in range(KEPT - 1, 0, -1):
            older = path.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(path.with_suffix(f".log.{number + 1}"))
        shutil.copyfile(path, path.with_suffix(".log.1"))
        with path.open("r+b") as file:
            file.truncate(0)


def tail(path: Path, *, lines: int) -> list[str]:
    """The last lines of a log, none when there is no log."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 400 * lines))
        return file.read().decode(errors="replace").splitlines()[-lines:]


def show(folder: Path, *, names: Iterable[str], lines: int, follow: bool) -> None:
    """Print the ends of the named logs (all of them without names), and what is added when `follow` is set."""
    chosen = sorted(names) or sorted(path.stem for path in folder.glob("*.log"))
    width = max((len(name) for name in chosen), default=0)
    places: dict[str, int] = {}
    for name in chosen:
        path = folder / f"{name}.log"
        for line in tail(path, lines=lines):
            print(f"{name:<{width}} | {line}")
        places[name] = path.stat().st_size if path.exists() else 0
    while follow:
        time.sleep(0.3)
        for name in chosen:
            places[name] = _print_added(folder / f"{name}.log", place=places[name], prefix=f"{name:<{width}} | ")
        sys.stdout.flush()


def _print_added(path: Path, *, place: int, prefix: str) -> int:
    size = path.stat().st_size if path.exists() else 0
    if size < place:
        place = 0
    if size > place:
        with path.open("rb") as file:
            file.seek(place)
            for line in file.read(size - place).decode(errors="replace").splitlines():
                print(prefix + line)
    return size
