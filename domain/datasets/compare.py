"""What is different between two snapshots, found by reading both once, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from domain.datasets.manifest import IMAGE_PREFIX, record_of
from domain.datasets.records import DefectObject, ImageRecord

_KEY = slice(len(IMAGE_PREFIX), len(IMAGE_PREFIX) + 36)
_MOST_NAMED = 100
_MOST_SHOWN = 12
_SAME_PX = 0.01


@dataclass
class Difference:
    """From one snapshot to another.

    Attributes:
        same, added, removed, changed: images.
        moved: images by where they were and are, as "train to test".
        objects: of images in both: `added`, `removed`, `reclassed`, `redrawn`, by the task that says so.
        classes: objects of all images, by class: how many more or fewer.
        examples: keys of the first images of each kind.
        pictures: by the key of the very first of those: its size, where it is from, and what was and is said of it;
            `before` or `after` is None where it is not in that snapshot.
    """

    same: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(
        default_factory=lambda: {"added": [], "removed": [], "changed": [], "moved": []}
    )
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "images": {
                "same": self.same, "added": self.added, "removed": self.removed, "changed": self.changed,
                "moved": self.moved.total(),
            },
            "moved": dict(self.moved),
            "objects": {name: self.objects[name] for name in ("added", "removed", "reclassed", "redrawn")},
            "classes": {name: count for name, count in sorted(self.classes.items()) if count},
            "examples": self.examples,
            "pictures": self.pictures,
        }  # fmt: skip


def difference(before: Iterable[bytes], after: Iterable[bytes]) -> Difference:
    """Compare the lines of two manifests. Lines that are the same byte by byte are not even read as JSON."""
    found = Difference()
    old, new = _images(before), _images(after)
    mine, theirs = next(old, None), next(new, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs[0]):
            assert mine is not None
            record = record_of(mine[1])
            _one_sided(found, "removed", record, by=-1)
            _name(found, "removed", before=record)
            mine = next(old, None)
        elif mine is None or theirs[0] < mine[0]:
            record = record_of(theirs[1])
            _one_sided(found, "added", record, by=1)
            _name(found, "added", after=record)
            theirs = next(new, None)
        else:
            if mine[1] == theirs[1]:
                found.same += 1
            else:
                _compare(found, record_of(mine[1]), record_of(theirs[1]))
            mine, theirs = next(old, None), next(new, None)
    return found


def _images(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return ((line[_KEY], line) for line in lines if line.startswith(IMAGE_PREFIX))


def _one_sided(found: Difference, what: str, record: ImageRecord, *, by: int) -> None:
    setattr(found, what, getattr(found, what) + 1)
    for one in record.objects:
        found.classes[one.class_code] += by


def _compare(found: Difference, before: ImageRecord, after: ImageRecord) -> None:
    if before.split is not after.split:
        found.moved[f"{before.split} to {after.split}"] += 1
        _name(found, "moved", before=before, after=after)
    old = {one.task: one for one in before.objects}
    new = {one.task: one for one in after.objects}
    changes: Counter[str] = Counter()
    changes["added"] = len(new.keys() - old.keys())
    changes["removed"] = len(old.keys() - new.keys())
    for task in old.keys() & new.keys():
        if old[task].class_code != new[task].class_code:
            changes["reclassed"] += 1
        elif _is_redrawn(old[task], new[task]):
            changes["redrawn"] += 1
    found.objects += changes
    for sign, record in ((-1, before), (1, after)):
        for one in record.objects:
            found.classes[one.class_code] += sign
    is_changed = changes.total() > 0 or before.nuisances != after.nuisances or before.is_complete != after.is_complete
    if is_changed:
        found.changed += 1
        _name(found, "changed", before=before, after=after)
    else:
        found.same += 1


def _is_redrawn(before: DefectObject, after: DefectObject) -> bool:
    is_moved = any(abs(a - b) > _SAME_PX for a, b in zip(before.bbox_px, after.bbox_px, strict=True))
    return is_moved or before.shape != after.shape


def _name(found: Difference, what: str, *, before: ImageRecord | None = None, after: ImageRecord | None = None) -> None:
    record = after or before
    assert record is not None
    examples = found.examples[what]
    if len(examples) < _MOST_NAMED:
        examples.append(record.image)
    if len(examples) <= _MOST_SHOWN:
        found.pictures[record.image] = {
            "width_px": record.width_px, "height_px": record.height_px, "lot": record.lot, "wafer": record.wafer,
            "file_name": record.file_name, "before": _said(before), "after": _said(after),
        }  # fmt: skip


def _said(record: ImageRecord | None) -> dict[str, Any] | None:
    """What one snapshot says of an image; objects as class, box and task."""
    if record is None:
        return None
    objects = [(one.class_code, one.bbox_px, one.task) for one in record.objects]
    return {"split": record.split.value, "objects": objects, "nuisances": record.nuisances}
