"""What several people said of the same tasks without sight of each other, read within bounds and kept for a while."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.contrib.auth import get_user_model
from django.db import connection
from numpy.typing import NDArray

from accounts.models import Site
from annotations.selectors.opinions import drawn
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.evaluation.peers import NO_ANSWER, Words, shift_of
from domain.review.blind import blind_words
from domain.shapes.kinds import Shape
from inspection import selectors as inspection

MOST_TASKS = 4000
"""So many of the newest tasks of a window are compared; a page says so where there are more."""
MOST_PEOPLE = 24
"""A matrix of more cannot be read; those who saw most are in it."""
NUISANCE = "nuisance"
# The words of a few thousand tasks are read for it.
_read: Briefly["Overlap"] = Briefly(ttl_s=60.0, limit=32)

# By `review_task_overlap`: only tasks that several people were to see are touched, the newest first.
_SAID = """
WITH seen AS (
    SELECT id, image_id, wants, counts_from FROM review_task
    WHERE site_id = %(site)s AND wants > 1 AND id >= %(floor)s AND state <> 'open' AND state <> 'withdrawn'
        AND original_id IS NULL
    ORDER BY id DESC LIMIT %(most)s
)
SELECT seen.id, seen.wants, said.author_id, said.verdict = 'withdrawn', said.verdict, said.defect_class_id,
    said.x_px, said.y_px, said.width_px, said.height_px, said.shape, said.made_at
FROM seen JOIN annotation said ON said.task_id = seen.id AND said.number >= seen.counts_from
WHERE said.layer = 'opinion'
ORDER BY seen.id DESC, said.number
"""


class SaidRow(NamedTuple):
    """A word as it is read; `is_withdrawn` and `author` are what `blind_words` looks at."""

    task: UUID
    wants: int
    author: int
    is_withdrawn: bool
    verdict: str
    defect_class: int | None
    x_px: float | None
    y_px: float | None
    width_px: float | None
    height_px: float | None
    shape: str | None
    made_at: datetime


@dataclass(frozen=True, eq=False)
class Overlap:
    """Tasks that several people decided blind.

    Attributes:
        tasks: keys, the newest first.
        people: user names, who saw most in front; columns of `words`.
        answers: codes of classes, `nuisance` last.
        words: what was said.
        said_at: when the last of its words was given.
        shift: (I,) int64 of that moment, in local time of the site.
        is_sample: there are more tasks in the window than were read.
    """

    tasks: list[UUID]
    people: list[str]
    answers: list[str]
    words: Words
    said_at: list[datetime]
    shift: NDArray[np.int64]
    is_sample: bool


def overlap_of(site: Site, *, days: int, now: datetime) -> Overlap:
    """What was said of the findings of the last days. Two queries, at most one of them in a minute."""
    return _read.get((site.pk, days), lambda: _overlap(site, days=days, now=now))


def forget_overlap() -> None:
    """Read afresh; for tests."""
    _read.clear()


def _overlap(site: Site, *, days: int, now: datetime) -> Overlap:
    floor = uuid7_floor(at=now - timedelta(days=days))
    values: dict[str, Any] = {"site": site.pk, "floor": floor, "most": MOST_TASKS + 1}
    with connection.cursor() as cursor:
        cursor.execute(_SAID, values)
        rows = [SaidRow(*row) for row in cursor.fetchall()]
    said = [(task, list(of_task)) for task, of_task in groupby(rows, key=attrgetter("task"))]
    is_sample = len(said) > MOST_TASKS
    blind = [(task, blind_words(of_task, wants=of_task[0].wants)) for task, of_task in said[:MOST_TASKS]]
    return _tabled([(task, words) for task, words in blind if len(words) > 1], site=site, is_sample=is_sample)


def _tabled(said: list[tuple[UUID, list[SaidRow]]], *, site: Site, is_sample: bool) -> Overlap:
    seen = Counter(word.author for _, words in said for word in words)
    authors = [author for author, _ in seen.most_common(MOST_PEOPLE)]
    names = dict(get_user_model().objects.filter(pk__in=authors).values_list("pk", "username"))
    column = {author: at for at, author in enumerate(authors)}
    classes = list(inspection.classes_by_id().values())
    code_at = {row.pk: at for at, row in enumerate(classes)}
    answer = np.full((len(said), len(authors)), NO_ANSWER, np.int64)
    box_px = np.full((len(said), len(authors), 4), np.nan)
    shapes: dict[tuple[int, int], Shape] = {}
    for item, (_, words) in enumerate(said):
        for word in words:
            if word.author not in column:
                continue
            at = (item, column[word.author])
            answer[at] = len(classes) if word.defect_class is None else code_at[word.defect_class]
            if word.width_px is not None:
                box_px[at] = word.x_px, word.y_px, word.width_px, word.height_px
            if (shape := drawn(word.shape)) is not None:
                shapes[at] = shape
    said_at = [max(word.made_at for word in words) for _, words in said]
    return Overlap(
        tasks=[task for task, _ in said],
        people=[names[author] for author in authors],
        answers=[*(row.code for row in classes), NUISANCE],
        words=Words(answer=answer, box_px=box_px, class_count=len(classes) + 1, shapes=shapes),
        said_at=said_at,
        shift=_shifts(said_at, site=site),
        is_sample=is_sample,
    )


def _shifts(moments: Iterable[datetime], *, site: Site) -> NDArray[np.int64]:
    zone = ZoneInfo(site.timezone)
    return np.asarray(shift_of(np.array([at.astimezone(zone).hour for at in moments], np.int64)), np.int64)


def shown_people(overlap: Overlap) -> list[dict[str, Any]]:
    """Who is in it, and how many tasks each saw."""
    counts = (overlap.words.answer != NO_ANSWER).sum(axis=0)
    return [{"username": name, "items": int(count)} for name, count in zip(overlap.people, counts, strict=True)]
