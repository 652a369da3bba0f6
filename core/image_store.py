"""Content-addressed files: the name is the digest, so the same bytes are stored once and never change."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

ASIDE = "aside"
"""Where files wait that nobody seems to want: `get_or_bring_back` still finds them."""
_DIGEST_LENGTH = 64


class StoreAway(OSError):
    """The store did not answer, or not as it should; trying again later makes sense."""


class DurableFileSystemStorage(FileSystemStorage):
    """Files that are whole or absent: written beside, flushed to disk, then renamed into place."""

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(target)
            _sync_folder(target.parent)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Names are digests: the same name is the same content, so it is simply written again."""
        return name


def put(data: bytes, *, kind: str, suffix: str = "") -> str:
    """Store bytes under their SHA-256 and return the key. Storing the same bytes twice is free and harmless."""
    return put_digest(data, sha256=hashlib.sha256(data).hexdigest(), kind=kind, suffix=suffix)


def put_digest(data: bytes, *, sha256: str, kind: str, suffix: str = "") -> str:
    """`put` for a caller that knows the digest already: of these bytes, or of those they were made from."""
    key = key_for(sha256, kind=kind, suffix=suffix)
    if not default_storage.exists(key):
        default_storage.save(key, ContentFile(data))
    return key


def put_file(file: BinaryIO, *, sha256: str, kind: str, suffix: str = "") -> str:
    """`put_digest` for more than should be in memory: a file that is read from where it stands."""
    key = key_for(sha256, kind=kind, suffix=suffix)
    if not default_storage.exists(key):
        default_storage.save(key, File(file))
    return key


@contextlib.contextmanager
def opened(key: str) -> Iterator[BinaryIO]:
    """The file of a key, to be read piece by piece. Raises as `get`."""
    try:
        stored = default_storage.open(key, "rb")
    except OSError:
        raise
    except Exception as fault:
        raise StoreAway(f"The store did not give {key}: {fault}") from fault
    with stored:
        yield cast(BinaryIO, stored.file)


def get(key: str) -> bytes:
    """The bytes of a key.

    Raises:
        FileNotFoundError: nothing is stored under it.
        OSError: the store is away, or what it is kept on is broken.
    """
    try:
        with default_storage.open(key, "rb") as file:
            return bytes(file.read())
    except OSError:
        raise
    except Exception as fault:
        # An object store has faults of its own, of as many classes as there are makers.
        raise StoreAway(f"The store did not give {key}: {fault}") from fault


def get_or_bring_back(key: str) -> bytes:
    """The bytes of a key of a kind that is put aside; where it was, it is brought back. Raises as `get`."""
    try:
        return get(key)
    except FileNotFoundError:
        # Where somebody else has just brought it back there is nothing aside, and it is here.
        with contextlib.suppress(FileNotFoundError):
            bring_back(f"{ASIDE}/{key}")
        return get(key)


def can_get(key: str) -> bool:
    """Whether `get_or_bring_back` would find it."""
    return exists(key) or exists(f"{ASIDE}/{key}")


def put_at(key: str, data: bytes) -> None:
    """Store a derived file (a tile, a thumbnail) under a key of its own; it can always be made again."""
    default_storage.save(key, ContentFile(data))


def keys_by_digest(*, kind: str, prefix: str) -> dict[str, list[str]]:
    """Keys of files, or of folders of files, by the first 64 characters of their names: the digest they belong to.

    Args:
        prefix: the two digits the digests begin with.
    """
    found: dict[str, list[str]] = {}
    for folder in names(f"{kind}/{prefix}"):
        for name in names(f"{kind}/{prefix}/{folder}"):
            found.setdefault(name[:_DIGEST_LENGTH], []).append(f"{kind}/{prefix}/{folder}/{name}")
    return found


def forget(key: str, *, older_than: datetime) -> int:
    """Delete a derived file, or all in a folder of them, unless they were written lately.

    Returns:
        How many files went.
    """
    inside = names(key)
    if not inside:
        return _forget_file(key, older_than=older_than)
    gone = sum(forget(f"{key}/{name}", older_than=older_than) for name in inside)
    if not names(key):
        default_storage.delete(key)
    return gone


def put_aside(key: str, *, older_than: datetime) -> int:
    """Move a file that nobody seems to want out of the way, unless it was written lately.

    Returns:
        How many files were moved: one, or none.
    """
    try:
        if default_storage.get_modified_time(key) >= older_than:
            return 0
        put_at(f"{ASIDE}/{key}", get(key))
        default_storage.delete(key)
    except FileNotFoundError:
        return 0
    return 1


def bring_back(aside: str) -> None:
    """Move a file that was put aside to where it was.

    Raises:
        FileNotFoundError: nothing is aside under this key.
    """
    put_at(aside.removeprefix(f"{ASIDE}/"), get(aside))
    default_storage.delete(aside)


def _forget_file(key: str, *, older_than: datetime) -> int:
    try:
        if default_storage.get_modified_time(key) >= older_than:
            return 0
        default_storage.delete(key)
    except FileNotFoundError:
        return 0
    return 1


def names(key: str) -> list[str]:
    """What lies in a folder; nothing lies in a file, nor in what is not there."""
    try:
        folders, files = default_storage.listdir(key)
    except (FileNotFoundError, NotADirectoryError, FileExistsError):
        # The last is how Django's storage in memory says that this is a file.
        return []
    return [*folders, *files]


def exists(key: str) -> bool:
    return bool(default_storage.exists(key))


def key_for(sha256: str, *, kind: str, suffix: str = "") -> str:
    return f"{kind}/{sha256[:2]}/{sha256[2:4]}/{sha256}{suffix}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
