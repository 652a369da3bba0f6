"""Doubts about settled words, put aside by somebody who has looked."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from annotations.choices import SETTLED
from annotations.errors import StaleTask
from annotations.models import DoubtDismissal, ReviewTask
from annotations.selectors import forget_doubts, task_visible_to
from annotations.services.handing import reviewer_of
from annotations.services.settling import opinions_of
from annotations.services.words import current
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Forbidden, IllegalTransition
from core.ids import uuid7


@transaction.atomic
def dismiss_doubt(*, task_id: UUID, seen_revision: int, reason: str, actor: Actor, now: datetime) -> ReviewTask:
    """Say that what was settled is right, whatever doubts it. It is doubted anew when another word counts.

    Raises:
        NotFound: no such task at the actor's sites.
        StaleTask: something was said after the actor looked.
        IllegalTransition: nothing is settled.
        Forbidden: it is the actor's own word.
    """
    task = task_visible_to(actor, task_id, is_locked=True)
    if task.revision != seen_revision:
        raise StaleTask("Something was said of this after you looked at it. Look again.", **current(task))
    if task.state not in SETTLED:
        raise IllegalTransition(f"Nothing is settled about this: it is {task.state}.", state=task.state)
    if reviewer_of(actor) in {said.author_id for said in opinions_of(task)}:
        raise Forbidden("This is your own word; somebody else has to look at it.", **current(task))
    _, is_new = DoubtDismissal.objects.get_or_create(
        task=task,
        annotation_number=task.annotation_number,
        defaults={"id": uuid7(at=now), "author_id": reviewer_of(actor), "reason": reason, "made_at": now},
    )
    if is_new:
        audit.record(
            action=Action.DOUBT_DISMISSED,
            object_type="review_task",
            object_id=task.pk,
            actor=actor,
            at=now,
            after={"annotation": task.annotation_number},
            reason=reason or None,
        )
    transaction.on_commit(forget_doubts)
    return task
