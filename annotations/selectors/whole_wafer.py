"""All that was found on a wafer at a layer, each with what became of it: rows for a map and a sheet of crops."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from annotations.choices import CHECKS, TaskState
from annotations.models import Annotation, ReviewHold, ReviewTask
from annotations.selectors.access import task_key
from annotations.selectors.words_shown import blind_among, may_see
from core.actors import Actor
from core.errors import NotFound
from inspection import selectors as inspection
from inspection.models import InspectionImage, Wafer

MOST_ITEMS = 2000


def items_of_wafer(wafer: Wafer, *, layer: str | None, actor: Actor) -> dict[str, Any]:
    """Findings of the newest run of each image, the gravest first, up to 2,000. Nine queries, however many.

    Of a task that wants more opinions nobody sees others' words, nor what those merged into it. What the actor is just
    asked about once more, in a check, shows as that check: as what nobody has said anything of.

    Args:
        wafer: that the actor may see.
        layer: a code; the one inspected last where none is given.

    Raises:
        NotFound: it was not inspected at that layer.
    """
    layers = inspection.layers_of(wafer.pk)
    if layer is not None and layer not in layers:
        raise NotFound("This wafer has not been inspected at that layer.")
    chosen = layer or next(iter(layers), None)
    answer: dict[str, Any] = {"layer": chosen, "layers": list(layers), "images": [], "items": [], "is_more": False}
    if chosen is None:
        return answer
    found = inspection.found_on(wafer.pk, layers[chosen], most=MOST_ITEMS + 1)
    images = InspectionImage.objects.filter(wafer=wafer, layer_id=layers[chosen]).order_by("id")
    return {
        **answer,
        "images": [inspection.image_of(image) for image in images],
        "items": _items(found[:MOST_ITEMS], actor=actor),
        "is_more": len(found) > MOST_ITEMS,
    }


def _items(found: Sequence[Any], *, actor: Actor) -> list[dict[str, Any]]:
    keys = {row.pk: task_key(row.pk) for row in found}
    tasks = ReviewTask.objects.in_bulk(list(keys.values()))
    for check in _asked_again([row.pk for row in found], actor=actor):
        assert check.detection_id is not None
        keys[check.detection_id] = check.pk
        tasks[check.pk] = check
    said: dict[UUID, list[Annotation]] = defaultdict(list)
    # Whatever is said of a task gives it another revision.
    talked_of = [key for key, task in tasks.items() if task.revision > 1]
    for one in Annotation.objects.filter(task__in=talked_of).select_related("author").order_by("task_id", "number"):
        said[one.task_id].append(one)
    blind = blind_among((one for words in said.values() for one in words), actor=actor)
    mine = set(
        ReviewHold.objects.filter(task__in=list(tasks), reviewer_id=actor.user_id).values_list("task_id", flat=True)
    )
    classes = {key: row.code for key, row in inspection.classes_by_id().items()}
    rows = []
    for row in found:
        key = keys[row.pk]
        task = tasks.get(key)
        word = _word_of(task, said[key], blind=blind, actor=actor) if task else None
        rows.append(
            {**_finding(row, classes), "task": str(key), **_standing(task, is_mine=key in mine), **_said(word, classes)}
        )
    return rows


def _asked_again(detections: Sequence[UUID], *, actor: Actor) -> list[ReviewTask]:
    """Checks in the actor's hands."""
    held = ReviewHold.objects.filter(reviewer_id=actor.user_id, ending="").values("task_id")
    return list(ReviewTask.objects.filter(pk__in=held, kind__in=CHECKS, detection_id__in=detections).order_by())


def _word_of(
    task: ReviewTask, said: Sequence[Annotation], *, blind: Collection[UUID], actor: Actor
) -> Annotation | None:
    """The word that counts, or while others' are not for the actor the last of their own."""
    seen = [one for one in said if may_see(one, task, blind=blind, actor=actor)]
    counting = next((one for one in seen if one.number == task.annotation_number), None)
    own = [one for one in seen if one.author_id == actor.user_id and one.number >= task.counts_from]
    return counting or next(iter(own[-1:]), None)


def _standing(task: ReviewTask | None, *, is_mine: bool) -> dict[str, Any]:
    if task is None:
        return {"is_made": False, "revision": 1, "state": TaskState.OPEN.value, "is_taken": False}
    is_full = task.state == TaskState.OPEN and task.seats_taken >= task.wants
    return {"is_made": True, "revision": task.revision, "state": task.state, "is_taken": is_full and not is_mine}


def _said(word: Annotation | None, classes: Mapping[int, str]) -> dict[str, Any]:
    if word is None:
        return {"said": None}
    code = classes[word.defect_class_id] if word.defect_class_id else None
    return {"said": {"author": word.author.username, "verdict": word.verdict, "class_code": code}}


def _finding(row: Any, classes: Mapping[int, str]) -> dict[str, Any]:
    return {
        "detection": str(row.pk),
        "image": str(row.image_id),
        "ordinal": row.ordinal,
        "class_code": classes[row.defect_class_id],
        "severity": row.severity,
        "band": row.band,
        "confidence": round(row.confidence, 4),
        "bbox_px": [round(side_px, 2) for side_px in (row.x_px, row.y_px, row.width_px, row.height_px)],
        "size_um": row.size_um,
        "die": None if row.die_col is None else [row.die_col, row.die_row],
        "wafer_x_um": row.wafer_x_um,
        "wafer_y_um": row.wafer_y_um,
    }
