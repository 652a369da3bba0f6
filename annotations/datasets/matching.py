"""Whether a file's labels can be what they say of the images here, and which of them are new."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import connection

from accounts.models import Site
from annotations.choices import SETTLED
from annotations.datasets.finding import Index, Place, rows_of
from core.ids import derived_uuid7
from domain.datasets.labels import Fault, FaultFound, LabelledBox, LabelledImage
from domain.datasets.records import Box
from domain.detection.boxes import pairwise_iou
from domain.shapes import said as shapes
from domain.shapes.kinds import Shape
from domain.shapes.measure import bbox_of
from inspection.models import DefectClass

MOST_FAULTS_TOLD = 500
LEAST_SIDE_PX = 1.0
OUTSIDE_PX = 1.0
"""A box may reach so far out of its image, as rounding makes it, and is cut to it."""
SAME_IOU = 0.9
"""A box of the same class that overlaps one that is settled here by so much says the same."""
_Known = tuple[int, Box, str | None]
"""Class, box, and the kind of what was drawn where that is more."""
_AT_ONCE = 20_000

_SETTLED = """
SELECT task.image_id, said.defect_class_id, said.x_px, said.y_px, said.width_px, said.height_px,
       said.shape ->> 'kind'
FROM review_task task JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
WHERE task.image_id = ANY(%s) AND task.state = ANY(%s) AND said.verdict = 'defect'
    AND task.original_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class NewBox:
    """A defect that a file says and nobody here has said yet."""

    task: UUID
    place: Place
    defect_class: DefectClass
    box_px: Box
    shape: Shape | None


@dataclass
class Matched:
    """What of a file can be used.

    Attributes:
        images, boxes: in the file; `matched` images are here.
        known: boxes that say what is settled here already, or stand in the file twice.
        nuisances: boxes that say what is not a defect; they are not taken over.
        faults: the first of `fault_count`.
    """

    images: int = 0
    matched: int = 0
    boxes: int = 0
    known: int = 0
    nuisances: int = 0
    new: list[NewBox] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    def add(self, fault: Fault) -> None:
        """Count a fault; the first ones are kept."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS_TOLD:
            self.faults.append(fault)


def matched(found: Iterable[LabelledImage | Fault], *, site: Site, classes: Iterable[DefectClass]) -> Matched:
    """Look up what a file says: by the image's digest, else its external id, else the name of its file.

    Args:
        classes: that may be named, by code or by name.
    """
    outcome = Matched()
    by_name = {name.casefold(): one for one in classes for name in (one.name, one.code)}
    keys: set[UUID] = set()
    for some in _in_portions(found, outcome):
        index = Index(rows_of(some, site=site))
        placed: list[tuple[LabelledImage, Place]] = []
        for image in some:
            place = index.place_of(image)
            if isinstance(place, Fault):
                outcome.add(place)
            else:
                placed.append((image, place))
        outcome.matched += len(placed)
        settled = _settled([place.image for _, place in placed])
        for image, place in placed:
            for box in _usable(image, place, by_name, outcome):
                _sort_in(outcome, box, settled[place.image], keys)
    return outcome


def _in_portions(found: Iterable[LabelledImage | Fault], outcome: Matched) -> Iterator[list[LabelledImage]]:
    waiting: list[LabelledImage] = []
    for one in found:
        if isinstance(one, Fault):
            outcome.add(one)
            continue
        outcome.images += 1
        outcome.boxes += len(one.objects)
        outcome.nuisances += len(one.nuisances)
        waiting.append(one)
        if len(waiting) == _AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _settled(images: list[UUID]) -> dict[UUID, list[_Known]]:
    found: dict[UUID, list[_Known]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, [images, list(SETTLED)])
        for image, class_id, x_px, y_px, width_px, height_px, kind in cursor.fetchall():
            found[image].append((class_id, (x_px, y_px, width_px, height_px), kind))
    return found


def _usable(image: LabelledImage, place: Place, classes: dict[str, DefectClass], outcome: Matched) -> Iterator[NewBox]:
    for one in image.objects:
        defect_class = classes.get(one.class_code.casefold())
        if defect_class is None:
            known = ", ".join(sorted({known.code for known in classes.values()}))
            outcome.add(Fault(one.where, f"There is no class {one.class_code[:40]}.", f"Known are {known[:300]}."))
            continue
        try:
            box, shape = _placed(image, one, place)
        except FaultFound as found:
            outcome.add(found.fault)
            continue
        cut = _inside(box, place)
        if cut is None:
            size = f"{place.width_px} x {place.height_px}"
            outcome.add(Fault(one.where, "The box is not within its image, or too small.", f"It has {size} pixels."))
            continue
        label = f"import {defect_class.pk} {' '.join(f'{side:.2f}' for side in cut)}"
        if shape is not None:
            label += f" {json.dumps(shapes.write(shape))}"
        yield NewBox(derived_uuid7(parent=place.image, label=label), place, defect_class, cut, shape)


def _placed(image: LabelledImage, one: LabelledBox, place: Place) -> tuple[Box, Shape | None]:
    """An object in pixels of the image here. Raises FaultFound where its shape cannot be one of this image."""
    size = {"width_px": place.width_px, "height_px": place.height_px}
    box, shape = image.place_px(one, **size)
    if shape is None:
        return box, None
    try:
        return bbox_of(shapes.fitted(shape, **size), **size), shape
    except shapes.ShapeFault as fault:
        raise FaultFound(one.where, str(fault), f"It has {place.width_px} x {place.height_px} pixels.") from fault


def _inside(box: Box, place: Place) -> Box | None:
    left, top, width, height = box
    right, bottom = left + width, top + height
    if left < -OUTSIDE_PX or top < -OUTSIDE_PX:
        return None
    if right > place.width_px + OUTSIDE_PX or bottom > place.height_px + OUTSIDE_PX:
        return None
    left, top = max(0.0, left), max(0.0, top)
    width, height = min(right, place.width_px) - left, min(bottom, place.height_px) - top
    return (left, top, width, height) if min(width, height) >= LEAST_SIDE_PX else None


def _sort_in(outcome: Matched, box: NewBox, settled: list[_Known], keys: set[UUID]) -> None:
    # A box says nothing new of what is outlined here; an outline does of what has only a box.
    same_class = [
        known
        for class_id, known, kind in settled
        if class_id == box.defect_class.pk and (box.shape is None or kind == box.shape.kind)
    ]
    is_known = box.task in keys
    if same_class and not is_known:
        is_known = bool((pairwise_iou(np.array([box.box_px]), np.array(same_class)) >= SAME_IOU).any())
    if is_known:
        outcome.known += 1
    else:
        keys.add(box.task)
        outcome.new.append(box)
