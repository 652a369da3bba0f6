"""Remembers which one-shot tasks were done for the present code and the present database, so that a start is quick."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from runtime.layout import PROJECT_DIR
from runtime.private_files import replace_private

# What the tasks run is code; what they load is these.
WATCHED = ("*.py", "*.csv", "model.json")
NOT_OURS = {"var", "tests", "bench", "runtime", "training", "static", "templates", "docs", "node_modules"}


class Once:
    """Tasks that need not run again until the code, the database or the day changes."""

    def __init__(
        self,
        path: Path,
        *,
        database: Callable[[], str],
        also: str = "",
        watched: Callable[[], Iterable[Path]] | None = None,
    ) -> None:
        """
        Args:
            path: where it is written down.
            database: names the database and what was migrated in it; empty for one that cannot be asked.
            also: anything else the tasks depend on.
            watched: the files the tasks depend on; the product's code when left out.
        """
        self._path = path
        self._also = also
        self._database = database
        self._watched = watched or code_files

    def is_due(self, name: str) -> bool:
        """Whether the task has to run."""
        database = self._database()
        return not database or self._read().get(name) != self._digest(database)

    def done(self, name: str) -> None:
        """Note that the task has come to a good end."""
        kept = self._read() | {name: self._digest(self._database())}
        replace_private(self._path, json.dumps(kept, indent=1))

    def _read(self) -> dict[str, str]:
        try:
            kept = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _digest(self, database: str) -> str:
        digest = hashlib.sha256(f"{database}\0{self._also}".encode())
        # Some of what migrations make is for a stretch of time (partitions); a new day looks again.
        digest.update(datetime.now(tz=UTC).date().isoformat().encode())
        for path in sorted(self._watched()):
            digest.update(f"{path}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def code_files() -> Iterable[Path]:
    """The product's code and what it loads."""
    yield PROJECT_DIR / "requirements.txt"
    for folder in PROJECT_DIR.iterdir():
        if folder.is_dir() and folder.name not in NOT_OURS and not folder.name.startswith("."):
            for pattern in WATCHED:
                yield from folder.rglob(pattern)


def page_files() -> Iterable[Path]:
    """What pages are served, and what decides under which names."""
    yield PROJECT_DIR / "requirements.txt"
    yield PROJECT_DIR / "core" / "static_files.py"
    yield from (path for path in (PROJECT_DIR / "static").rglob("*") if path.is_file())
