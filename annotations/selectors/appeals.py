"""Appeals as people see them: their own, or all of a site for those who answer them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import Site, User
from annotations.choices import AppealKind, AppealState, Layer, TaskKind
from annotations.models import Annotation, GoldItem, ReviewAppeal
from annotations.selectors.measured import answers_of
from annotations.selectors.scorecards import READS_OTHERS
from core.actors import Actor
from core.errors import NotFound


def appeals_visible_to(actor: Actor) -> QuerySet[ReviewAppeal]:
    """Newest first, with who made and who answered them."""
    appeals = ReviewAppeal.objects.select_related("author", "answered_by").filter(site_id__in=actor.site_ids)
    return appeals if actor.roles & READS_OTHERS else appeals.filter(author_id=actor.user_id)


def appeal_visible_to(actor: Actor, key: UUID, *, is_locked: bool = False) -> ReviewAppeal:
    """
    Raises:
        NotFound: there is none among those visible.
    """
    appeals = appeals_visible_to(actor)
    appeal = (appeals.select_for_update(no_key=True, of=("self",)) if is_locked else appeals).filter(pk=key).first()
    if appeal is None:
        raise NotFound("There is no such appeal, or it is somebody else's.")
    return appeal


def told_gold_of(reviewer_id: int, *, site: Site, days: int, now: datetime) -> set[tuple[UUID, int | None]]:
    """Items and versions of their known answers that a reviewer has been told, and theirs was another."""
    reviewer = User.objects.get(pk=reviewer_id)
    told = answers_of(reviewer, TaskKind.GOLD, site=site, days=days, now=now).told
    return {(one.task, one.version) for one in told if not one.is_same}


def contested_author_of(appeal: ReviewAppeal) -> User | None:
    """Whose word an appeal contests; None where that counts no more. One query."""
    if appeal.kind == AppealKind.GOLD:
        gold = GoldItem.objects.filter(task=appeal.task_id).select_related("made_by").order_by("-number").first()
        return gold.made_by if gold else None
    ruling = (
        Annotation.objects.filter(task=appeal.task_id, number=F("task__annotation_number"), layer=Layer.ADJUDICATION)
        .select_related("author")
        .first()
    )
    return ruling.author if ruling else None


def appeal_of(appeal: ReviewAppeal) -> dict[str, Any]:
    """An appeal as JSON; its people must be loaded. One query more for one that is open."""
    contested = contested_author_of(appeal) if appeal.state == AppealState.OPEN else None
    return {
        "id": str(appeal.pk),
        "task": str(appeal.task_id),
        "kind": appeal.kind,
        "state": appeal.state,
        "author": appeal.author.username,
        "contests": contested.username if contested else None,
        "reason": appeal.reason,
        "made_at": appeal.made_at.isoformat(),
        "answered_by": appeal.answered_by.username if appeal.answered_by else None,
        "answer": appeal.answer,
        "answered_at": appeal.answered_at.isoformat() if appeal.answered_at else None,
    }
