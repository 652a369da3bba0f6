"""Whose word stands."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from annotations.choices import Layer, Verdict
from annotations.models import Annotation, ReviewTask
from domain.shapes.kinds import Shape
from domain.shapes.said import restored


def drawn(written: str | Mapping[str, Any] | None) -> Shape | None:
    """What was drawn, of the column of a row as it is read; None: no more than a box."""
    said = json.loads(written) if isinstance(written, str) else written
    return None if said is None else restored(said)


def standing_opinions(said: Iterable[Annotation], *, counts_from: int) -> list[Annotation]:
    """The last word of everybody who has not taken theirs back, the earliest first; a lead's between them is none.

    Args:
        said: annotations of one task.
        counts_from: the task's; what has a smaller number is from before it was opened again.
    """
    latest: dict[int, Annotation] = {}
    for one in sorted(said, key=lambda one: one.number):
        if one.layer == Layer.OPINION and one.number >= counts_from:
            latest[one.author_id] = one
    standing = [one for one in latest.values() if one.verdict != Verdict.WITHDRAWN]
    return sorted(standing, key=lambda one: one.number)


def linked_tasks(task: ReviewTask, *, author_id: int | None = None) -> list[UUID]:
    """Keys of tasks that a word that stands, of that author if named, made parts of a task or merged into it."""
    later = Annotation.objects.filter(task=OuterRef("task"), author=OuterRef("author"), number__gt=OuterRef("number"))
    linked = Annotation.objects.filter(~Exists(later), linked_to=task, number__gte=F("task__counts_from"))
    if author_id is not None:
        linked = linked.filter(author_id=author_id)
    return list(linked.order_by("task_id").values_list("task_id", flat=True).distinct())
