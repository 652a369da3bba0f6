"""Files and rows agree: what no row names goes, what a row names is there.

A file is stored before its row. What a row could need once more is therefore not deleted when it is found without one,
but put aside, from where whoever reads it gets it back; a day later no upload that found it there can still be under
way, and the rows decide.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core import image_store
from inspection.models import InspectionImage

DRAWN = ("view", "tile", "thumbnail")
ORIGINAL = "original"
# A file is kept before its image's row is written; no upload takes this long.
SPARE_FOR = timedelta(days=1)
_PREFIXES = tuple(f"{number:02x}" for number in range(256))
_ROUNDS = 24
_AT_ONCE = 500


def forget_orphans(*, now: datetime) -> int:
    """Delete drawn pictures that belong to no image, put originals aside that do, and delete those that still do.

    Each hour looks at another twenty-fourth of the store, so that a day sees all of it and no hour has much to do.

    Returns:
        How many files were deleted or put aside.
    """
    hour = int(now.timestamp() // 3600)
    older_than = now - SPARE_FOR
    count = 0
    for prefix in _PREFIXES[hour % _ROUNDS :: _ROUNDS]:
        count += _empty_aside(prefix, older_than=older_than)
        count += sum(image_store.put_aside(key, older_than=older_than) for key in _without_row((ORIGINAL,), prefix))
        count += sum(image_store.forget(key, older_than=older_than) for key in _without_row(DRAWN, prefix))
    return count


@dataclass
class Agreement:
    """What a look at every row and every original found.

    Attributes:
        images: rows looked at.
        missing: keys that rows name and the store does not have.
        changed: keys whose bytes are not those of the digest in their name.
        spare: originals that no row names; the hourly chore takes them away.
    """

    images: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    spare: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every row has its file, unchanged."""
        return not self.missing and not self.changed


def compare(*, with_digests: bool) -> Agreement:
    """Look for the original of every image, and for the image of every original.

    Args:
        with_digests: read every file and compare its SHA-256 with its name, too.
    """
    found = Agreement()
    for key, sha256 in InspectionImage.objects.values_list("store_key", "sha256").iterator(chunk_size=_AT_ONCE):
        found.images += 1
        try:
            if with_digests and hashlib.sha256(image_store.get_or_bring_back(key)).hexdigest() != sha256:
                found.changed.append(key)
            elif not with_digests and not image_store.can_get(key):
                found.missing.append(key)
        except FileNotFoundError:
            found.missing.append(key)
    found.spare = sum(1 for prefix in _PREFIXES for _ in _without_row((ORIGINAL,), prefix))
    return found


def _without_row(kinds: tuple[str, ...], prefix: str) -> Iterator[str]:
    """Keys of these kinds whose digest no image has."""
    keys: dict[str, list[str]] = defaultdict(list)
    for kind in kinds:
        for digest, named in image_store.keys_by_digest(kind=kind, prefix=prefix).items():
            keys[digest] += named
    for digest in keys.keys() - _known(keys):
        yield from keys[digest]


def _empty_aside(prefix: str, *, older_than: datetime) -> int:
    aside = image_store.keys_by_digest(kind=f"{image_store.ASIDE}/{ORIGINAL}", prefix=prefix)
    known = _known(aside)
    for digest in known:
        for key in aside[digest]:
            image_store.bring_back(key)
    return sum(
        image_store.forget(key, older_than=older_than) for digest in aside.keys() - known for key in aside[digest]
    )


def _known(digests: dict[str, list[str]]) -> set[str]:
    return set(InspectionImage.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
