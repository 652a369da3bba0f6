"""What somebody answered to items that measure them: known answers, and their own earlier words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Site, User
from annotations.choices import TaskKind
from annotations.selectors.own_words import SaidWord, is_same
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.review.disclosure import counted_until, is_told

MOST_ANSWERS = 5000
_read: Briefly[list["Answer"]] = Briefly(ttl_s=60.0, limit=64)

# By `review_check_by_asked`.
_ANSWERS = """
SELECT asked.kind, asked.original_id, said.made_at, gold.number,
    NOT EXISTS (SELECT FROM review_gold used WHERE used.task_id = asked.original_id AND used.retired_at IS NULL),
    said.verdict, said.defect_class_id, said.x_px, said.y_px, said.width_px, said.height_px, said.shape,
    coalesce(gold.verdict, earlier.verdict), coalesce(gold.defect_class_id, earlier.defect_class_id),
    coalesce(gold.x_px, earlier.x_px), coalesce(gold.y_px, earlier.y_px),
    coalesce(gold.width_px, earlier.width_px), coalesce(gold.height_px, earlier.height_px),
    coalesce(gold.shape, earlier.shape)
FROM (
    SELECT id, kind, original_id FROM review_task
    WHERE asked_id = %(reviewer)s AND kind = ANY(%(kinds)s) AND site_id = %(site)s AND id >= %(floor)s
    ORDER BY id DESC LIMIT %(most)s
) asked
JOIN LATERAL (
    SELECT * FROM annotation WHERE task_id = asked.id AND author_id = %(reviewer)s AND layer = 'opinion'
    ORDER BY number DESC LIMIT 1
) said ON said.verdict <> 'withdrawn'
LEFT JOIN LATERAL (
    SELECT * FROM review_gold
    WHERE asked.kind = 'gold' AND task_id = asked.original_id
        AND (made_at <= said.made_at OR number = 1)
    ORDER BY number DESC LIMIT 1
) gold ON true
LEFT JOIN LATERAL (
    SELECT * FROM annotation
    WHERE asked.kind = 'repeat' AND task_id = asked.original_id AND author_id = %(reviewer)s AND layer = 'opinion'
        AND made_at < said.made_at
    ORDER BY number DESC LIMIT 1
) earlier ON earlier.verdict <> 'withdrawn'
WHERE gold.task_id IS NOT NULL OR earlier.id IS NOT NULL
"""


class Answer(NamedTuple):
    """What was said when an item was asked once more, and what it is measured against.

    `against` is the answer that was known when they spoke, `version` its number; or of a repeat the earlier word.
    `is_retired`: the item is used no more, whatever answer of it is known now.
    """

    kind: str
    task: UUID
    at: datetime
    version: int | None
    is_retired: bool
    said: SaidWord
    against: SaidWord

    @property
    def is_same(self) -> bool:
        return is_same(self.said, self.against)


@dataclass(frozen=True)
class Measured:
    """
    Attributes:
        counted: answers of days that are over.
        told: of those, the ones that who answered may see.
    """

    counted: list[Answer]
    told: list[Answer]


def answers_of(reviewer: User, kind: TaskKind, *, site: Site, days: int, now: datetime) -> Measured:
    """Answers to checks of one kind about findings of the last days, the newest finding first.

    An earlier word of one's own is no secret: of repeats all are told that are counted.
    """
    found = _read.get((reviewer.pk, site.pk, days), lambda: _answers(reviewer, site=site, days=days, now=now))
    until = counted_until(now, zone=ZoneInfo(site.timezone))
    counted = [one for one in found if one.kind == kind and one.at < until]
    told = [one for one in counted if kind == TaskKind.REPEAT or _is_told(one, until=until, now=now)]
    return Measured(counted, told)


def forget_answers() -> None:
    """Read afresh; for tests."""
    _read.clear()


def _is_told(answer: Answer, *, until: datetime, now: datetime) -> bool:
    return is_told(answered_at=answer.at, is_same=answer.is_same, is_retired=answer.is_retired, until=until, now=now)


def _answers(reviewer: User, *, site: Site, days: int, now: datetime) -> list[Answer]:
    values: dict[str, Any] = {
        "reviewer": reviewer.pk,
        "site": site.pk,
        "kinds": [TaskKind.GOLD.value, TaskKind.REPEAT.value],
        "floor": uuid7_floor(at=now - timedelta(days=days)),
        "most": MOST_ANSWERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, values)
        rows = cursor.fetchall()
    return [
        Answer(row[0], row[1], row[2], row[3], row[4], SaidWord.of(*row[5:12]), SaidWord.of(*row[12:19]))
        for row in rows
    ]
