"""Batches for training: cut, turned, brightened and roughened afresh every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from queue import Full, Queue
from threading import Event, Thread

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from demo.synthetic.fields import log_uniform
from training.cache import LABEL_STEP_PX, Shard
from training.loss import Batch

KEEP_SHARE = 0.35
"""A defect of which less than this is left after cutting is neither asked for nor held against the model."""
SMALLEST_ZOOM = 0.82
AIMED_SHARE = 0.7
"""Windows that are sure to have a defect in them: bare wafer teaches little after a while."""
Boxes = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def cut(
    rng: np.random.Generator,
    *,
    pixels: Pixels,
    labels: Pixels,
    boxes_px: Boxes,
    classes: NDArray[np.int16],
    side_px: int,
) -> tuple[Pixels, Pixels, Boxes, NDArray[np.int64]]:
    """A random window of side_px, half of the time one that cuts through nothing if such a one is found.

    Returns pixels (side, side), label map, boxes as corners (G, 4), classes with -2 where too little is left.
    """
    room = pixels.shape[0] - side_px
    corners = np.concatenate([boxes_px[:, :2], boxes_px[:, :2] + boxes_px[:, 2:]], axis=1)
    tries = 8 if rng.random() < 0.6 else 1
    aim = corners[int(rng.integers(len(corners)))] if len(corners) and rng.random() < AIMED_SHARE else None
    for _ in range(tries):
        x, y = _corner(rng, room=room, side_px=side_px, aim=aim)
        moved = corners - np.array([x, y, x, y], np.float32)
        clipped = np.clip(moved, 0, side_px)
        size = clipped[:, 2:] - clipped[:, :2]
        share = size.prod(1) / np.maximum((moved[:, 2:] - moved[:, :2]).prod(1), 1)
        if ((share > 0.99) | (share <= 0)).all():
            break
    seen = share > 0
    kept = np.where(share >= KEEP_SHARE, classes, -2)[seen].astype(np.int64)
    half = (
        slice(y // LABEL_STEP_PX, (y + side_px) // LABEL_STEP_PX),
        slice(x // LABEL_STEP_PX, (x + side_px) // LABEL_STEP_PX),
    )
    tight = _tightened(clipped, labels[half], classes=classes, which=seen & (share < 0.99))
    return pixels[y : y + side_px, x : x + side_px], labels[half], tight[seen], kept


def _tightened(corners: Boxes, labels: Pixels, *, classes: NDArray[np.int16], which: NDArray[np.bool_]) -> Boxes:
    """Boxes that the window cut, drawn in to what still shows of the defect."""
    tight = corners.copy()
    for row in np.flatnonzero(which):
        x0, y0, x1, y1 = (corners[row] / LABEL_STEP_PX).astype(int)
        mine = (labels[y0 : y1 + 1, x0 : x1 + 1] == classes[row] + 1).astype(np.uint8)
        x, y, w, h = cv2.boundingRect(mine)
        if w and h:
            tight[row] = np.array([x0 + x, y0 + y, x0 + x + w, y0 + y + h], np.float32) * LABEL_STEP_PX
    return tight


def _corner(rng: np.random.Generator, *, room: int, side_px: int, aim: Boxes | None) -> tuple[int, int]:
    """Upper left corner of a window, one that has the middle of `aim` well inside where there is one."""
    if room <= 0:
        return 0, 0
    low, high = np.zeros(2), np.full(2, float(room))
    if aim is not None:
        centre = (aim[:2] + aim[2:]) / 2
        low, high = np.clip(centre - side_px * 0.85, 0, room), np.clip(centre - side_px * 0.15, 0, room)
    x, y = (rng.uniform(low, high + 1e-6) / LABEL_STEP_PX).astype(int) * LABEL_STEP_PX
    return int(x), int(y)


def turn(rng: np.random.Generator, *, pixels: Pixels, labels: Pixels, corners: Boxes) -> tuple[Pixels, Pixels, Boxes]:
    """One of the eight turns and mirrorings of a square."""
    side = pixels.shape[0]
    if rng.random() < 0.5:
        pixels, labels = pixels[:, ::-1], labels[:, ::-1]
        corners = np.stack([side - corners[:, 2], corners[:, 1], side - corners[:, 0], corners[:, 3]], axis=1)
    if rng.random() < 0.5:
        pixels, labels = pixels[::-1], labels[::-1]
        corners = np.stack([corners[:, 0], side - corners[:, 3], corners[:, 2], side - corners[:, 1]], axis=1)
    if rng.random() < 0.5:
        pixels, labels, corners = pixels.T, labels.T, corners[:, [1, 0, 3, 2]]
    return pixels, labels, corners


def roughen(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Brightness, contrast, tone, and now and then some noise or blur on top: little enough to hide nothing."""
    if rng.random() < 0.7:
        levels = np.arange(256, dtype=np.float32)
        gamma = np.exp(rng.normal(0, 0.15))
        table = 255 * (levels / 255) ** gamma * rng.uniform(0.75, 1.2) + rng.uniform(-15, 20)
        pixels = np.clip(table, 0, 255).astype(np.uint8)[pixels]
    if rng.random() < 0.15:
        pixels = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), rng.uniform(0.4, 0.8)).astype(np.uint8)
    if rng.random() < 0.2:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(0.5, 3))
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return pixels


