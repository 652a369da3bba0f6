"""A frozen data set of the product, read as it was exported: the manifest, and its images under their digests.

Either the ZIP of the format `jsonl` with images, or its `manifest.jsonl` with a folder `images` beside it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic import CLASS_CODES
from domain.datasets.manifest import images_of
from domain.datasets.records import ImageRecord, Split
from training.cache import LABEL_STEP_PX, Shard

MANIFEST, IMAGES = "manifest.jsonl", "images"
SIDE_STEP_PX = 256
LARGEST_PX = 2048
"""Pictures are kept whole up to this side; of a larger one the rest at the right and at the bottom is not learned."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What of a data set is trained on.

    Attributes:
        sha256: of the manifest; it names the data.
        shards: one per side of pictures, which are padded to a few sizes.
        incomplete: images left out because something on them waits for a word: it would be learned as background.
    """

    sha256: str
    shards: list[Shard]
    images: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """pixels: (H, W) uint8. boxes_px: (N, 4) float32 x, y, w, h. classes: N codes. lot: its code, where known."""

    pixels: NDArray[np.uint8]
    boxes_px: NDArray[np.float32]
    classes: tuple[str, ...]
    lot: str = ""


def read_dataset(path: Path, *, least_px: int, split: Split = Split.TRAIN) -> Frozen:
    """Read one split of a data set, checking every image against the digest that the manifest says.

    Args:
        least_px: pictures are padded to this side at least.

    Raises:
        ValueError: an image is missing, is another one, or cannot be read; a class is unknown; nothing is left.
    """
    sha256, pictures, incomplete = read_pictures(path, split=split)
    if not pictures:
        raise ValueError(f"{path}: no complete image in {split}; {incomplete} are incomplete")
    by_side: dict[int, list[Labelled]] = {}
    for picture in pictures:
        by_side.setdefault(_side_of(picture, least_px=least_px), []).append(picture)
    shards = [shard_of(of_one_side, side_px=side) for side, of_one_side in sorted(by_side.items())]
    return Frozen(sha256, shards, len(pictures), incomplete)


def read_pictures(path: Path, *, split: Split) -> tuple[str, list[Labelled], int]:
    """Digest of the manifest, the complete pictures of one split, and how many are left out as incomplete.

    Raises:
        ValueError: an image is missing, is another one, or cannot be read; a class is unknown.
    """
    pictures, incomplete = [], 0
    with _opened(path) as get:
        manifest = get(MANIFEST)
        for record in images_of(manifest.splitlines(keepends=True)):
            if record.split is split and record.is_complete:
                pictures.append(_labelled(record, get))
            elif record.split is split:
                incomplete += 1
    return hashlib.sha256(manifest).hexdigest(), pictures, incomplete


def shard_of(pictures: list[Labelled], *, side_px: int) -> Shard:
    """Pictures padded or cut to one square side, with what is on them. All of a box is marked as defect."""
    labels = np.zeros((len(pictures), side_px // LABEL_STEP_PX, side_px // LABEL_STEP_PX), np.uint8)
    indices = [np.array([CLASS_CODES.index(code) for code in one.classes], np.int16) for one in pictures]
    for picture_labels, one, classes in zip(labels, pictures, indices, strict=True):
        for (x, y, w, h), index in zip((one.boxes_px / LABEL_STEP_PX).astype(int), classes, strict=True):
            picture_labels[y : y + h + 1, x : x + w + 1] = index + 1
    owner = [np.full(len(one.classes), row, np.int32) for row, one in enumerate(pictures)]
    classes_all = np.concatenate(indices)
    return Shard(
        np.stack([_squared(one.pixels, side_px=side_px) for one in pictures]),
        labels,
        np.concatenate([one.boxes_px for one in pictures]),
        classes_all,
        np.ones(len(classes_all), np.int8),
        np.concatenate(owner),
    )


def _side_of(picture: Labelled, *, least_px: int) -> int:
    longest = max(picture.pixels.shape)
    return max(least_px, min(LARGEST_PX, -(-longest // SIDE_STEP_PX) * SIDE_STEP_PX))


def _labelled(record: ImageRecord, get: Callable[[str], bytes]) -> Labelled:
    unknown = {one.class_code for one in record.objects} - set(CLASS_CODES)
    if unknown:
        raise ValueError(f"image {record.image}: unknown class {min(unknown)}")
    data = get(f"{IMAGES}/{record.export_name}")
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise ValueError(f"image {record.image}: its file is not the one that was frozen")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError(f"image {record.image}: its file cannot be read")
    pixels = pixels.astype(np.uint8)[:LARGEST_PX, :LARGEST_PX]
    height, width = pixels.shape
    seen = [one for one in record.objects if one.bbox_px[0] < width - 1 and one.bbox_px[1] < height - 1]
    boxes = np.array([one.bbox_px for one in seen], np.float32).reshape(-1, 4)
    far = np.minimum(boxes[:, :2] + boxes[:, 2:], np.array([width, height], np.float32))
    boxes = np.concatenate([boxes[:, :2], far - boxes[:, :2]], axis=1)
    return Labelled(pixels, boxes, tuple(one.class_code for one in seen), record.lot)


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[str], bytes]]:
    if path.suffix != ".zip":
        yield lambda name: _of_folder(path, name)
        return
    with zipfile.ZipFile(path) as archive:
        yield lambda name: _of_archive(archive, name)


def _of_folder(manifest: Path, name: str) -> bytes:
    file = manifest if name == MANIFEST else manifest.parent / name
    if not file.is_file():
        raise ValueError(f"{file} is missing: export the data set as JSON lines with its images")
    return file.read_bytes()


def _of_archive(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError as fault:
        raise ValueError(f"{name} is missing in the archive: export as JSON lines with the images") from fault


def _squared(picture: NDArray[np.uint8], *, side_px: int) -> NDArray[np.uint8]:
    """Pad or cut at the right and at the bottom: boxes keep their places."""
    height, width = picture.shape
    padded = np.pad(picture, ((0, max(0, side_px - height)), (0, max(0, side_px - width))), mode="edge")
    return padded[:side_px, :side_px]
