"""Settled words that look-alikes and models contradict, the most doubtful first."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from accounts.models import Site
from annotations.choices import SETTLED
from annotations.selectors.access import asked_again
from annotations.selectors.own_words import SaidWord
from annotations.selectors.task_cards import cards_of
from core.actors import Actor
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.detection.boxes import pairwise_iou
from domain.review.disagreement import SAME_PLACE_IOU
from domain.review.doubt import LEAST_DOUBT, Call, Neighbours, doubt, doubt_of_versions, neighbours
from inspection import selectors as inspection

MOST_TASKS = 10_000
"""So many of the newest tasks are looked through for settled ones."""
MOST_COMPARED = 2000
"""So many of those are compared with each other."""
MOST_DOUBTED = 200
"""Of so many it is asked what other versions said."""
SHOWN, NEIGHBOURS_SHOWN = 20, 3
_read: Briefly["Doubts"] = Briefly(ttl_s=60.0, limit=16)

_SETTLED = """
WITH newest AS (
    SELECT * FROM review_task WHERE site_id = %(site)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(tasks)s
)
SELECT task.id, task.image_id, task.run_id, task.annotation_number, said.verdict, said.defect_class_id,
    found.defect_class_id, found.confidence, found.embedding::real[], found.x_px, found.y_px, found.width_px,
    found.height_px, model.name || ' ' || version.version
FROM newest task
JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
JOIN detection found ON found.id = task.detection_id
JOIN inspection_run run ON run.id = task.run_id
LEFT JOIN model_version version ON version.id = run.model_version_id
LEFT JOIN model ON model.id = version.model_id
WHERE task.kind = 'detection' AND task.state = ANY(%(settled)s)
    AND NOT EXISTS (
        SELECT FROM doubt_dismissal dismissed
        WHERE dismissed.task_id = task.id AND dismissed.annotation_number = task.annotation_number
    )
ORDER BY task.id DESC LIMIT %(compared)s
"""
# The newest run of each other version over the image, whether it found anything or not.
_OTHERS = """
SELECT looked.image_id, looked.version, found.defect_class_id, found.confidence, found.x_px, found.y_px,
    found.width_px, found.height_px
