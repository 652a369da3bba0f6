"""The directory of tags that TIFF files and EXIF blocks are made of. Reads, never follows more than it was asked to."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ORIENTATION = 274
_TYPE_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAX_TAGS = 4096
_MAX_VALUES = 1 << 20


class BrokenDirectory(ValueError):
    """The bytes are not a directory of tags."""


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory; values are read when asked for.

    Attributes:
        data: the whole file or block; offsets count from its start.
        order: "<" or ">".
        next_at: offset of the next directory, 0 for none.
    """

    data: bytes
    order: str
    next_at: int
    _entries: dict[int, _Entry]

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def integers(self, tag: int) -> tuple[int, ...] | None:
        """All values of an integer tag; None without the tag.

        Raises:
            BrokenDirectory: the tag has another type, or its values lie outside the file.
        """
        entry = self._entries.get(tag)
        if entry is None:
            return None
        code = _TYPE_CODES.get(entry.kind)
        if code is None:
            raise BrokenDirectory(f"tag {tag} has type {entry.kind}")
        return struct.unpack_from(f"{self.order}{entry.count}{code}", self.data, entry.at)

    def integer(self, tag: int, default: int) -> int:
        """The only value of an integer tag."""
        values = self.integers(tag)
        if values is None:
            return default
        if len(values) != 1:
            raise BrokenDirectory(f"tag {tag} has {len(values)} values")
        return values[0]

    def raw(self, tag: int) -> bytes | None:
        """The bytes of a tag of any type."""
        entry = self._entries.get(tag)
        if entry is None:
            return None
        return self.data[entry.at : entry.at + entry.count * _TYPE_SIZES[entry.kind]]


def read_header(data: bytes) -> tuple[str, bool, int]:
    """Byte order, whether offsets have 64 bits, and where the first directory lies.

    Raises:
        BrokenDirectory: not the start of a TIFF structure.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        raise BrokenDirectory("no byte order")
    magic = struct.unpack_from(order + "H", data, 2)[0]
    if magic == 42:
        return order, False, struct.unpack_from(order + "I", data, 4)[0]
    if magic == 43 and len(data) >= 16 and struct.unpack_from(order + "HH", data, 4) == (8, 0):
        return order, True, struct.unpack_from(order + "Q", data, 8)[0]
    raise BrokenDirectory("not a TIFF header")


def read_directory(data: bytes, at: int, *, order: str, big: bool) -> Directory:
    """The directory at an offset. Tags with values outside the file are dropped, as if they were not there.

    Raises:
        BrokenDirectory: it does not lie inside the data, or is implausibly large.
    """
    count_code, entry_code, entry_size = ("Q", "HHQ", 20) if big else ("H", "HHI", 12)
    offset_code, inline = ("Q", 8) if big else ("I", 4)
    head = struct.calcsize(order + count_code)
    if at < 8 or at + head > len(data):
        raise BrokenDirectory(f"a directory at {at} lies outside the file")
    count = struct.unpack_from(order + count_code, data, at)[0]
    after = at + head + count * entry_size
    if count > _MAX_TAGS or after > len(data):
        raise BrokenDirectory(f"a directory of {count} tags lies outside the file")
    entries: dict[int, _Entry] = {}
    for index in range(count):
        entry_at = at + head + index * entry_size
        tag, kind, values = struct.unpack_from(order + entry_code, data, entry_at)
        size = _TYPE_SIZES.get(kind, 0) * values
        value_at = entry_at + entry_size - inline
        if size > inline:
            value_at = struct.unpack_from(order + offset_code, data, value_at)[0]
        if 0 < values <= _MAX_VALUES and size > 0 and value_at + size <= len(data) and tag not in entries:
            entries[tag] = _Entry(kind, values, value_at)
    has_next = after + struct.calcsize(order + offset_code) <= len(data)
    next_at = struct.unpack_from(order + offset_code, data, after)[0] if has_next else 0
    return Directory(data, order, next_at, entries)
