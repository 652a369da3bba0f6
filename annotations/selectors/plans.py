"""What so many minutes of review save, queue by queue."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from annotations.choices import NOT_AGAIN
from annotations.models import ReviewQueue
from annotations.selectors.paces import Paces, paces_of
from core.actors import Actor
from domain.arrays import BoolArray, FloatArray, IntArray
from domain.review.budget import saved_within, sequence, time_shares
from domain.review.worth import OVERKILL_COST
from inspection import selectors as inspection

MOST_PLANNED = 2000
"""So many of the places that come next in a queue are weighed against each other."""
MOST_QUEUES = 10
_MOST_AUDITED = 500
_POINTS = 49
_SEES_TWICE = 2
"""The curve goes on to twice the time, or to where nothing is left: it is seen what more of it would save."""

# The audit stands at the end of a queue, in the order of its images.
_PLACES = """
SELECT coalesce(task.defect_class_id, 0), task.worth, entry.is_audit, entry.rank > '-infinity'
FROM (
    (SELECT task_id, is_audit, rank FROM review_queue_entry WHERE queue_id = %(queue)s AND generation = %(generation)s
        AND is_open ORDER BY rank DESC, task_id LIMIT %(most)s)
    UNION
    (SELECT task_id, is_audit, rank FROM review_queue_entry WHERE queue_id = %(queue)s AND generation = %(generation)s
        AND is_open AND is_audit ORDER BY task_id LIMIT %(most_audited)s)
) entry JOIN review_task task ON task.id = entry.task_id
WHERE task.state = 'open' AND task.seats_taken < task.wants
    AND NOT EXISTS (
        SELECT FROM review_hold hold WHERE hold.task_id = task.id AND hold.reviewer_id = %(reviewer)s
            AND hold.ending = ANY(%(not_again)s)
    )
ORDER BY task.id
"""


@dataclass(frozen=True)
class _Plan:
    """A queue's places in the order in which they would be looked at.

    Attributes:
        classes: (N,) keys, 0 of whole images.
        worth, seconds, is_audit: (N,) each.
        budget_s: the time without that of checks.
        items: how many of them are decided in the time asked for.
    """

    queue: ReviewQueue
    classes: IntArray
    worth: FloatArray
    seconds: FloatArray
    is_audit: BoolArray
    budget_s: float
    items: int

    @property
    def saved(self) -> float:
        return float(self.worth[: self.items].sum())


def plan_of(queues: list[ReviewQueue], *, minutes: int, actor: Actor) -> dict[str, Any]:
    """How far somebody gets in so many minutes in the queue in which these save most, as JSON.

    Args:
        queues: of one site; the first ten are looked at.
    """
    plans = [_plan(queue, minutes=minutes, reviewer_id=actor.user_id) for queue in queues[:MOST_QUEUES]]
    plans = sorted((plan for plan in plans if plan.worth.size), key=lambda plan: -plan.saved)
    return {
        "minutes": minutes,
        "unit_per_reject": OVERKILL_COST,
        "queues": [{**_named(plan.queue), "items": plan.items, "saved": plan.saved} for plan in plans],
        "plan": _shown(plans[0], minutes=minutes) if plans else None,
    }


def _plan(queue: ReviewQueue, *, minutes: int, reviewer_id: int | None) -> _Plan:
    classes, worth, is_audit, is_chosen = _places(queue, reviewer_id)
    paces = paces_of(queue.site_id)
    seconds = np.array([paces.seconds_of(key or None) for key in classes.tolist()], np.float64)
    # As `services.taking` fills the hands. Checks take their part of the time and save nothing on the wafer.
    of_checks, of_audit = time_shares(
        audit=queue.audit_share if queue.audit_rate and is_audit.any() else 0.0,
        checks=queue.gold_rate + queue.repeat_rate,
        audit_s=float(seconds[is_audit].mean()) if is_audit.any() else paces.image_s,
        other_s=float(seconds[~is_audit].mean()) if not is_audit.all() else paces.detection_s,
    )
    budget_s = minutes * 60.0 * (1.0 - of_checks)
    # What the audit alone drew has its own turn, whatever it is worth.
    order = sequence(np.where(is_chosen, worth, 0.0), seconds, is_audit, audit_share=of_audit)
    ((items, _),) = saved_within(worth, seconds, order, np.array([budget_s]))
    return _Plan(queue, classes[order], worth[order], seconds[order], is_audit[order], budget_s, int(items))


def _places(queue: ReviewQueue, reviewer_id: int | None) -> tuple[IntArray, FloatArray, BoolArray, BoolArray]:
    with connection.cursor() as cursor:
        cursor.execute(
            _PLACES,
            {
                "queue": queue.pk,
                "generation": queue.generation,
                "reviewer": reviewer_id,
                "not_again": list(NOT_AGAIN),
                "most": MOST_PLANNED,
                "most_audited": _MOST_AUDITED,
            },
        )
        rows = cursor.fetchall()
    classes, worth, is_audit, is_chosen = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(classes, np.int64),
        np.array(worth, np.float64),
        np.array(is_audit, np.bool_),
        np.array(is_chosen, np.bool_),
    )


def _shown(plan: _Plan, *, minutes: int) -> dict[str, Any]:
    taken = slice(plan.items)
    of_audit = plan.is_audit[taken]
    seconds = plan.seconds[taken]
    return {
        "queue": _named(plan.queue),
        "items": plan.items,
        "seconds": float(seconds.sum()),
        "saved": plan.saved,
        "waiting": {
            "items": int(plan.worth.size),
            "seconds": float(plan.seconds.sum()),
            "saved": float(plan.worth.sum()),
            "is_more": plan.worth.size >= MOST_PLANNED,
        },
        "audit": {"items": int(of_audit.sum()), "seconds": float(seconds[of_audit].sum())},
        "checks_seconds": minutes * 60.0 - plan.budget_s,
        "classes": _by_class(plan, paces_of(plan.queue.site_id)),
        "curve": _curve(plan, minutes=minutes),
    }


def _by_class(plan: _Plan, paces: Paces) -> list[dict[str, Any]]:
    codes = {key: one.code for key, one in inspection.classes_by_id().items()}
    classes, worth = plan.classes[: plan.items], plan.worth[: plan.items]
    rows = []
    for key in np.unique(classes).tolist():
        is_of = classes == key
        seconds_each = paces.seconds_of(key or None)
        rows.append(
            {
                "class_code": codes[key] if key else None,
                "items": int(is_of.sum()),
                "seconds_each": seconds_each,
                "seconds": float(is_of.sum() * seconds_each),
                "saved": float(worth[is_of].sum()),
            }
        )
    return sorted(rows, key=lambda row: -row["saved"])


def _curve(plan: _Plan, *, minutes: int) -> list[dict[str, float]]:
    needed = math.ceil(float(plan.seconds.sum()) / (plan.budget_s / minutes))
    at = np.linspace(0.0, min(minutes * _SEES_TWICE, needed), _POINTS)
    budgets = at * (plan.budget_s / minutes)
    found = saved_within(plan.worth, plan.seconds, np.arange(plan.worth.size), budgets)
    return [
        {"minutes": float(minute), "items": int(items), "saved": float(saved)}
        for minute, (items, saved) in zip(at, found, strict=True)
    ]


def _named(queue: ReviewQueue) -> dict[str, str]:
    return {"id": str(queue.pk), "code": queue.code, "name": queue.name}
