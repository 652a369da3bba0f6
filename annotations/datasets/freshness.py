"""How much has been accepted that no data set of the same choice has, and whether that is enough for a rule."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from annotations.choices import BuildState, SuggestionState
from annotations.datasets.collecting import FITTING, values_of
from annotations.models import DatasetSnapshot, TrainingRule, TrainingSuggestion
from annotations.selectors import DatasetSelection
from core.ids import uuid7_floor

MOST_COUNTED = 100_000
# Keys of steps begin with their time, so what is new of a site is read from the end of `review_step_accepted`.
_FRESH = f"""
WITH fresh AS MATERIALIZED (
    SELECT DISTINCT task_id FROM (
        SELECT task_id FROM review_step WHERE site_id = %(site)s AND id >= %(from)s AND state = 'accepted'
        ORDER BY id DESC LIMIT %(most)s
    ) step
)
SELECT count(DISTINCT task.id) FROM fresh JOIN review_task task ON task.id = fresh.task_id {FITTING}
"""  # noqa: S608 - constants of our own


@dataclass(frozen=True)
class Freshness:
    """What is new for a rule.

    Attributes:
        count: accepted and still accepted; at most `MOST_COUNTED` are looked at.
        counted_from: the newest data set of the choice, or the last dismissal; None: there is neither.
        dataset: code of the newest data set of the choice; empty without one.
    """

    count: int
    counted_from: datetime | None
    dataset: str


def fresh_words(rule: TrainingRule) -> Freshness:
    snapshot = (
        DatasetSnapshot.objects.filter(site_id=rule.site_id, selection=rule.selection)
        .exclude(state=BuildState.FAILED)
        .order_by("-id")
        .first()
    )
    dismissed = (
        TrainingSuggestion.objects.filter(rule=rule, state=SuggestionState.DISMISSED)
        .order_by("-ended_at")
        .values_list("ended_at", flat=True)
        .first()
    )
    moments = [moment for moment in (snapshot and snapshot.created_at, dismissed) if moment]
    counted_from = max(moments, default=None)
    floor = uuid7_floor(at=counted_from or rule.created_at.replace(year=2000))
    values = values_of(DatasetSelection.of(rule.selection), site_id=rule.site_id)
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, {**values, "from": floor, "most": MOST_COUNTED})
        (count,) = cursor.fetchone()
    return Freshness(count, counted_from, snapshot.code if snapshot else "")


def reasons_of(rule: TrainingRule, found: Freshness, *, now: datetime) -> list[dict[str, str]]:
    """Why a rule suggests a training run; empty while it does not."""
    since = f"since {found.dataset} was frozen" if found.dataset else "and there is no data set of this choice yet"
    reasons = []
    if rule.least_new and found.count >= rule.least_new:
        text = f"{found.count} annotations are newly accepted {since}; {rule.least_new} are enough."
        reasons.append({"code": "count", "text": text})
    if rule.every_days and found.count:
        age_days = (now - (found.counted_from or rule.created_at)).days
        if age_days >= rule.every_days:
            text = f"It is {age_days} days, and {found.count} annotations are newly accepted {since}."
            reasons.append({"code": "schedule", "text": text})
    return reasons
