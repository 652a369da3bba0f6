"""Many tasks of a wafer decided by one word. Each has its own annotation; what is refused leaves the others be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from annotations.choices import EditKind
from annotations.errors import NothingToUndo
from annotations.models import ReviewEdit, ReviewTask
from annotations.selectors import heads_of, lock_with_linked, tasks_answered_by
from annotations.services.deciding import last_word, saying_of, unlink, withdrawing
from annotations.services.handing import reviewer_of
from annotations.services.outcomes import refused
from annotations.services.places import make_tasks
from annotations.services.speaking import Known, Saying, known_of, write_all
from annotations.services.words import Word, announce_all
from core.actors import Actor
from core.errors import NotFound, Unavailable, WaferdeckError
from inspection import selectors as inspection
from inspection.models import Detection


@dataclass(frozen=True)
class Meant:
    """One of many.

    Attributes:
        detection: of which the task is to be made, where no queue has taken it.
    """

    task: UUID
    seen_revision: int
    detection: UUID | None = None


@transaction.atomic
def decide_all(
    *, wafer_id: UUID, meant: Sequence[Meant], word: Word, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Say the same of many tasks of one wafer.

    Returns:
        By task, in the order of `meant`: `{"id", "state": "done", "task"}`, or `{"id", "state": "refused", "problem"}`
        where somebody else holds it or has decided it, or it is closed.

    Raises:
        NotFound: no such wafer at the actor's sites.
    """
    inspection.one(inspection.wafers_visible_to(actor), wafer_id, what="wafer")
    unmade = [one.detection for one in meant if one.detection is not None]
    if unmade:
        found = Detection.objects.filter(pk__in=unmade, wafer_id=wafer_id).select_related("run").defer("embedding")
        make_tasks(list(found), actor=actor, now=now)
    rows = tasks_answered_by(actor).filter(wafer_id=wafer_id)
    seen = {one.task: one.seen_revision for one in meant}

    def says(task: ReviewTask, known: Known) -> Saying:
        return saying_of(task, word, known=known, seen_revision=seen[task.pk], actor=actor, now=now)

    return _carry_out([one.task for one in meant], rows, says, actor=actor, now=now)


@transaction.atomic
def take_all_back(*, client: UUID, of: int, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Take back what one edit said of many tasks; of what was refused then, or spoken of since, nothing is taken back.

    Args:
        client, of: the edit, as `take_edit` numbers them.

    Returns:
        As `decide_all`, of the tasks that it had decided.

    Raises:
        NothingToUndo: there is no such edit of the actor's.
    """
    edits = ReviewEdit.objects.filter(author=reviewer_of(actor), client=client, seq=of, kind=EditKind.BULK)
    edit = edits.first()
    if edit is None or edit.outcome["state"] != "done":
        raise NothingToUndo("There is no such edit of yours that was carried out.")
    said = {UUID(one["id"]): one["task"]["annotated"] for one in edit.outcome["results"] if one["state"] == "done"}

    def says(task: ReviewTask, known: Known) -> Saying:
        last = last_word(task, known, reviewer_id=reviewer_of(actor))
        if last is None or last.number != said[task.pk]:
            raise NothingToUndo("You have said something else of this since.")
        return withdrawing(task, known=known, is_mine_again=False, actor=actor, now=now)

    return _carry_out(list(said), tasks_answered_by(actor), says, actor=actor, now=now)


def _carry_out(
    keys: Sequence[UUID],
    rows: QuerySet[ReviewTask],
    says: Callable[[ReviewTask, Known], Saying],
    *,
    actor: Actor,
    now: datetime,
) -> list[dict[str, Any]]:
    """Say of each of the rows that is named what `says` makes of it, or keep why not."""
    outcome = _Outcome()
    tasks, known = _locked(rows, keys, actor=actor)
    linked = [key for key in tasks if known[key].is_linked]
    for key in linked:
        # In a savepoint: a part of it may be closed, which refuses it alone. What is refused keeps its parts.
        with outcome.of(key), transaction.atomic():
            says(tasks[key], known[key])
            unlink(tasks[key], known[key], actor=actor, now=now)
    if linked:
        # A part of one may be named itself: what is said of it now comes after what took it back.
        tasks, known = _locked(rows, keys, actor=actor)
    for key in keys:
        if key in outcome.refused:
            continue
        with outcome.of(key):
            if key not in tasks or key in outcome.sayings:
                raise NotFound("There is no such task here, or it was named before.")
            outcome.sayings[key] = says(tasks[key], known[key])
    return outcome.written(keys, actor=actor, now=now)


def _locked(
    rows: QuerySet[ReviewTask], keys: Sequence[UUID], *, actor: Actor
) -> tuple[dict[UUID, ReviewTask], dict[UUID, Known]]:
    tasks = lock_with_linked(rows.select_related("image"), keys)
    return tasks, known_of(list(tasks.values()), reviewer_id=reviewer_of(actor))


@dataclass
class _Outcome:
    """What came of each, by task."""

    sayings: dict[UUID, Saying] = field(default_factory=dict)
    refused: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def of(self, key: UUID) -> Iterator[None]:
        """What is refused inside is kept as the answer of this one."""
        try:
            yield
        except Unavailable:
            raise
        except WaferdeckError as refusal:
            self.refused[key] = refused(refusal, id=str(key))

    def written(self, keys: Sequence[UUID], *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
        """Write what was not refused, and tell it."""
        sayings = [one for key, one in self.sayings.items() if key not in self.refused]
        write_all(sayings, actor=actor, now=now)
        done = [one.task for one in sayings]
        announce_all(done, actor=actor, now=now)
        heads = heads_of(done)
        said = {one.task.pk: {**heads[one.task.pk], "annotated": one.annotation.number} for one in sayings}
        return [
            {"id": str(key), "state": "done", "task": said[key]} if key in said else self.refused[key] for key in keys
        ]
