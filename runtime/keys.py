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
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(keys), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    return keys
