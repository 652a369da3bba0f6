"""Many tasks of a wafer decided by one word. Each has its own annotation; what is refused leaves the others be."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from annotations.choices import EditKind
from annotations.errors import NothingToUndo
from annotations.models import ReviewEdit
from annotations.selectors import heads_of, tasks_answered_by
from annotations.services.deciding import last_word, saying_of, unlink, withdrawing
from annotations.services.handing import reviewer_of
from annotations.services.places import make_tasks
from annotations.services.speaking import Known, Saying, known_of, write_all
from annotations.services.words import Word, announce_all
from core import problems
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
    wanted = [one.task for one in meant]
    rows = tasks_answered_by(actor).filter(pk__in=wanted, wafer_id=wafer_id)
    # In one order, so that two people who mean the same wait for each other and not forever.
    tasks = {
        row.pk: row for row in rows.select_related("image").order_by("pk").select_for_update(of=("self",), no_key=True)
    }
    known = known_of(list(tasks.values()), reviewer_id=reviewer_of(actor))
    outcome = _Outcome()
    for one in meant:
        with outcome.of(one.task):
            task = tasks.get(one.task)
            if task is None or one.task in outcome.sayings:
                raise NotFound("There is no such task on this wafer, or it was named before.")
            seen = one.seen_revision
            outcome.sayings[one.task] = saying_of(
                task, word, known=known[one.task], seen_revision=seen, actor=actor, now=now
            )
    return outcome.written(wanted, known, actor=actor, now=now)


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
    rows = tasks_answered_by(actor).filter(pk__in=list(said)).order_by("pk").select_for_update(no_key=True)
    tasks = {row.pk: row for row in rows}
    known = known_of(list(tasks.values()), reviewer_id=reviewer_of(actor))
    outcome = _Outcome()
    for key, number in said.items():
        with outcome.of(key):
            last = last_word(tasks[key], known[key], reviewer_id=reviewer_of(actor))
            if last is None or last.number != number:
                raise NothingToUndo("You have said something else of this since.")
            outcome.sayings[key] = withdrawing(tasks[key], known=known[key], is_mine_again=False, actor=actor, now=now)
    return outcome.written(list(said), known, actor=actor, now=now)


@dataclass
class _Outcome:
    """What came of each, by task."""

    sayings: dict[UUID, Saying] = field(default_factory=dict)
    problems: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def of(self, key: UUID) -> Iterator[None]:
        """What is refused inside is kept as this one's problem."""
        try:
            yield
        except Unavailable:
            raise
        except WaferdeckError as refusal:
            self.problems[key] = problems.members(refusal, identifier="")

    def written(
        self, keys: Sequence[UUID], known: Mapping[UUID, Known], *, actor: Actor, now: datetime
    ) -> list[dict[str, Any]]:
        """Write what was not refused, and tell it."""
        for key in [key for key in self.sayings if known[key].is_linked]:
            # In a savepoint: a part of it may be closed, which refuses it alone.
            with self.of(key), transaction.atomic():
                unlink(self.sayings[key].task, known[key], actor=actor, now=now)
        sayings = [one for key, one in self.sayings.items() if key not in self.problems]
        write_all(sayings, actor=actor, now=now)
        done = [one.task for one in sayings]
        announce_all(done, actor=actor, now=now)
        heads = heads_of(done)
        said = {one.task.pk: {**heads[one.task.pk], "annotated": one.annotation.number} for one in sayings}
        return [
            {"id": str(key), "state": "done", "task": said[key]}
            if key in said
            else {"id": str(key), "state": "refused", "problem": self.problems[key]}
            for key in keys
        ]
