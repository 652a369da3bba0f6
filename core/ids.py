"""Identifiers that sort by time, so that tables can be partitioned by their key."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

_RANDOM_BYTES = 10


def uuid7(*, at: datetime) -> UUID:
    """A UUID version 7: 48 bits of Unix milliseconds, then randomness.

    Source:
        RFC 9562, section 5.7.
    """
    return _uuid7_from(unix_ms=int(at.timestamp() * 1000), filler=os.urandom(_RANDOM_BYTES))


def derived_uuid7(*, parent: UUID, label: str) -> UUID:
    """A UUID version 7 with the time of `parent` and a digest in place of randomness.

    The same parent and label always give the same id, so a repeated insert meets the primary key.
    """
    digest = hashlib.sha256(parent.bytes + label.encode()).digest()
    return _uuid7_from(unix_ms=parent.int >> 80, filler=digest[:_RANDOM_BYTES])


def uuid7_floor(*, at: datetime) -> UUID:
    """The smallest version 7 UUID of that millisecond: the bound of a time partition."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def time_of(identifier: UUID) -> datetime:
    """The moment a version 7 UUID was made, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, tz=UTC)


def _uuid7_from(*, unix_ms: int, filler: bytes) -> UUID:
    value = (unix_ms << 80) | int.from_bytes(filler, "big")
    value &= ~(0xF << 76)
    value |= 0x7 << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return UUID(int=value)
