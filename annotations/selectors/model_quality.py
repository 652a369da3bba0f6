"""How good the model is in use: from images that chance drew, beside what reviewers happened to see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import numpy as np
from django.db import connection

from accounts.models import Site
from annotations.choices import SETTLED
from annotations.selectors.agreement import estimate_of, number_of
from core.briefly import Briefly
from core.ids import uuid7_floor
from domain.arrays import BoolArray, FloatArray, IntArray
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

# Numbers alone: a hundred thousand rows become columns without an object for each.
_COLUMNS = """
    task.kind = 'image', task.state = ANY(%(settled)s) OR task.kind = 'missed' AND task.state = 'withdrawn',
    task.state = 'withdrawn', CASE task.kind WHEN 'detection' THEN task.defect_class_id ELSE %(nothing)s END,
    coalesce(said.defect_class_id, %(nothing)s), coalesce(run.tool_id, 0), coalesce(run.model_version_id, 0)
"""
_BEHIND = """
LEFT JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
JOIN inspection_run run ON run.id = task.run_id
"""
# Audited images first; of the others the inclusion is 0.
_SEEN = f"""
WITH drawn AS (
    SELECT image_id, run_id, inclusion, dense_rank() OVER (ORDER BY image_id) AS place FROM (
        SELECT image_id, run_id, inclusion FROM review_audited_image
        WHERE site_id = %(site)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(images)s
    ) newest
), newest AS (
    SELECT * FROM review_task WHERE site_id = %(site)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(tasks)s
)
SELECT drawn.place, drawn.inclusion, {_COLUMNS}
FROM drawn JOIN review_task task
    ON task.image_id = drawn.image_id AND task.run_id = drawn.run_id AND task.original_id IS NULL
{_BEHIND}
UNION ALL
SELECT %(images)s + dense_rank() OVER (ORDER BY task.image_id), 0, {_COLUMNS}
FROM newest task
{_BEHIND}
WHERE task.state = ANY(%(settled)s) AND task.original_id IS NULL AND task.kind IN ('detection', 'missed')
    AND NOT EXISTS (
        SELECT FROM review_audited_image drawn WHERE drawn.image_id = task.image_id AND drawn.run_id = task.run_id
    )
"""  # noqa: S608 - our own text
_NAMES = """
SELECT 'tool', id, code FROM tool WHERE id = ANY(%(tools)s)
UNION ALL
SELECT 'version', version.id, model.name || ' ' || version.version
FROM model_version version JOIN model ON model.id = version.model_id WHERE version.id = ANY(%(versions)s)
"""
_IMAGE, _INCLUSION, _IS_WHOLE, _IS_OVER, _IS_WITHDRAWN, _CALLED, _REAL, _TOOL, _VERSION = range(9)
"""Columns of what is read; nobody has to say anything any more of what is over."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was settled in a window.

    Attributes:
        findings: what the model said and what people say.
        tool, version: (N,) int64 keys of what found each; 0 where nobody knows.
        tools, versions: their codes and names by key.
        complete, waiting: audited images of which all is settled, and others.
    """

    findings: Findings
    tool: IntArray
    version: IntArray
    tools: dict[int, str]
    versions: dict[int, str]
    complete: int
    waiting: int


def quality_of(site: Site, *, days: int, now: datetime, tool: str | None, version: str | None) -> dict[str, Any]:
    """How often the model is wrong about findings of the last days, as JSON. Three queries, at most once in a minute.

    Args:
        tool: only images of that one.
        version: only what that version of a model judged, as `name version`.
    """
    seen = _read.get((site.pk, days), lambda: _seen(site, days=days, now=now))
    kept = _is_named(seen.tool, seen.tools, tool) & _is_named(seen.version, seen.versions, version)
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
        "tools": _parts(found, seen.tool[kept], seen.tools, name="tool"),
        "versions": _parts(found, seen.version[kept], seen.versions, name="version"),
        "needed": [{"half_width": width, "answers": answers_for(width, share=_TYPICAL_SHARE)} for width in HALF_WIDTHS],
    }


def forget_quality() -> None:
    """Read afresh; for tests."""
    _read.clear()


def _is_named(keys: IntArray, names: dict[int, str], wanted: str | None) -> BoolArray:
    """(N,) bool: it is of the one that is called so; all where none is asked for."""
    if not wanted:
        return np.ones(len(keys), bool)
    return np.isin(keys, [key for key, name in names.items() if name == wanted])


def _parts(found: Findings, keys: IntArray, names: dict[int, str], *, name: str) -> list[dict[str, Any]]:
    in_order = sorted(names.items(), key=itemgetter(1))
    return [{name: called, **_shown(quality(found.only(keys == key)))} for key, called in in_order]


def _seen(site: Site, *, days: int, now: datetime) -> Seen:
    values: dict[str, Any] = {
        "site": site.pk,
        "floor": uuid7_floor(at=now - timedelta(days=days)),
        "images": MOST_IMAGES,
        "tasks": MOST_TASKS,
        "settled": [state.value for state in SETTLED],
        "nothing": NOTHING,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, values)
        # (9, N), a column each.
        rows = np.array(cursor.fetchall(), np.float64).reshape(-1, 9).T
        is_drawn = rows[_INCLUSION] > 0
        images = np.unique(rows[_IMAGE][is_drawn])
        unsettled = rows[_IMAGE][is_drawn & (rows[_IS_OVER] == 0)]
        whole = np.setdiff1d(rows[_IMAGE][is_drawn & (rows[_IS_WHOLE] > 0)], unsettled)
        # Of an audited image that is not all settled nothing counts: what is settled first is not what chance drew.
        rows = rows[:, ~is_drawn | np.isin(rows[_IMAGE], whole) & (rows[_IS_WITHDRAWN] == 0)]
        tool, version = rows[_TOOL].astype(np.int64), rows[_VERSION].astype(np.int64)
        cursor.execute(_NAMES, {"tools": np.unique(tool).tolist(), "versions": np.unique(version).tolist()})
        names = cursor.fetchall()
    return Seen(
        _findings(rows), tool=tool, version=version, complete=len(whole), waiting=len(images) - len(whole),
        tools={key: name for kind, key, name in names if kind == "tool"},
        versions={key: name for kind, key, name in names if kind == "version"},
    )  # fmt: skip


def _findings(rows: FloatArray) -> Findings:
    is_audited = rows[_INCLUSION] > 0
    return Findings(
        image=rows[_IMAGE].astype(np.int64),
        called=rows[_CALLED].astype(np.int64),
        real=rows[_REAL].astype(np.int64),
        audited=is_audited,
        inclusion=np.where(is_audited, rows[_INCLUSION], 1.0),
    )


def _shown(one: Quality) -> dict[str, Any]:
    return {"missed": _rate(one.missed), "false_calls": _rate(one.false_calls)}


def _rate(rate: Rate) -> dict[str, Any]:
    return {"audit": estimate_of(rate.weighted), "naive": number_of(rate.naive), "answers": rate.answers}
