"""Secrets of one instance: made once, readable by their owner only, never printed."""

import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from runtime.private_files import replace_private


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
        replace_private(path, json.dumps(asdict(keys), indent=1), flush=True)
    return keys
