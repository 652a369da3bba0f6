"""How a reviewer decides, as they see it themselves: how much, how fast, and as whom.

A check counts in no figure of these but its own. If they grew with each word, whoever reads theirs after every decision
would see which were checks: so to oneself they are told when the day is over.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from accounts.models import Site, User
from annotations.choices import TaskKind
from annotations.selectors.agreement import estimate_of, number_of
from annotations.selectors.hands import MOST_REVIEWERS, reviewers_of
from annotations.selectors.measured import Answer, Measured, answers_of
from annotations.selectors.overlap import NUISANCE, Overlap, overlap_of
from annotations.selectors.own_words import MOST_WORDS, OwnWord, OwnWords, SaidWord, is_same, own_words
from core.actors import Actor
from core.errors import Forbidden, NotFound
from core.roles import Role
from domain.arrays import IntArray
from domain.evaluation.agreement import cohen_kappa, cohen_kappa_per_class, cross_table, repeatability
from domain.evaluation.conduct import by_period, pace
from domain.evaluation.intervals import UNKNOWN, Estimate, wilson
from domain.evaluation.peers import NO_ANSWER
from domain.review.disclosure import LEAST_ANSWERS, counted_until
from inspection import selectors as inspection

READS_OTHERS = frozenset({Role.LEAD, Role.AUDITOR})


def shown_reviewers(site: Site) -> list[dict[str, str]]:
    """Who decides at a site, by name."""
    people = reviewers_of(site.pk)[:MOST_REVIEWERS]
    return [{"username": one.username, "full_name": one.get_full_name()} for one in people]


def reviewer_read_by(actor: Actor, username: str | None, *, site: Site) -> User:
    """Whose scorecard is meant: the actor's own, or for those who may read others' the named one's.

    Raises:
        Forbidden: somebody else's.
        NotFound: nobody at the site is called that.
    """
    if username is not None and username != actor.username and not actor.roles & READS_OTHERS:
        raise Forbidden("This is somebody else's scorecard; they and a lead see it.")
    reviewer = User.objects.filter(username=username or actor.username, sites=site).first()
    if reviewer is None:
        raise NotFound("Nobody at this site is called that.")
    return reviewer


def scorecard_of(reviewer: User, *, site: Site, days: int, is_own: bool, now: datetime) -> dict[str, Any]:
    """The scorecard of the last days as JSON. Four queries at most, each bounded.

    Args:
        is_own: the reviewer reads it: without what they said today.
    """
    until = _until(site, is_own=is_own, now=now)
    own = _said_until(until, own_words(reviewer, site=site, days=days, now=now))
    overlap = overlap_of(site, days=days, now=now)
    gold = answers_of(reviewer, TaskKind.GOLD, site=site, days=days, now=now)
    repeats = answers_of(reviewer, TaskKind.REPEAT, site=site, days=days, now=now)
    with_peers = _with_peers(overlap, reviewer.username, until=until)
    ruled = [word for word in own.words if word.ruling is not None]
    took = pace(_took_ms(own.words))
    return {
        "reviewer": reviewer.username,
        "full_name": reviewer.get_full_name(),
        "site": site.code,
        "days": days,
        "is_sample": own.is_sample,
        "most": MOST_WORDS,
        "decisions": len(own.words),
        "median_ms": number_of(took.median_ms),
        "slow_ms": number_of(took.slow_ms),
        "peers": _peers(with_peers, class_count=len(overlap.answers)),
        "rulings": _share(sum(_follows(word) for word in ruled), len(ruled)),
        "gold": _gold(gold),
        "repeats": _repeats(repeats),
        "classes": _classes(own.words, overlap, with_peers, gold),
        "weeks": _weeks(own.words, overlap, with_peers, zone=ZoneInfo(site.timezone)),
    }


def differing_from(
    reviewer: User, figure: str, *, site: Site, days: int, is_own: bool, now: datetime
) -> list[tuple[UUID, SaidWord, SaidWord | None]]:
    """The items behind a figure where the reviewer's word was another: task, their word, what it was held against.

    Of peers' words there may be several: the task has them. `is_own` as in `scorecard_of`.
    """
    if figure in (TaskKind.GOLD, TaskKind.REPEAT):
        answers = answers_of(reviewer, TaskKind(figure), site=site, days=days, now=now).told
        return [(one.task, one.said, one.against) for one in answers if not one.is_same]
    until = _until(site, is_own=is_own, now=now)
    own = _said_until(until, own_words(reviewer, site=site, days=days, now=now)).words
    if figure == "rulings":
        return [(word.task, word.said, word.ruling) for word in own if word.ruling is not None and not _follows(word)]
    overlap = overlap_of(site, days=days, now=now)
    column, others = _with_peers(overlap, reviewer.username, until=until)
    differs = set(np.flatnonzero(((others != NO_ANSWER) & (others != column[:, None])).any(axis=1)).tolist())
    seen = set(np.flatnonzero(column != NO_ANSWER).tolist())
    said = {word.task: word.said for word in own}
    tasks = [overlap.tasks[at] for at in sorted(differs & seen)]
    return [(task, said[task], None) for task in tasks if task in said]


def _until(site: Site, *, is_own: bool, now: datetime) -> datetime:
    return counted_until(now, zone=ZoneInfo(site.timezone)) if is_own else now


def _said_until(until: datetime, own: OwnWords) -> OwnWords:
    return replace(own, words=[word for word in own.words if word.made_at <= until])


def _took_ms(words: Sequence[OwnWord]) -> np.ndarray:
    return np.array([np.nan if word.took_ms is None else word.took_ms for word in words], float)


def _follows(word: OwnWord) -> bool:
    return word.ruling is not None and is_same(word.said, word.ruling)


def _share(hits: int, trials: int) -> dict[str, Any]:
    return {"items": trials, "agreed": estimate_of(wilson(hits=hits, trials=trials))}


def _with_peers(overlap: Overlap, username: str, *, until: datetime) -> tuple[IntArray, IntArray]:
    """(I,) own answers, and (I, P - 1) of the others; NO_ANSWER throughout for whoever saw nothing, and where the last
    word is from after then.
    """
    is_later = np.array([at > until for at in overlap.said_at], bool)
    answer = np.where(is_later[:, None], NO_ANSWER, overlap.words.answer)
    if username not in overlap.people:
        return np.full(len(answer), NO_ANSWER), answer
    column = overlap.people.index(username)
    return answer[:, column], np.delete(answer, column, axis=1)


def _crossed(with_peers: tuple[IntArray, IntArray], *, class_count: int) -> IntArray:
    """Own answers against those of everybody else who saw the same: an item counts once for each of them."""
    own, others = with_peers
    items, people = np.nonzero((own != NO_ANSWER)[:, None] & (others != NO_ANSWER))
    return cross_table(own[items], others[items, people], class_count=class_count)


def _peers(with_peers: tuple[IntArray, IntArray], *, class_count: int) -> dict[str, Any]:
    table = _crossed(with_peers, class_count=class_count)
    hits, trials = int(np.trace(table)), int(table.sum())
    return {**_share(hits, trials), "kappa": estimate_of(cohen_kappa(table))}


def _gold(gold: Measured) -> dict[str, Any]:
    is_enough = len(gold.counted) >= LEAST_ANSWERS
    right = sum(one.is_same for one in gold.counted)
    share = wilson(hits=right, trials=len(gold.counted)) if is_enough else UNKNOWN
    return {
        "items": len(gold.counted),
        "agreed": estimate_of(share),
        "told": sum(not one.is_same for one in gold.told),
        "least": LEAST_ANSWERS,
    }


def _repeats(repeats: Measured) -> dict[str, Any]:
    codes = sorted({code for one in repeats.counted for code in (one.said.code, one.against.code)})
    at = {code: index for index, code in enumerate(codes)}
    found = repeatability(
        np.array([at[one.against.code] for one in repeats.counted], np.int64),
        np.array([at[one.said.code] for one in repeats.counted], np.int64),
        class_count=len(codes),
    )
    # Kappa is of classes, since places have no chance to agree by; what is the same is so in its place, too.
    agreed = wilson(hits=sum(one.is_same for one in repeats.counted), trials=len(repeats.counted))
    return {"items": len(repeats.counted), "agreed": estimate_of(agreed), "kappa": estimate_of(found.kappa)}


def _classes(
    words: Sequence[OwnWord], overlap: Overlap, with_peers: tuple[IntArray, IntArray], gold: Measured
) -> list[dict[str, Any]]:
    said = Counter(word.said.code for word in words)
    table = _crossed(with_peers, class_count=len(overlap.answers))
    shared = table.sum(axis=0) + table.sum(axis=1) - np.diag(table)
    kappas: dict[str, Estimate] = dict(zip(overlap.answers, cohen_kappa_per_class(table), strict=True))
    items = dict(zip(overlap.answers, shared.tolist(), strict=True))
    known = _known_by_class(gold)
    codes = [*(row.code for row in inspection.classes_by_id().values()), NUISANCE]
    return [
        {
            "class_code": code,
            "decisions": said[code],
            "peers": {"items": items[code], "kappa": estimate_of(kappas[code])},
            "gold": known.get(code, _share(0, 0)),
        }
        for code in codes
    ]


def _known_by_class(gold: Measured) -> dict[str, dict[str, Any]]:
    """By the known class, of those with enough answers."""
    by_class: dict[str, list[Answer]] = {}
    for one in gold.counted:
        by_class.setdefault(one.against.code, []).append(one)
    return {
        code: _share(sum(one.is_same for one in answers), len(answers))
        for code, answers in by_class.items()
        if len(answers) >= LEAST_ANSWERS
    }


def _weeks(
    words: Sequence[OwnWord], overlap: Overlap, with_peers: tuple[IntArray, IntArray], *, zone: ZoneInfo
) -> list[dict[str, Any]]:
    own, others = with_peers
    items, people = np.nonzero((own != NO_ANSWER)[:, None] & (others != NO_ANSWER))
    week_of_item = np.array([_week(at, zone) for at in overlap.said_at], np.int64)
    periods = by_period(
        np.array([_week(word.made_at, zone) for word in words], np.int64),
        _took_ms(words),
        measured=week_of_item[items],
        agreed=own[items] == others[items, people],
    )
    return [
        {
            "monday": _monday(one.period).isoformat(),
            "decisions": one.decisions,
            "median_ms": number_of(one.median_ms),
            "peers": estimate_of(one.agreed),
        }
        for one in periods
    ]


def _week(at: datetime, zone: ZoneInfo) -> int:
    """Weeks since the first Monday there was, in local time."""
    return (at.astimezone(zone).date().toordinal() - 1) // 7


def _monday(week: int) -> date:
    return date.fromordinal(1) + timedelta(days=7 * week)
