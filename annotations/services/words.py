"""What a reviewer says, checked and put down as an annotation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations import events
from annotations.choices import Change, Layer, TaskKind, Verdict
from annotations.models import Annotation, ReviewTask
from annotations.selectors import heads_of
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from domain.shapes.kinds import Box, Shape, Upright
from domain.shapes.measure import bbox_of
from domain.shapes.said import LEAST_SIDE_PX, ShapeFault, fitted
from domain.shapes.said import write as write_shape
from inspection import events as inspection_events
from inspection import selectors as inspection
from inspection.models import DefectClass, InspectionImage
from outbox import services as outbox

SAME_PX = 0.01
"""Boxes whose sides differ by less are the same."""
_WANTED_OF_IMAGE = "This is a whole image: add what is missing, then say that it is complete."
_WANTED_OF_ONE = "This is about one place: a defect, or a nuisance."


@dataclass(frozen=True)
class Word:
    """What a reviewer says.

    Attributes:
        class_code: of a defect; None keeps the task's.
        bbox_px, shape: where the defect is, one of the two; None of both keeps what the task has. The box of a shape
            follows from it.
        took_ms: how long they looked.
        change, linked_to: where one defect was made of several, or several of one; see `joining`.
    """

    verdict: Verdict
    class_code: str | None = None
    bbox_px: Box | None = None
    shape: Shape | None = None
    comment: str = ""
    took_ms: int | None = None
    change: Change | None = None
    linked_to: UUID | None = None


def annotation_of(
    task: ReviewTask, word: Word, *, author_id: int, now: datetime, layer: Layer = Layer.OPINION
) -> Annotation:
    """The annotation that puts a word down, not saved.

    Raises:
        Invalid: a class or box that cannot be, or a verdict that the task is not asked for.
    """
    if (task.kind == TaskKind.IMAGE) != (word.verdict == Verdict.COMPLETE):
        raise Invalid.of({"verdict": [_WANTED_OF_IMAGE if task.kind == TaskKind.IMAGE else _WANTED_OF_ONE]})
    annotation = Annotation(
        id=uuid7(at=now),
        task=task,
        number=task.revision,
        author_id=author_id,
        layer=layer,
        verdict=word.verdict,
        change=Change.COMPLETE if word.verdict == Verdict.COMPLETE else Change.NUISANCE,
        comment=word.comment,
        took_ms=word.took_ms,
        linked_to_id=word.linked_to,
        made_at=now,
    )
    if word.verdict == Verdict.DEFECT:
        assert task.defect_class_id is not None
        own_class = inspection.classes_by_id()[task.defect_class_id]
        defect_class = own_class if word.class_code is None else class_named(word.class_code)
        own = (task.x_px, task.y_px, task.width_px, task.height_px), task.shape
        box, shape = place_of(word.bbox_px, word.shape, image=task.image) or own
        annotation.defect_class = defect_class
        annotation.x_px, annotation.y_px, annotation.width_px, annotation.height_px = box
        annotation.shape = shape
        annotation.change = _change(task, defect_class, is_same_place=_is_same(box, own[0]) and shape == own[1])
    annotation.change = word.change or annotation.change
    return annotation


def place_of(
    box: Box | None, shape: Shape | None, *, image: InspectionImage
) -> tuple[Box, dict[str, Any] | None] | None:
    """Where something is: its box, and its shape as it is stored where that says more. None where neither is named.

    Raises:
        Invalid: a box or shape that cannot be of this image.
    """
    if shape is not None and box is not None:
        raise Invalid.of({"bbox_px": ["Leave it out: it follows from the shape."]})
    if isinstance(shape, Upright):
        box = shape.bbox_px
    if box is not None:
        return checked_box(box, image=image), None
    if shape is None:
        return None
    size = {"width_px": image.width_px, "height_px": image.height_px}
    try:
        fitted(shape, **size)
    except ShapeFault as fault:
        raise Invalid.of({"shape": [str(fault)]}) from fault
    return bbox_of(shape, **size), write_shape(shape)


def withdrawal_of(said: Annotation, *, task: ReviewTask, now: datetime) -> Annotation:
    """The annotation that takes another of the same author back, not saved."""
    return Annotation(
        id=uuid7(at=now),
        task=task,
        number=task.revision,
        author_id=said.author_id,
        layer=said.layer,
        verdict=Verdict.WITHDRAWN,
        change=Change.WITHDRAWN,
        made_at=now,
    )


def checked_box(box: Sequence[float], *, image: InspectionImage) -> Box:
    """
    Raises:
        Invalid: not a box of at least a pixel within the image.
    """
    x_px, y_px, width_px, height_px = box
    is_inside = x_px >= 0 and y_px >= 0
    is_inside &= x_px + width_px <= image.width_px + SAME_PX and y_px + height_px <= image.height_px + SAME_PX
    if not is_inside or min(width_px, height_px) < LEAST_SIDE_PX:
        raise Invalid.of(
            {"bbox_px": [f"At least a pixel wide and high, within {image.width_px} x {image.height_px} pixels."]}
        )
    return x_px, y_px, width_px, height_px


def class_named(code: str) -> DefectClass:
    """
    Raises:
        Invalid: there is none.
    """
    classes = {row.code: row for row in inspection.classes_by_id().values()}
    if code not in classes:
        raise Invalid.of({"class_code": [f"There is no {code}. Known: {', '.join(sorted(classes))}."]})
    return classes[code]


def current(task: ReviewTask) -> dict[str, Any]:
    """What a refusal says of the task as it is."""
    return {"current": heads_of([task])[task.pk]}


def record(action: Action, annotation: Annotation, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Put an annotation into the trail."""
    after: dict[str, Any] = {"verdict": annotation.verdict, "change": annotation.change}
    if annotation.verdict == Verdict.DEFECT:
        assert annotation.defect_class is not None
        after["class"] = annotation.defect_class.code
        after["bbox_px"] = [annotation.x_px, annotation.y_px, annotation.width_px, annotation.height_px]
        if annotation.shape is not None:
            after["shape"] = annotation.shape["kind"]
    if annotation.linked_to_id is not None:
        after["linked_to"] = str(annotation.linked_to_id)
    audit.record(
        action=action,
        object_type="review_task",
        object_id=annotation.task_id,
        object_version=annotation.number,
        actor=actor,
        at=now,
        after=after,
        reason=reason or annotation.comment or None,
    )


def announce(task: ReviewTask, *, actor: Actor, now: datetime) -> None:
    """Tell open pages of review, and of the wafer, what became of a task."""
    announce_all([task], actor=actor, now=now)


def announce_all(tasks: Sequence[ReviewTask], *, actor: Actor, now: datetime) -> None:
    """As `announce`, in one query."""
    outbox.announce_all([_told(task, actor) for task in tasks], now=now)


def _told(task: ReviewTask, actor: Actor) -> outbox.Event:
    return outbox.Event(
        type=events.TASK_DECIDED,
        topics=[events.review_topic(task.site_id), inspection_events.wafer_topic(task.wafer_id)],
        payload={
            "task": str(task.pk),
            "wafer": str(task.wafer_id),
            "state": task.state,
            "revision": task.revision,
            "by": actor.username,
        },
    )


def _change(task: ReviewTask, defect_class: DefectClass, *, is_same_place: bool) -> Change:
    if task.kind == TaskKind.MISSED:
        return Change.MISSED
    if defect_class.pk != task.defect_class_id:
        return Change.RECLASSED
    return Change.CONFIRMED if is_same_place else Change.REDRAWN


def _is_same(box: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(side - of_other) < SAME_PX for side, of_other in zip(box, other, strict=True))
