"""Scenes drawn once and kept on disk as flat arrays, so that training never waits for the painter."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic import FAMILIES, Scene, draw_scene

SHARD_SCENES = 1000
FORMAT = 2
LABEL_STEP_PX = 2
"""Label maps are kept at half size: enough for cells of 8 px, and a quarter of the disk."""


@dataclass(frozen=True, slots=True)
class SceneSet:
    """What to draw. Scene i of a set has the seed (seed, i), so a set can grow without changing."""

    seed: int
    count: int
    side_px: int
    families: tuple[str, ...]
    crowding: float = 1.0

    def key(self) -> str:
        """A folder name that is the same only for the same scenes, painter's code included."""
        text = json.dumps([self.seed, self.side_px, self.families, self.crowding, painter_digest(), FORMAT])
        return f"{self.side_px}px-{self.seed}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


@functools.cache
def painter_digest() -> str:
    """SHA-256 over a few scenes of every texture: what the painter draws, not how its code is written."""
    digest = hashlib.sha256()
    for family in FAMILIES:
        for seed in range(2):
            scene = draw_scene(seed=(seed, 0), size_px=(160, 160), family=family, crowding=4.0)
            digest.update(scene.pixels.tobytes() + scene.boxes_px.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Shard:
    """pixels: (n, S, S) uint8, memory-mapped. labels: (n, S/2, S/2) uint8, 0 or class index + 1 where a defect shows.
    boxes_px: (m, 4) float32 x, y, w, h. owner: (m,) int32 row in pixels."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    boxes_px: NDArray[np.float32]
    class_index: NDArray[np.int16]
    difficulty: NDArray[np.int8]
    owner: NDArray[np.int32]

    def truth(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.int16], NDArray[np.int8]]:
        """Boxes, classes and difficulty of one scene."""
        first, last = np.searchsorted(self.owner, [row, row + 1])
        return self.boxes_px[first:last], self.class_index[first:last], self.difficulty[first:last]


def ensure(scenes: SceneSet, *, root: Path, workers: int = 2) -> list[Shard]:
    """Draw what is missing and open everything."""
    return list(stream(scenes, root=root, workers=workers))


def stream(scenes: SceneSet, *, root: Path, workers: int = 2) -> Iterator[Shard]:
    """The same, shard by shard as they get ready; by this very process where there is one worker."""
    folder = root / scenes.key()
    folder.mkdir(parents=True, exist_ok=True)
    firsts = range(0, scenes.count, SHARD_SCENES)
    jobs = [(scenes, first, min(SHARD_SCENES, scenes.count - first), str(folder)) for first in firsts]
    if workers == 1:
        yield from (open_shard(Path(_draw_shard(job))) for job in jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for path in pool.map(_draw_shard, jobs):
            yield open_shard(Path(path))


def open_shard(path: Path) -> Shard:
    """Open one drawn shard; the pixels stay on disk."""
    truth = np.load(path.with_suffix(".npz"))
    return Shard(
        np.load(path, mmap_mode="r"),
        np.load(path.with_suffix(".labels.npy"), mmap_mode="r"),
        truth["boxes_px"],
        truth["class_index"],
        truth["difficulty"],
        truth["owner"],
    )


def _draw_shard(job: tuple[SceneSet, int, int, str]) -> str:
    scenes, first, count, folder = job
    path = Path(folder) / f"{first:07d}-{count}.npy"
    if path.exists():
        return str(path)
    cv2.setNumThreads(1)
    pixels = np.empty((count, scenes.side_px, scenes.side_px), np.uint8)
    labels = np.zeros((count, scenes.side_px // LABEL_STEP_PX, scenes.side_px // LABEL_STEP_PX), np.uint8)
    boxes, classes, difficulty, owner = [], [], [], []
    for row in range(count):
        scene = draw_scene(
            seed=(scenes.seed, first + row),
            size_px=(scenes.side_px, scenes.side_px),
            families=scenes.families,
            crowding=scenes.crowding,
        )
        pixels[row] = scene.pixels
        draw_labels(scene, out=labels[row])
        boxes.append(scene.boxes_px)
        classes.append(scene.class_index)
        difficulty.append(scene.difficulty)
        owner.append(np.full(len(scene), row, np.int32))
    _save(path.with_suffix(".npz"), boxes, classes, difficulty, owner)
    np.save(path.with_suffix(".labels.npy"), labels)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.save(file, pixels)
    temporary.rename(path)
    return str(path)


def draw_labels(scene: Scene, *, out: NDArray[np.uint8]) -> None:
    """Mark in a half-size map where each defect of a scene shows; one pixel of a scratch is enough to mark."""
    for box, mask, index in zip(scene.boxes_px.astype(int), scene.masks, scene.class_index, strict=True):
        y, x = np.nonzero(mask)
        out[(y + box[1]) // LABEL_STEP_PX, (x + box[0]) // LABEL_STEP_PX] = index + 1


def _save(
    path: Path,
    boxes: Sequence[NDArray[np.float32]],
    classes: Sequence[NDArray[np.int16]],
    difficulty: Sequence[NDArray[np.int8]],
    owner: Sequence[NDArray[np.int32]],
) -> None:
    np.savez(
        path,
        boxes_px=np.concatenate(boxes),
        class_index=np.concatenate(classes),
        difficulty=np.concatenate(difficulty),
        owner=np.concatenate(owner),
    )
