"""What a queue puts into a reviewer's hands: the first in its order, and between them what chance draws."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from uuid import UUID

import numpy as np

from annotations.choices import NOT_AGAIN, TaskKind
from annotations.models import ReviewQueue
from annotations.selectors import MOST_PLANNED, Paces
from annotations.services.checks import ask_again
from core.ids import uuid7
from core.prepared import prepared
from domain.review.mixing import Slot, slots

# The queue's own index gives the order; how many is in the text, since a plan for any number would sort the whole queue
# instead. A task that somebody else is just taking is passed over, not waited for.
_TAKE = """
WITH picked AS (
    SELECT task.id, {place} AS place
    FROM ({entries}) entry JOIN review_task task ON task.id = entry.task_id
    WHERE task.state = 'open' AND task.seats_taken < task.wants
        AND NOT EXISTS (
            SELECT FROM review_hold hold
            WHERE hold.task_id = entry.task_id AND hold.reviewer_id = %(reviewer)s
                AND (hold.ending = '' OR hold.ending = ANY(%(not_again)s))
        )
    ORDER BY {order}
    LIMIT {count}
    FOR NO KEY UPDATE OF task SKIP LOCKED
), taken AS (
    UPDATE review_task task SET seats_taken = task.seats_taken + 1
    FROM picked WHERE picked.id = task.id
    RETURNING task.id, task.seats_taken >= task.wants AS is_full, picked.place
), closed AS (
    UPDATE review_queue_entry SET is_open = false
    WHERE id IN (
        SELECT entry.id FROM review_queue_entry entry JOIN taken ON taken.id = entry.task_id
        WHERE taken.is_full AND entry.is_open
        ORDER BY entry.task_id, entry.queue_id
        FOR NO KEY UPDATE OF entry
    )
), placed AS (
    SELECT id, row_number() OVER (ORDER BY place DESC, id) AS number FROM taken
)
INSERT INTO review_hold (id, task_id, reviewer_id, queue_id, taken_at, held_until, ending, reason, draft)
SELECT (%(holds)s::uuid[])[number], id, %(reviewer)s, %(queue)s, (%(times)s::timestamptz[])[number],
    %(until)s, '', '', %(draft)s
FROM placed
RETURNING task_id, taken_at
"""
_OPEN = """
    SELECT task_id, rank FROM review_queue_entry
    WHERE queue_id = %(queue)s AND generation = %(generation)s AND is_open
"""
_TAKE_NEXT = partial(_TAKE.format, entries=_OPEN, place="entry.rank", order="entry.rank DESC, entry.task_id")
# In the order in which the images came, so that what is known of the audit reaches as near to now as it can.
_TAKE_AUDIT = partial(_TAKE.format, entries=f"{_OPEN} AND is_audit", place="entry.rank", order="entry.task_id")
# Of those that come next in the queue, what saves most per second; what the audit alone drew has its own turn.
_TAKE_BY_SAVING = partial(
    _TAKE.format,
    entries=f"{_OPEN} ORDER BY rank DESC, task_id LIMIT {MOST_PLANNED}",
    place="""CASE WHEN entry.rank > '-infinity'
        THEN task.worth / coalesce((%(paces)s::jsonb ->> task.defect_class_id::text)::float8, %(pace)s) ELSE -1 END""",
    order="place DESC, task.id",
)
_WAITS = "SELECT EXISTS (SELECT FROM review_queue_entry WHERE queue_id = %s AND generation = %s AND is_open)"
_KINDS = {Slot.GOLD: TaskKind.GOLD, Slot.REPEAT: TaskKind.REPEAT}
Held = tuple[UUID, datetime]
"""The key of a task, and when it was taken."""


@dataclass(frozen=True)
class Hand:
    """A reviewer's hand that a queue fills.

    Attributes:
        until: how long what is taken is held.
        paces: what a look takes; what saves most per second comes first. None: the queue's own order.
    """

    queue: ReviewQueue
    reviewer_id: int
    until: datetime
    now: datetime
    paces: Paces | None = None

    def time_of(self, place: int) -> datetime:
        """When a place is filled: apart by as little as can be told, so that the order is found again."""
        return self.now + timedelta(microseconds=place)


def fill(hand: Hand, *, count: int, chance: Callable[[], float]) -> list[UUID]:
    """Take so many tasks, fewer where fewer wait.

    Args:
        chance: a number from 0 up to 1, another each time; asked for only where the queue mixes anything in.

    Returns:
        Their keys, in the order in which they are to be looked at.
    """
    audit = hand.queue.audit_share if hand.queue.audit_rate else 0.0
    gold, repeat = hand.queue.gold_rate, hand.queue.repeat_rate
    if not (audit or gold or repeat):
        return in_order(_take_next(hand, places=range(count)))
    drawn = slots(np.array([chance() for _ in range(count)]), audit=audit, gold=gold, repeat=repeat).tolist()
    held = _ask_again(hand, drawn)
    of_audit = [place for place, slot in enumerate(drawn) if slot == Slot.AUDIT]
    held += _take(_TAKE_AUDIT, hand, places=of_audit) if of_audit else []
    filled = {time for _, time in held}
    rest = [place for place in range(count) if hand.time_of(place) not in filled]
    return in_order(held + (_take_next(hand, places=rest) if rest else []))


def in_order(held: Sequence[Held]) -> list[UUID]:
    """Keys of tasks in the order in which they were taken."""
    return [task_id for task_id, _ in sorted(held, key=itemgetter(1))]


def _ask_again(hand: Hand, drawn: Sequence[int]) -> list[Held]:
    """Checks in the places drawn for them. An empty queue asks nothing more: that would show what they are."""
    places = [(place, _KINDS[Slot(slot)]) for place, slot in enumerate(drawn) if slot in _KINDS]
    if not places or not _waits(hand.queue):
        return []
    held = []
    for place, kind in places:
        taken_at = hand.time_of(place)
        task_id = ask_again(
            kind, queue=hand.queue, reviewer_id=hand.reviewer_id, taken_at=taken_at, until=hand.until, now=hand.now
        )
        held += [(task_id, taken_at)] if task_id else []
    return held


def _waits(queue: ReviewQueue) -> bool:
    with prepared() as cursor:
        cursor.execute(_WAITS, [queue.pk, queue.generation])
        return bool(cursor.fetchone()[0])


def _take_next(hand: Hand, *, places: Sequence[int]) -> list[Held]:
    return _take(_TAKE_NEXT if hand.paces is None else _TAKE_BY_SAVING, hand, places=places)


def _take(statement_for: Callable[..., str], hand: Hand, *, places: Sequence[int]) -> list[Held]:
    paces = hand.paces or Paces()
    with prepared() as cursor:
        cursor.execute(
            statement_for(count=len(places)),
            {
                "queue": hand.queue.pk,
                "generation": hand.queue.generation,
                "reviewer": hand.reviewer_id,
                "not_again": list(NOT_AGAIN),
                "holds": [uuid7(at=hand.now) for _ in places],
                "times": [hand.time_of(place) for place in places],
                "until": hand.until,
                "draft": "{}",
                "paces": json.dumps(paces.by_class),
                "pace": paces.detection_s,
            },
        )
        return list(cursor.fetchall())
