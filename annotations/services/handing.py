"""Tasks into reviewers' hands and out of them: one reviewer a seat, for a time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import SystemRandom
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from annotations.choices import NOT_AGAIN, Ending
from annotations.errors import AlreadyTheirs, NotHeld
from annotations.models import ReviewHold, ReviewQueue, ReviewTask
from annotations.selectors import paces_of, queue_visible_to, reviewers_of, task_visible_to
from annotations.services.seats import count_seats
from annotations.services.taking import Hand, fill, in_order
from audit import services as audit
from audit.actions import Action
from core.actors import Actor, service_account
from core.errors import Forbidden, Invalid
from core.ids import uuid7
from core.prepared import prepared
from core.questions import Question, where
from core.rows import insert_row, pipelined

KEEPER = service_account("review")
LAPSED_AT_ONCE = 200
PASSED_ON_FOR = timedelta(hours=12)
"""Whoever is given a task by a lead may come to it later in their shift."""

_HOLD_LONGER = """
WITH mine AS (
    SELECT id FROM review_hold
    WHERE reviewer_id = %s AND queue_id = %s AND ending = ''
    ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE review_hold hold SET held_until = %s
FROM mine WHERE hold.id = mine.id
RETURNING hold.task_id, hold.taken_at
"""
_HAS_LAPSED = "SELECT EXISTS (SELECT FROM review_hold WHERE ending = '' AND held_until < %s)"
_HELD = Question(
    lambda: where(
        ReviewHold.objects.filter(ending="").select_for_update(no_key=True).order_by(),
        "task_id = %s AND reviewer_id = %s",
        *("task", "reviewer"),
    )
)


@transaction.atomic
def next_tasks(
    *,
    queue_id: UUID,
    count: int,
    actor: Actor,
    now: datetime,
    is_by_saving: bool = False,
    chance: Callable[[], float] = SystemRandom().random,
) -> tuple[ReviewQueue, list[UUID]]:
    """What a reviewer holds of a queue, held for longer, and as many more as make `count`, the first in order first.

    Asking again gives the same, so a lost answer or a page that is loaded anew loses nothing.

    Args:
        is_by_saving: what saves most per second comes first, instead of what the queue's order says.
        chance: what is mixed in between, see `taking.fill`.

    Returns:
        The queue, and keys of tasks in the order in which they were handed out.

    Raises:
        NotFound: no such queue at the actor's sites.
        Forbidden: nobody who could look at anything asks.
    """
    queue = queue_visible_to(actor, queue_id)
    reviewer_id = reviewer_of(actor)
    until = now + timedelta(seconds=queue.lease_s)
    with prepared() as cursor:
        cursor.execute(_HOLD_LONGER, [reviewer_id, queue.pk, until])
        keys = in_order(cursor.fetchall())
    # After what waits for locks: it waits for none, and holds those of others' holds from here on.
    return_lapsed(now=now)
    if len(keys) < count and not queue.is_archived:
        paces = paces_of(queue.site_id) if is_by_saving else None
        taken = fill(Hand(queue, reviewer_id, until, now, paces), count=count - len(keys), chance=chance)
        _record_taken(taken, queue=queue, until=until, actor=actor, now=now)
        keys += taken
    return queue, keys


@transaction.atomic
def give_back(*, task_id: UUID, ending: Ending, reason: str, actor: Actor, now: datetime) -> ReviewTask:
    """Let go of a task: `RELEASED`, for anybody, or `SKIPPED`, for anybody else.

    Raises:
        NotFound: no such task at the actor's sites.
        NotHeld: the actor does not hold it.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    hold = hold_of(task, reviewer_of(actor))
    if hold is None:
        raise NotHeld("You do not hold this any more, so there is nothing to give back.")
    _end([hold], ending=ending, reason=reason, now=now)
    count_seats([task.pk])
    _record_end(hold, ending, reason, actor=actor, now=now)
    return task


@transaction.atomic
def hand_over(
    *, task_id: UUID, holder: str, to: str | None, reason: str, actor: Actor, now: datetime
) -> tuple[ReviewTask, ReviewHold | None]:
    """Take a task out of somebody's hands, and put it into another's. What the first had drawn stays with their hold.

    Args:
        holder: user name of who holds it.
        to: of who is to have it, until the end of their shift or until their queue asks; None: whoever asks next.

    Returns:
        The task, and the new hold.

    Raises:
        NotFound: no such task at the actor's sites.
        NotHeld: the holder does not hold it any more.
        Invalid: the actor holds it: they give it back; or nobody of that name reviews at this site.
        AlreadyTheirs: they hold it, have decided it or did not want it.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    # What is asked to check a reviewer is theirs alone; of their own they are told the same of every task.
    if holder == actor.username:
        raise Invalid.of({"holder": ["What you hold yourself you give back."]})
    held = ReviewHold.objects.filter(task=task, task__original=None, ending="", reviewer__username=holder)
    hold = held.select_for_update(no_key=True, of=("self",)).first()
    if hold is None:
        raise NotHeld(f"{holder} does not hold this any more. Look again at what is in hands.")
    heir = None if to is None else _heir(task, to)
    _end([hold], ending=Ending.RELEASED, reason=reason, now=now)
    _record_end(hold, Ending.RELEASED, reason, actor=actor, now=now)
    passed = None
    if heir is not None:
        until = now + PASSED_ON_FOR
        passed = ReviewHold(
            id=uuid7(at=now), task=task, reviewer=heir, queue_id=hold.queue_id, taken_at=now, held_until=until
        )
        insert_row(passed)
        audit.record(
            action=Action.TASK_HANDED_OUT,
            object_type="review_task",
            object_id=task.pk,
            actor=actor,
            at=now,
            after={"reviewer": heir.pk, "until": until},
            reason=reason or None,
        )
    count_seats([task.pk])
    return task, passed


def _heir(task: ReviewTask, username: str) -> User:
    heir = reviewers_of(task.site_id).filter(username=username).first()
    if heir is None:
        raise Invalid.of({"to": [f"Nobody called {username} reviews at this site."]})
    theirs = ReviewHold.objects.filter(task=task, reviewer=heir)
    if theirs.filter(Q(ending="") | Q(ending__in=NOT_AGAIN)).exists():
        raise AlreadyTheirs(f"{username} holds this already, has decided it or did not want it.")
    return heir


def return_lapsed(*, now: datetime) -> int:
    """Take back what nobody has asked for or decided in time. What was drawn meanwhile stays with the hold.

    Returns:
        How many tasks others may have now.
    """
    with prepared() as cursor:
        cursor.execute(_HAS_LAPSED, [now])
        if not cursor.fetchone()[0]:
            return 0
    with transaction.atomic():
        return _return_lapsed(now=now)


def _return_lapsed(*, now: datetime) -> int:
    # The tasks first, as everybody who decides does: whoever took the other way round would wait for them forever.
    over = ReviewHold.objects.filter(ending="", held_until__lt=now)
    wanted = list(over.order_by("held_until").values_list("task_id", flat=True)[:LAPSED_AT_ONCE])
    tasks = ReviewTask.objects.filter(pk__in=wanted).select_for_update(no_key=True, skip_locked=True)
    held = over.filter(task__in=list(tasks.values_list("pk", flat=True)))
    # What somebody is just asking for again has not lapsed.
    lapsed = list(held.select_for_update(no_key=True, skip_locked=True))
    if not lapsed:
        return 0
    _end(lapsed, ending=Ending.LAPSED, reason="", now=now)
    count_seats([hold.task_id for hold in lapsed])
    for hold in lapsed:
        _record_end(hold, Ending.LAPSED, "", actor=KEEPER, now=now)
    return len(lapsed)


def reviewer_of(actor: Actor) -> int:
    """The account that looks.

    Raises:
        Forbidden: the system itself looks at nothing.
    """
    if actor.user_id is None:
        raise Forbidden("Only a person or a program with an account reviews.")
    return actor.user_id


def hold_of(task: ReviewTask, reviewer_id: int) -> ReviewHold | None:
    """The reviewer's hold of a task while it lasts, locked."""
    return _HELD.first(task=task.pk, reviewer=reviewer_id)


def _record_taken(keys: Sequence[UUID], *, queue: ReviewQueue, until: datetime, actor: Actor, now: datetime) -> None:
    with pipelined():
        for key in keys:
            audit.record(
                action=Action.TASK_HANDED_OUT,
                object_type="review_task",
                object_id=key,
                actor=actor,
                at=now,
                after={"queue": queue.code, "until": until},
            )


def _end(holds: Sequence[ReviewHold], *, ending: Ending, reason: str, now: datetime) -> None:
    ReviewHold.objects.filter(pk__in=[hold.pk for hold in holds]).update(ending=ending, reason=reason, ended_at=now)


def _record_end(hold: ReviewHold, ending: Ending, reason: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        action=Action.TASK_GIVEN_BACK,
        object_type="review_task",
        object_id=hold.task_id,
        actor=actor,
        at=now,
        after={"how": ending, "reviewer": hold.reviewer_id},
        reason=reason or None,
    )
