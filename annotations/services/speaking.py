"""What reviewers say of tasks, written down: of one or of five hundred in the same few round trips."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from annotations.choices import Ending
from annotations.models import Annotation, ReviewHold, ReviewTask
from annotations.services.seats import count_seats
from annotations.services.words import record
from audit.actions import Action
from core.actors import Actor
from core.ids import uuid7
from core.prepared import prepared
from core.questions import Question, where
from core.rows import insert_row, pipelined

_SAID = Question(lambda: where(Annotation.objects.order_by("task_id", "number"), "task_id = ANY(%s)", "tasks"))
_HOLDS = Question(
    lambda: where(
        ReviewHold.objects.select_for_update(no_key=True).order_by("id"),
        "task_id = ANY(%s) AND reviewer_id = %s",
        *("tasks", "reviewer"),
    )
)
_LINKED = "SELECT DISTINCT linked_to_id FROM annotation WHERE linked_to_id = ANY(%s)"
_TASK = "UPDATE review_task SET revision = %s, state = %s, annotation_number = %s WHERE id = %s"
_HOLD = "UPDATE review_hold SET ending = %s, ended_at = %s, held_until = %s, draft = '{}' WHERE id = %s"


@dataclass
class Known:
    """What was said of a task before, and how its reviewer has held it.

    Attributes:
        holds: the reviewer's, the earliest first.
        is_linked: others are, or were, parts of it or merged into it.
    """

    said: list[Annotation] = field(default_factory=list)
    holds: list[ReviewHold] = field(default_factory=list)
    is_linked: bool = False

    @property
    def held(self) -> ReviewHold | None:
        """The hold that lasts."""
        return next((hold for hold in self.holds if hold.ending == ""), None)

    @property
    def decided(self) -> ReviewHold | None:
        """The last that ended in a decision."""
        ended = [hold for hold in self.holds if hold.ending == Ending.DECIDED]
        return max(ended, key=lambda hold: hold.ended_at or hold.taken_at, default=None)


@dataclass(frozen=True)
class Saying:
    """An annotation with what it makes of its task, which is settled, and of its author's hold; None leaves those."""

    action: Action
    task: ReviewTask
    annotation: Annotation
    hold: ReviewHold | None


def known_of(tasks: Sequence[ReviewTask], *, reviewer_id: int) -> dict[UUID, Known]:
    """What is known of locked tasks. Three queries at most, however many."""
    known: dict[UUID, Known] = {task.pk: Known() for task in tasks}
    for hold in sorted(_HOLDS.all(tasks=list(known), reviewer=reviewer_id), key=attrgetter("taken_at", "id")):
        known[hold.task_id].holds.append(hold)
    # Whatever is said of a task gives it another revision.
    talked_of = [task.pk for task in tasks if task.revision > 1]
    if talked_of:
        for said in _SAID.all(tasks=talked_of):
            known[said.task_id].said.append(said)
        with prepared() as cursor:
            cursor.execute(_LINKED, [talked_of])
            for (task_id,) in cursor.fetchall():
                known[task_id].is_linked = True
    return known


def seat_of(task: ReviewTask, known: Known, *, reviewer_id: int, now: datetime) -> ReviewHold | None:
    """The hold by which the reviewer's seat is filled for good; None where it is filled already."""
    hold = known.held
    if hold is None and known.decided is not None:
        return None
    if hold is None:
        hold = ReviewHold(id=uuid7(at=now), task=task, reviewer_id=reviewer_id, taken_at=now, held_until=now)
    hold.ending, hold.ended_at = Ending.DECIDED, now
    return hold


def write_all(sayings: Sequence[Saying], *, actor: Actor, now: datetime) -> None:
    """Write what was said, with the trail of it; nobody is told yet."""
    with pipelined():
        for one in sayings:
            insert_row(one.annotation)
            _write_task(one.task)
            if one.hold is not None:
                _write_hold(one.hold)
            record(one.action, one.annotation, actor=actor, now=now)
    count_seats([one.task.pk for one in sayings])


def _write_task(task: ReviewTask) -> None:
    with prepared() as cursor:
        cursor.execute(_TASK, [task.revision, task.state, task.annotation_number, task.pk])


def _write_hold(hold: ReviewHold) -> None:
    if hold._state.adding:
        insert_row(hold)
        return
    with prepared() as cursor:
        cursor.execute(_HOLD, [hold.ending, hold.ended_at, hold.held_until, hold.pk])
