"""What one person said in a window, and what counts of the same tasks: read within bounds and kept for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import Site, User
from annotations.choices import Verdict
from annotations.selectors.opinions import drawn
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.review import consensus
from inspection import selectors as inspection

MOST_WORDS = 20_000
"""So many of somebody's newest words make up their scorecard; it says so where there are more."""
Box = tuple[float, float, float, float]
# As many rows of three tables are read for it.
_read: Briefly["OwnWords"] = Briefly(ttl_s=60.0, limit=64)

_OWN = """
SELECT said.task_id, said.verdict, said.defect_class_id, said.x_px, said.y_px, said.width_px, said.height_px,
    CASE WHEN ruling.id IS NOT NULL THEN said.shape END,
    said.took_ms, said.made_at, task.state, said.number >= task.counts_from, ruling.author_id, ruling.verdict,
    ruling.defect_class_id, ruling.x_px, ruling.y_px, ruling.width_px, ruling.height_px, ruling.shape
FROM (
    SELECT * FROM annotation
    WHERE author_id = %(reviewer)s AND id >= %(floor)s AND layer = 'opinion' ORDER BY id DESC LIMIT %(most)s
) said
JOIN review_task task ON task.id = said.task_id
LEFT JOIN annotation ruling ON ruling.task_id = said.task_id AND ruling.number = task.annotation_number
    AND ruling.layer = 'adjudication'
WHERE task.site_id = %(site)s AND task.original_id IS NULL AND task.kind <> 'image'
ORDER BY said.made_at DESC, said.number DESC
"""


class SaidWord(NamedTuple):
    """What is compared of a word; `shape` as it is stored, where it is read to be compared."""

    verdict: str
    defect_class: int | None
    box_px: Box | None
    shape: str | None = None

    @classmethod
    def of(cls, verdict: str, defect_class: int | None, *place: Any) -> "SaidWord":
        *box, shape = place
        x_px, y_px, width_px, height_px = box
        if x_px is None or y_px is None or width_px is None or height_px is None:
            return cls(verdict, defect_class, None)
        return cls(verdict, defect_class, (x_px, y_px, width_px, height_px), shape)

    @property
    def code(self) -> str:
        """The class that was said, or `nuisance`."""
        if self.verdict != Verdict.DEFECT or self.defect_class is None:
            return consensus.Verdict.NUISANCE.label
        return inspection.classes_by_id()[self.defect_class].code


class OwnWord(NamedTuple):
    """Somebody's last word about a task.

    `ruling` is a lead's between opinions, where one counts that their word was among.
    """

    task: UUID
    said: SaidWord
    took_ms: int | None
    made_at: datetime
    state: str
    ruling: SaidWord | None


@dataclass(frozen=True)
class OwnWords:
    """
    Attributes:
        words: one of each task, the newest first, without those that were taken back.
        is_sample: there are more in the window than were read.
    """

    words: list[OwnWord]
    is_sample: bool


def word_shown(word: SaidWord) -> dict[str, Any]:
    """A word as JSON."""
    is_defect = word.verdict == Verdict.DEFECT
    return {
        "verdict": word.verdict,
        "class_code": word.code if is_defect else None,
        "bbox_px": list(word.box_px) if is_defect and word.box_px else None,
    }


def own_words(reviewer: User, *, site: Site, days: int, now: datetime) -> OwnWords:
    """One query, at most once in a minute."""
    return _read.get((reviewer.pk, site.pk, days), lambda: _own_words(reviewer, site=site, days=days, now=now))


def forget_own_words() -> None:
    """Read afresh; for tests."""
    _read.clear()


def is_same(one: SaidWord, other: SaidWord) -> bool:
    """Whether two words say the same, as it is said of opinions: verdict, class, and places that overlap by half."""
    return not consensus.consensus([_opinion(one), _opinion(other)]).differs


def _opinion(word: SaidWord) -> consensus.Opinion:
    if word.verdict != Verdict.DEFECT:
        return consensus.Opinion(consensus.Verdict.NUISANCE)
    return consensus.Opinion(
        consensus.Verdict.DEFECT, class_code=word.code, box_px=word.box_px, shape=drawn(word.shape)
    )


def _own_words(reviewer: User, *, site: Site, days: int, now: datetime) -> OwnWords:
    values: dict[str, Any] = {
        "reviewer": reviewer.pk,
        "site": site.pk,
        "floor": uuid7_floor(at=now - timedelta(days=days)),
        "most": MOST_WORDS + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OWN, values)
        rows = cursor.fetchall()
    words: dict[UUID, OwnWord | None] = {}
    for row in rows[:MOST_WORDS]:
        if row[0] not in words:
            words[row[0]] = None if row[1] == Verdict.WITHDRAWN else _word(row)
    return OwnWords([word for word in words.values() if word is not None], is_sample=len(rows) > MOST_WORDS)


def _word(row: tuple) -> OwnWord:
    counts, ruled_by = row[11], row[12]
    return OwnWord(
        task=row[0],
        said=SaidWord.of(*row[1:8]),
        took_ms=row[8],
        made_at=row[9],
        state=row[10],
        ruling=SaidWord.of(*row[13:20]) if counts and ruled_by is not None else None,
    )
