"""What a training says of itself while it runs: one JSON object per line on standard output."""

from __future__ import annotations

import json
from typing import Any


def tell(**said: Any) -> None:
    """Print one line, at once."""
    print(json.dumps(said), flush=True)
