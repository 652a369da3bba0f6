"""The one place that reads the time. Services take `now` as an argument; their callers ask here."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(tz=UTC)
