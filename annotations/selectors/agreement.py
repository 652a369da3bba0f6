"""How far reviewers agree, as pages show it."""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from accounts.models import Site
from annotations.selectors.overlap import MOST_TASKS, Overlap, overlap_of, shown_people
from core.errors import NotFound
from domain.evaluation import peers
from domain.evaluation.intervals import Estimate

SHIFTS = ("early", "late", "night")
MOST_ITEMS = 60
_SEED = 3


def agreement_of(site: Site, *, days: int, now: datetime) -> dict[str, Any]:
    """Agreement about the findings of the last days as JSON: of all, by class, by shift, two by two."""
    overlap = overlap_of(site, days=days, now=now)
    words = overlap.words
    rng = np.random.default_rng(_SEED)
    return {
        "site": site.code,
        "days": days,
        "items": len(overlap.tasks),
        "is_sample": overlap.is_sample,
        "most": MOST_TASKS,
        "people": shown_people(overlap),
        "overall": _together(peers.together(words)),
        "classes": [
            {"class_code": code, **_together(one)}
            for code, one in zip(overlap.answers, peers.by_class(words), strict=True)
        ],
        "shifts": [
            {"shift": name, "from_hour": hour, **_together(peers.together(words.only(overlap.shift == at)))}
            for at, (name, hour) in enumerate(zip(SHIFTS, peers.SHIFT_STARTS_H, strict=True))
        ],
        "pairs": [_pair(one, overlap) for one in peers.pairs(words, rng=rng)],
    }


def differing_tasks(site: Site, *, first: str, second: str, days: int, now: datetime) -> list[UUID]:
    """The newest tasks about which two reviewers said different things, blind; at most `MOST_ITEMS`.

    Raises:
        NotFound: one of them saw nothing that others saw, too, in that time.
    """
    overlap = overlap_of(site, days=days, now=now)
    if first not in overlap.people or second not in overlap.people:
        raise NotFound("One of the two has not seen anything that others saw, too, in this time.")
    columns = overlap.people.index(first), overlap.people.index(second)
    found = np.flatnonzero(peers.differing(overlap.words, *columns))[:MOST_ITEMS]
    return [overlap.tasks[at] for at in found]


def estimate_of(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as JSON, which has no nan."""
    return {
        "value": number_of(estimate.value),
        "low": number_of(estimate.low),
        "high": number_of(estimate.high),
    }


def number_of(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)


def _together(one: peers.Together) -> dict[str, Any]:
    return {"items": one.items, "people_each": one.people, "kappa": estimate_of(one.kappa)}


def _pair(one: peers.Pair, overlap: Overlap) -> dict[str, Any]:
    return {
        "first": overlap.people[one.first],
        "second": overlap.people[one.second],
        "items": one.items,
        "differ": one.differ,
        "agreed": estimate_of(one.agreed),
        "kappa": estimate_of(one.kappa),
        "boxes": {"items": one.boxed, "f1": estimate_of(one.f1), "mean_iou": number_of(one.mean_iou)},
    }
