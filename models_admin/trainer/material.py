"""What a training is given: the frozen data set as files in a folder, and the version it begins with."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import image_store
from domain.datasets.manifest import UnreadableManifest, header_of, images_of
from domain.datasets.records import Header, ImageRecord, Split
from models_admin.errors import WorkFailed

DATASET_KIND, DATASET_SUFFIX = "dataset", ".jsonl"
WEIGHTS_KIND, WEIGHTS_SUFFIX = "weights", ".pt"
MOST_PIXELS = 4 * 10**9
"""Of the images that are learned from and measured on: they are held in memory."""


def manifest_key(sha256: str) -> str:
    return image_store.key_for(sha256, kind=DATASET_KIND, suffix=DATASET_SUFFIX)


def header(sha256: str) -> Header | None:
    """What a frozen manifest says of itself; None where there is none of this digest."""
    try:
        with image_store.opened(manifest_key(sha256)) as file:
            return header_of(file.readline(2**20))
    except (FileNotFoundError, UnreadableManifest):
        return None


def lay_out(sha256: str, *, folder: Path, tell: Callable[[int, int], None]) -> int:
    """Write the manifest and its images to `folder`, as an export of JSON lines with images has them.

    Args:
        tell: called with how many images are there, and of how many.

    Returns:
        How many images can be learned from.

    Raises:
        WorkFailed: an image is missing, there is too much, or nothing to learn from.
    """
    content = image_store.get(manifest_key(sha256))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WorkFailed("dataset_broken", "The stored manifest is not the one that was frozen.")
    records = [record for record in images_of(content.splitlines(keepends=True)) if record.is_complete]
    learned = sum(record.split is Split.TRAIN for record in records)
    _check(records, learned=learned)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for done, record in enumerate(records):
        tell(done, len(records))
        _write_image(record, images / record.export_name)
    (folder / "manifest.jsonl").write_bytes(content)
    return learned


def lay_out_base(folder: Path, *, model: bytes, description: dict[str, Any], weights: bytes) -> None:
    """Write a version as the trainer reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    (folder / "model.json").write_text(json.dumps(description))
    (folder / "weights.pt").write_bytes(weights)


def _check(records: list[ImageRecord], *, learned: int) -> None:
    if not learned:
        raise WorkFailed(
            "nothing_to_learn",
            "No image of the training split is complete: on each something still waits for a word. Review more of "
            "them, and freeze again.",
        )
    pixels = sum(record.width_px * record.height_px for record in records)
    if pixels > MOST_PIXELS:
        raise WorkFailed(
            "dataset_too_large",
            f"{pixels / 10**9:.1f} thousand million pixels; at most {MOST_PIXELS / 10**9:.0f}. Freeze a smaller one.",
        )


def _write_image(record: ImageRecord, path: Path) -> None:
    if path.exists():
        return
    key = image_store.key_for(record.sha256, kind="original", suffix=f".{record.format}")
    try:
        content = image_store.get_or_bring_back(key)
    except FileNotFoundError as fault:
        raise WorkFailed("image_missing", f"The file of {record.file_name} of {record.lot} is not there.") from fault
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)