FROM (
    SELECT DISTINCT ON (ri.image_id, run.model_version_id) ri.image_id, run.id AS run_id,
        model.name || ' ' || version.version AS version
    FROM run_image ri JOIN inspection_run run ON run.id = ri.run_id AND run.state = 'done'
    JOIN model_version version ON version.id = run.model_version_id JOIN model ON model.id = version.model_id
    WHERE ri.image_id = ANY(%(images)s)
    ORDER BY ri.image_id, run.model_version_id, run.id DESC
) looked
LEFT JOIN detection found ON found.image_id = looked.image_id AND found.run_id = looked.run_id
"""


class SettledRow(NamedTuple):
    task: UUID
    image: UUID
    run: UUID
    annotation_number: int
    verdict: str
    real_class: int | None
    model_class: int
    confidence: float
    embedding: list[float] | None
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    version: str | None

    @property
    def code(self) -> str:
        return SaidWord(self.verdict, self.real_class, None).code

    @property
    def box_px(self) -> list[float]:
        return [self.x_px, self.y_px, self.width_px, self.height_px]


@dataclass(frozen=True)
class Doubted:
    """A word that is doubted, and by what."""

    task: UUID
    score: float
    neighbours: list[UUID]
    say: dict[str, int]
    versions: dict[str, Call]


@dataclass(frozen=True)
class Doubts:
    """
    Attributes:
        found: the most doubtful first.
        compared: how many settled words were.
    """

    found: list[Doubted]
    compared: int


def doubts_of(site: Site, *, days: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """The most doubtful words about findings of the last days, with what contradicts them, as JSON.

    What the actor is just asked about once more is left out.
    """
    doubts = _read.get((site.pk, days), lambda: _doubts(site, days=days, now=now))
    hidden = asked_again(actor, {key for one in doubts.found for key in (one.task, *one.neighbours)})
    found = [one for one in doubts.found if one.task not in hidden]
    shown = found[:SHOWN]
    keys = dict.fromkeys(key for one in shown for key in (one.task, *one.neighbours) if key not in hidden)
    cards = {card["id"]: card for card in cards_of(list(keys), actor=actor)}
    return {
        "site": site.code,
        "days": days,
        "compared": doubts.compared,
        "most": MOST_COMPARED,
        "total": len(found),
        "results": [_shown(one, cards) for one in shown],
    }


def forget_doubts() -> None:
    """Read afresh: a doubt was just put aside, or a test begins."""
    _read.clear()


def _shown(one: Doubted, cards: dict[str, dict[str, Any]]) -> dict[str, Any]:
    classes = inspection.classes_by_id()
    return {
        "task": cards[str(one.task)],
        "score": round(one.score, 4),
        "neighbours": [cards[str(key)] for key in one.neighbours if str(key) in cards],
        "neighbours_say": one.say,
        "versions": [
            {
                "version": name,
                "class_code": None if call.answer is None else classes[call.answer].code,
                "confidence": None if call.answer is None else round(call.confidence, 4),
            }
            for name, call in sorted(one.versions.items())
        ],
    }


def _doubts(site: Site, *, days: int, now: datetime) -> Doubts:
    values: dict[str, Any] = {
        "site": site.pk,
        "floor": uuid7_floor(at=now - timedelta(days=days)),
        "tasks": MOST_TASKS,
        "compared": MOST_COMPARED,
        "settled": [state.value for state in SETTLED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, values)
        rows = [SettledRow(*row) for row in cursor.fetchall()]
    near = _neighbours(rows)
    suspected = [int(at) for at in np.argsort(-np.nan_to_num(near.doubt)) if near.doubt[at] >= LEAST_DOUBT**2]
    suspected = suspected[:MOST_DOUBTED]
    calls = _calls_of([rows[at] for at in suspected])
    found = [_doubted(rows, at, near, calls[rows[at].task]) for at in suspected]
    kept = sorted((one for one in found if one.score >= LEAST_DOUBT), key=lambda one: -one.score)
    return Doubts(kept, compared=len(rows))


def _neighbours(rows: Sequence[SettledRow]) -> Neighbours:
    width = next((len(row.embedding) for row in rows if row.embedding), 1)
    unknown = [np.nan] * width
    images = {image: at for at, image in enumerate(dict.fromkeys(row.image for row in rows))}
    return neighbours(
        np.array([row.embedding or unknown for row in rows], np.float32).reshape(-1, width),
        said=np.array([_answer(row) for row in rows], np.int64),
        image=np.array([images[row.image] for row in rows], np.int64),
    )


def _answer(row: SettledRow) -> int:
    return _nothing() if row.real_class is None else row.real_class


def _nothing() -> int:
    """The answer "no defect": no key of a class."""
    return 0


def _doubted(rows: Sequence[SettledRow], at: int, near: Neighbours, calls: dict[str, Call]) -> Doubted:
    row = rows[at]
    around = [rows[other] for other in near.index[at] if other >= 0]
    of_versions = doubt_of_versions(list(calls.values()), said=_answer(row), nothing=_nothing())
    differing = [other.task for other in around if other.code != row.code]
    return Doubted(
        task=row.task,
        score=doubt(float(near.doubt[at]), of_versions),
        neighbours=differing[:NEIGHBOURS_SHOWN],
        say=dict(Counter(other.code for other in around).most_common()),
        versions=calls,
    )


def _calls_of(rows: Sequence[SettledRow]) -> dict[UUID, dict[str, Call]]:
    """What every version that looked says of each place: its surest call there, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, {"images": list({row.image for row in rows})})
        found = cursor.fetchall()
    by_image: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for image, *rest in found:
        by_image[image].append(tuple(rest))
    return {row.task: _calls(row, by_image[row.image]) for row in rows}


def _calls(row: SettledRow, looked: Sequence[tuple[Any, ...]]) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for version, defect_class, confidence, *box_px in looked:
        calls.setdefault(version, Call(None))
        if defect_class is None:
            continue
        is_there = pairwise_iou(np.array([box_px]), np.array([row.box_px]))[0, 0] >= SAME_PLACE_IOU
        if is_there and (calls[version].answer is None or confidence > calls[version].confidence):
            calls[version] = Call(defect_class, confidence)
    # A newer run of the same version may have stood in its place; what was looked at is what it said.
    calls[row.version or "model"] = Call(row.model_class, row.confidence)
    return calls
