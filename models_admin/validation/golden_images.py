"""The images of a golden set, read from a frozen manifest."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core import image_store
from domain.datasets.manifest import UnreadableManifest, header_of, images_of
from domain.datasets.records import ImageRecord, Split
from domain.shapes.kinds import Kind

MANIFEST_KIND, MANIFEST_SUFFIX, IMAGE_KIND = "dataset", ".jsonl", "original"
MOST_IMAGES = 5000
INCOMPLETE, NO_BOX, OTHER_SPLIT = "incomplete", "no_box", "other_split"
# What has no extent cannot be overlapped by a box.
_WITHOUT_BOX = frozenset({Kind.POINT, Kind.TAG})


class NoManifest(Exception):
    """The store has no data set under this digest, or what it has cannot be used."""


@dataclass(frozen=True, eq=False)
class GoldenImages:
    """What can be counted of a frozen data set.

    Attributes:
        site: code of the site it was frozen at.
        images: in the order of the manifest.
        left_out: images that cannot be counted, by reason.
    """

    site: str
    images: tuple[ImageRecord, ...]
    left_out: dict[str, int]

    @property
    def defects_by_class(self) -> dict[str, int]:
        counts = Counter(one.class_code for image in self.images for one in image.objects)
        return dict(sorted(counts.items()))


def read_golden_images(sha256: str, *, splits: Collection[Split]) -> GoldenImages:
    """
    Args:
        sha256: digest of the manifest.
        splits: which parts of the data set count.

    Raises:
        NoManifest: see there; the words are for a person.
        OSError: the store is away.
    """
    lines = _manifest(sha256)
    try:
        header = header_of(lines[0] if lines else b"")
        return _counted(header.site, images_of(lines), splits=splits)
    except UnreadableManifest as fault:
        raise NoManifest(str(fault)) from fault


def image_bytes(record: ImageRecord) -> bytes:
    """The file of an image, as it was sent.

    Raises:
        FileNotFoundError: it is not in the store any more.
        OSError: the store is away.
    """
    key = image_store.key_for(record.sha256, kind=IMAGE_KIND, suffix=f".{record.format}")
    return image_store.get_or_bring_back(key)


def subject_sha256(sha256: str, *, splits: Collection[str]) -> str:
    """Names exactly these images: equal for equal parts of the same manifest."""
    return hashlib.sha256(" ".join([sha256, *sorted(splits)]).encode()).hexdigest()


def _manifest(sha256: str) -> list[bytes]:
    key = image_store.key_for(sha256, kind=MANIFEST_KIND, suffix=MANIFEST_SUFFIX)
    try:
        content = image_store.get(key)
    except FileNotFoundError as fault:
        raise NoManifest("No data set has this digest.") from fault
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NoManifest("What is stored under this digest is something else.")
    return content.splitlines()


def _counted(site: str, records: Iterable[ImageRecord], *, splits: Collection[Split]) -> GoldenImages:
    images: list[ImageRecord] = []
    left_out: Counter[str] = Counter()
    for record in records:
        if record.split not in splits:
            left_out[OTHER_SPLIT] += 1
        elif not record.is_complete:
            left_out[INCOMPLETE] += 1
        elif any(one.kind in _WITHOUT_BOX for one in record.objects):
            left_out[NO_BOX] += 1
        else:
            images.append(record)
    return GoldenImages(site=site, images=tuple(images), left_out=dict(left_out))