def zoom(
    rng: np.random.Generator, *, pixels: Pixels, labels: Pixels, boxes_px: Boxes, least_px: int
) -> tuple[Pixels, Pixels, Boxes]:
    """Seldom, the scene a little larger or smaller than it was drawn."""
    if rng.random() > 0.2:
        return pixels, labels, boxes_px
    side = pixels.shape[0]
    smallest = SMALLEST_ZOOM if side * SMALLEST_ZOOM >= least_px else 1.0
    new_side = int(side * log_uniform(rng, smallest, 1.5)) // LABEL_STEP_PX * LABEL_STEP_PX
    way = cv2.INTER_AREA if new_side < side else cv2.INTER_LINEAR
    half = (new_side // LABEL_STEP_PX,) * 2
    return (
        cv2.resize(pixels, (new_side, new_side), interpolation=way).astype(np.uint8),
        cv2.resize(labels, half, interpolation=cv2.INTER_NEAREST).astype(np.uint8),
        boxes_px * np.float32(new_side / side),
    )


def make_batch(
    rng: np.random.Generator,
    *,
    shards: Sequence[Shard],
    size: int,
    side_px: int,
    replay: Sequence[Shard] = (),
    replay_share: float = 0.0,
) -> Batch:
    """Windows of `size` scenes, as many of large scenes as of small ones: long defects find room on large ones only.

    Args:
        replay: scenes of another origin, and `replay_share` how many of the windows are theirs.
    """
    rows = []
    groups, others = _by_side(shards, side_px=side_px), _by_side(replay, side_px=side_px)
    for _ in range(size):
        chosen = others if others and rng.random() < replay_share else groups
        group = chosen[int(rng.integers(len(chosen)))]
        shard = group[int(rng.integers(len(group)))]
        row = int(rng.integers(len(shard.pixels)))
        boxes, classes, _ = shard.truth(row)
        pixels, labels, boxes = zoom(
            rng, pixels=shard.pixels[row], labels=shard.labels[row], boxes_px=boxes, least_px=side_px
        )
        pixels, labels, corners, kept = cut(
            rng, pixels=pixels, labels=labels, boxes_px=boxes, classes=classes, side_px=side_px
        )
        pixels, labels, corners = turn(rng, pixels=pixels, labels=labels, corners=corners)
        rows.append((roughen(rng, pixels), labels, corners, kept))
    most = max(1, *(len(kept) for *_, kept in rows))
    truth = np.zeros((size, most, 4), np.float32)
    classes_out = np.full((size, most), -1, np.int64)
    for index, (_, _, corners, kept) in enumerate(rows):
        truth[index, : len(kept)] = corners
        classes_out[index, : len(kept)] = kept
    stacked = np.stack([pixels for pixels, *_ in rows])[:, None]
    label_maps = np.stack([labels for _, labels, *_ in rows])
    return Batch(*(torch.from_numpy(array) for array in (stacked, label_maps, truth, classes_out)))


def _by_side(shards: Sequence[Shard], *, side_px: int) -> list[list[Shard]]:
    """Shards whose scenes have room for the window, by their side."""
    by_side: dict[int, list[Shard]] = {}
    for shard in shards:
        if shard.pixels.shape[1] >= side_px:
            by_side.setdefault(shard.pixels.shape[1], []).append(shard)
    return list(by_side.values())


def prefetch(
    make: Callable[[np.random.Generator], Batch], *, seeds: Sequence[np.random.SeedSequence], depth: int = 6
) -> Iterator[Batch]:
    """Make batches in threads of their own, one per seed: cutting and turning release the interpreter lock often."""
    queue: Queue[Batch | BaseException] = Queue(depth * len(seeds))
    stop = Event()

    def work(seed: np.random.SeedSequence) -> None:
        rng = np.random.default_rng(seed)
        try:
            while not stop.is_set():
                _put(queue, make(rng), stop=stop)
        except BaseException as error:
            _put(queue, error, stop=stop)

    for seed in seeds:
        Thread(target=work, args=(seed,), daemon=True).start()
    try:
        while True:
            item = queue.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()


def _put(queue: Queue[Batch | BaseException], item: Batch | BaseException, *, stop: Event) -> None:
    """Wait for room, but not for a consumer that has left."""
    while not stop.is_set():
        try:
            queue.put(item, timeout=0.5)
        except Full:
            continue
        return
