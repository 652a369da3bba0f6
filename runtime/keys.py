"""Secrets of one instance: made once, readable by their owner only, never printed."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, repr=False)
class Keys:
    """Django's key and the passwords of the embedded servers."""

    django: str
    postgres: str
    postgres_owner: str
    postgres_app: str
    redis: str


def load_or_make(path: Path) -> Keys:
    """Read the keys in `path`; make what is missing there."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    keys = Keys(**{field.name: kept.get(field.name) or secrets.token_urlsafe(48) for field in fields(Keys)})
    if asdict(keys) != kept:
        partial = path.with_suffix(".partial")
        write_private(partial, json.dumps(asdict(keys), indent=1))
        partial.replace(path)
    return keys


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner could read at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
