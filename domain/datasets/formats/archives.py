"""ZIP files from elsewhere, read in memory: nothing is unpacked to a disk, and no more than was agreed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from domain.datasets.labels import FaultFound, Limits

_AGAIN = "Pack the files again, without a password."
# What the library makes of bytes that are no ZIP, or one that somebody has bent.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError, LookupError, OSError,
    EOFError, OverflowError,
)  # fmt: skip


class Archive:
    """The files in a ZIP, by name. Names are labels: nothing is ever written under them."""

    def __init__(self, file: BinaryIO, *, limits: Limits) -> None:
        self._limits = limits
        self._left_bytes = limits.unpacked_bytes
        try:
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        except _BROKEN as fault:
            raise FaultFound("the file", f"It is no ZIP that can be read: {fault}", _AGAIN) from fault
        if len(entries) > limits.entries:
            raise FaultFound("the file", f"It holds {len(entries):,} files.", f"{limits.entries:,} are the most.")
        self._entries = [entry for entry in entries if entry.filename and not entry.is_dir()]

    def names(self, *suffixes: str) -> Iterator[str]:
        """Names of the files that end so, in their order; whatever else there is, images and all, is not read."""
        for entry in self._entries:
            if entry.filename.lower().endswith(suffixes) and "__MACOSX/" not in entry.filename:
                yield entry.filename

    def bytes_of(self, name: str) -> bytes:
        """
        Raises:
            FaultFound: encrypted, broken, or larger than agreed, whatever its head says.
        """
        most = min(self._limits.entry_bytes, self._left_bytes)
        try:
            if self._zip.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotImplementedError("deflate is the only packing that is read")
            with self._zip.open(name) as file:
                data = file.read(most + 1)
        except _BROKEN as fault:
            raise FaultFound(name[:120], f"It cannot be unpacked: {fault}", _AGAIN) from fault
        if len(data) > most:
            raise FaultFound(name[:120], f"It unpacks to more than {most:,} bytes.", "Send less at once.")
        self._left_bytes -= len(data)
        return data

    def text_of(self, name: str) -> str:
        """Raises as `bytes_of`, and where it is no UTF-8."""
        try:
            return self.bytes_of(name).decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            raise FaultFound(name[:120], "It is not UTF-8.", "Save it as UTF-8.") from fault


def is_zip(file: BinaryIO) -> bool:
    start = file.read(4)
    file.seek(0)
    return start in (b"PK\x03\x04", b"PK\x05\x06")
