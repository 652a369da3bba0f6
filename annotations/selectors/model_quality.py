"""How good the model is in use: from images that chance drew, beside what reviewers happened to see."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from accounts.models import Site
from annotations.choices import SETTLED, TaskKind, TaskState
from annotations.selectors.agreement import estimate_of, number_of
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.evaluation.audit_rates import Rate
from domain.evaluation.model_quality import NOTHING, Findings, Quality, alarmed_images, answers_for, quality
from inspection import selectors as inspection

MOST_IMAGES = 5000
"""So many of the newest audited images of a window are counted."""
MOST_TASKS = 10_000
"""So many of the newest tasks make up what reviewers saw."""
HALF_WIDTHS = (0.1, 0.05, 0.02)
_TYPICAL_SHARE = 0.1
_read: Briefly["Seen"] = Briefly(ttl_s=60.0, limit=32)

_COLUMNS = """
    task.image_id, task.kind, task.state, task.defect_class_id, said.verdict, said.defect_class_id,
    tool.code, model.name, version.version
"""
_BEHIND = """
LEFT JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
JOIN inspection_run run ON run.id = task.run_id
LEFT JOIN tool ON tool.id = run.tool_id
LEFT JOIN model_version version ON version.id = run.model_version_id
LEFT JOIN model ON model.id = version.model_id
"""
_AUDITED = f"""
WITH drawn AS (
    SELECT image_id, run_id, inclusion FROM review_audited_image
    WHERE site_id = %(site)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(images)s
)
SELECT {_COLUMNS}, drawn.inclusion
FROM drawn JOIN review_task task
    ON task.image_id = drawn.image_id AND task.run_id = drawn.run_id AND task.original_id IS NULL
{_BEHIND}
"""  # noqa: S608 - our own text
_REVIEWED = f"""
WITH task AS (
    SELECT * FROM review_task WHERE site_id = %(site)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(tasks)s
)
SELECT {_COLUMNS}, NULL
FROM task
{_BEHIND}
WHERE task.state = ANY(%(settled)s) AND task.original_id IS NULL AND task.kind IN ('detection', 'missed')
    AND NOT EXISTS (
        SELECT FROM review_audited_image drawn WHERE drawn.image_id = task.image_id AND drawn.run_id = task.run_id
    )
"""  # noqa: S608


class SeenRow(NamedTuple):
    """A task as it is read; `inclusion` where its image was drawn."""

    image: UUID
    kind: str
    state: str
    model_class: int | None
    verdict: str | None
    real_class: int | None
    tool: str | None
    model: str | None
    version: str | None
    inclusion: float | None


@dataclass(frozen=True, eq=False)
class Seen:
    """What was settled in a window.

    Attributes:
        rows: one for each row of `findings`.
        complete, waiting: audited images of which all is settled, and others.
    """

    rows: list[SeenRow]
    findings: Findings
    complete: int
    waiting: int


def quality_of(site: Site, *, days: int, now: datetime, tool: str | None, version: str | None) -> dict[str, Any]:
    """How often the model is wrong about findings of the last days, as JSON. Two queries, at most once in a minute.

    Args:
        tool: only images of that one.
        version: only what that version of a model judged, as `name version`.
    """
    seen = _read.get((site.pk, days), lambda: _seen(site, days=days, now=now))
    tools = sorted({row.tool for row in seen.rows if row.tool})
    versions = sorted({version_of(row) for row in seen.rows if row.model})
    kept = np.array(
        [(not tool or row.tool == tool) and (not version or version_of(row) == version) for row in seen.rows], bool
    )
    rows = [row for row, is_kept in zip(seen.rows, kept, strict=True) if is_kept]
    found = seen.findings.only(kept)
    classes = inspection.classes_by_id()
    return {
        "site": site.code,
        "days": days,
        "images": {"complete": seen.complete, "waiting": seen.waiting},
        "reviewed": int((~found.audited).sum()),
        "most": {"images": MOST_IMAGES, "tasks": MOST_TASKS},
        "overall": {**_shown(quality(found)), "alarmed_images": _rate(alarmed_images(found))},
        "classes": [{"class_code": row.code, **_shown(quality(found, of_class=key))} for key, row in classes.items()],
        "tools": [{"tool": one, **_shown(_where(found, rows, lambda row: row.tool, one))} for one in tools],
        "versions": [{"version": one, **_shown(_where(found, rows, version_of, one))} for one in versions],
        "needed": [{"half_width": width, "answers": answers_for(width, share=_TYPICAL_SHARE)} for width in HALF_WIDTHS],
    }


def forget_quality() -> None:
    """Read afresh; for tests."""
    _read.clear()


def version_of(row: SeenRow) -> str:
    return f"{row.model} {row.version}"


def _where(found: Findings, rows: list[SeenRow], of: Callable[[SeenRow], Hashable], wanted: Hashable) -> Quality:
    return quality(found.only(np.array([of(row) == wanted for row in rows], bool)))


def _seen(site: Site, *, days: int, now: datetime) -> Seen:
    values: dict[str, Any] = {
        "site": site.pk,
        "floor": uuid7_floor(at=now - timedelta(days=days)),
        "images": MOST_IMAGES,
        "tasks": MOST_TASKS,
        "settled": [state.value for state in SETTLED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_AUDITED, values)
        drawn = [SeenRow(*row) for row in cursor.fetchall()]
        cursor.execute(_REVIEWED, values)
        others = [SeenRow(*row) for row in cursor.fetchall()]
    unsettled = {row.image for row in drawn if not _is_over(row)}
    whole = {row.image for row in drawn if row.kind == TaskKind.IMAGE and row.image not in unsettled}
    # Of an audited image that is not all settled nothing counts: what is settled first is not what chance drew.
    rows = [row for row in drawn if row.image in whole and row.state != TaskState.WITHDRAWN] + others
    images = {row.image for row in drawn}
    return Seen(rows, _findings(rows), complete=len(whole), waiting=len(images - whole))


def _is_over(row: SeenRow) -> bool:
    """Whether nobody has to say anything of it any more; what somebody added and took back is nothing."""
    return row.state in SETTLED or (row.kind == TaskKind.MISSED and row.state == TaskState.WITHDRAWN)


def _findings(rows: list[SeenRow]) -> Findings:
    place = {image: at for at, image in enumerate(dict.fromkeys(row.image for row in rows))}
    return Findings(
        image=np.array([place[row.image] for row in rows], np.int64),
        called=np.array([row.model_class if row.kind == TaskKind.DETECTION else NOTHING for row in rows], np.int64),
        real=np.array([NOTHING if row.real_class is None else row.real_class for row in rows], np.int64),
        audited=np.array([row.inclusion is not None for row in rows], bool),
        inclusion=np.array([row.inclusion or 1.0 for row in rows], float),
    )


def _shown(one: Quality) -> dict[str, Any]:
    return {"missed": _rate(one.missed), "false_calls": _rate(one.false_calls)}


def _rate(rate: Rate) -> dict[str, Any]:
    return {"audit": estimate_of(rate.weighted), "naive": number_of(rate.naive), "answers": rate.answers}
