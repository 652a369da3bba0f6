"""Appeals: a reviewer contests what their word is measured by, a lead answers, both say why."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Site
from annotations.choices import LOCKED, AppealKind, AppealState, Layer, TaskKind
from annotations.errors import AlreadyAppealed, NothingToAppeal
from annotations.models import Annotation, ReviewAppeal, ReviewTask
from annotations.selectors import appeal_visible_to, contested_author_of, task_visible_to, told_gold_of
from annotations.services.gold import newest_gold, retire_gold
from annotations.services.handing import reviewer_of
from annotations.services.settling import opinions_of
from annotations.services.stages import reopen
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.ids import uuid7
from core.rows import insert_row

LOOKED_BACK = timedelta(days=90)
_ACTIONS = {
    AppealState.UPHELD: Action.APPEAL_UPHELD,
    AppealState.OVERTURNED: Action.APPEAL_OVERTURNED,
    AppealState.WITHDRAWN: Action.APPEAL_WITHDRAWN,
}


@transaction.atomic
def make_appeal(*, task_id: UUID, kind: AppealKind, reason: str, actor: Actor, now: datetime) -> ReviewAppeal:
    """Contest a ruling over one's own opinion, or a known answer that one's own was held against.

    Raises:
        NotFound: no such task at the actor's sites.
        Invalid: without a reason.
        NothingToAppeal: there is no ruling or known answer, or nothing of the actor's that it was held against.
        AlreadyAppealed: the actor's last appeal about it is not answered yet.
    """
    _check_said(reason, "reason")
    task = task_visible_to(actor, task_id, is_locked=True)
    if kind == AppealKind.RULING:
        _check_ruled(task, actor)
    else:
        _check_told(task, actor, now=now)
    appeal = ReviewAppeal(id=uuid7(at=now), site_id=task.site_id, task=task, kind=kind, reason=reason, made_at=now)
    appeal.author_id = reviewer_of(actor)
    try:
        with transaction.atomic():
            insert_row(appeal)
    except IntegrityError as clash:
        raise AlreadyAppealed("You have contested this already; it waits for a lead.") from clash
    _record(Action.APPEAL_MADE, appeal, actor=actor, now=now, reason=reason)
    return appeal


@transaction.atomic
def answer_appeal(*, appeal_id: UUID, outcome: AppealState, answer: str, actor: Actor, now: datetime) -> ReviewAppeal:
    """Say that what is contested stands (`UPHELD`), or that the reviewer is right (`OVERTURNED`): then the task is
    opened again, or the known answer is used no more.

    Raises:
        NotFound: no such appeal at the actor's sites.
        Invalid: without an answer.
        Conflict: it has been answered, or taken back.
        Forbidden: it is the actor's own appeal, or what it contests is their own word and they want it to stand.
    """
    _check_said(answer, "answer")
    # The task first, as everybody who says something of one does.
    contested = appeal_visible_to(actor, appeal_id).task_id
    task_visible_to(actor, contested, is_locked_with_linked=True)
    appeal = appeal_visible_to(actor, appeal_id, is_locked=True)
    _check_open(appeal)
    if appeal.author_id == reviewer_of(actor):
        raise Forbidden("This is your own appeal; somebody else has to answer it.")
    if outcome == AppealState.UPHELD and _is_of(appeal, actor):
        raise Forbidden("This contests your own word. You can overturn it; that it stands somebody else has to say.")
    if outcome == AppealState.OVERTURNED:
        _overturn(appeal, reason=f"Appeal: {answer}"[:300], actor=actor, now=now)
    return _close(appeal, outcome, answer=answer, actor=actor, now=now)


@transaction.atomic
def withdraw_appeal(*, appeal_id: UUID, actor: Actor, now: datetime) -> ReviewAppeal:
    """Take one's own appeal back.

    Raises:
        NotFound: no such appeal of the actor's.
        Conflict: it has been answered, or taken back.
    """
    appeal = appeal_visible_to(actor, appeal_id, is_locked=True)
    if appeal.author_id != reviewer_of(actor):
        raise NotFound("There is no such appeal, or it is somebody else's.")
    _check_open(appeal)
    return _close(appeal, AppealState.WITHDRAWN, answer="", actor=actor, now=now)


def _check_said(text: str, field: str) -> None:
    if not text.strip():
        raise Invalid.of({field: ["Say why; it stays with the record."]})


def _check_open(appeal: ReviewAppeal) -> None:
    if appeal.state != AppealState.OPEN:
        raise Conflict(f"This appeal is {appeal.state} already.", state=appeal.state)


def _ruling_of(task: ReviewTask) -> Annotation | None:
    """The lead's word that counts."""
    return Annotation.objects.filter(task=task, number=task.annotation_number, layer=Layer.ADJUDICATION).first()


def _check_ruled(task: ReviewTask, actor: Actor) -> None:
    own = {said.author_id for said in opinions_of(task)}
    if _ruling_of(task) is None or reviewer_of(actor) not in own:
        raise NothingToAppeal("No ruling over an opinion of yours counts here.")


def _check_told(task: ReviewTask, actor: Actor, *, now: datetime) -> None:
    """Whether it is a known answer nobody is told: the same refusal as for a task that is none."""
    site = Site.objects.get(pk=task.site_id)
    told = told_gold_of(reviewer_of(actor), site=site, days=LOOKED_BACK.days, now=now)
    gold = newest_gold(task)
    # Of an answer that is used no more nothing is left to change.
    is_used = gold is not None and gold.retired_at is None and (task.pk, gold.number) in told
    if task.kind != TaskKind.DETECTION or not is_used:
        raise NothingToAppeal("There is no known answer here that you may contest.")


def _is_of(appeal: ReviewAppeal, actor: Actor) -> bool:
    """Whether it contests the actor's own word."""
    contested = contested_author_of(appeal)
    return contested is not None and contested.pk == reviewer_of(actor)


def _overturn(appeal: ReviewAppeal, *, reason: str, actor: Actor, now: datetime) -> None:
    if appeal.kind == AppealKind.GOLD:
        retire_gold(task_id=appeal.task_id, reason=reason, actor=actor, now=now)
        return
    task = task_visible_to(actor, appeal.task_id, is_locked=True)
    # It may have been opened again meanwhile; then nothing is left to overturn.
    if task.state in LOCKED and _ruling_of(task) is not None:
        reopen(task_id=task.pk, reason=reason, seen_revision=task.revision, actor=actor, now=now)


def _close(appeal: ReviewAppeal, state: AppealState, *, answer: str, actor: Actor, now: datetime) -> ReviewAppeal:
    appeal.state, appeal.answer, appeal.answered_at = state, answer, now
    appeal.answered_by_id = reviewer_of(actor)
    appeal.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    _record(_ACTIONS[state], appeal, actor=actor, now=now, reason=answer)
    return appeal


def _record(action: Action, appeal: ReviewAppeal, *, actor: Actor, now: datetime, reason: str) -> None:
    audit.record(
        action=action,
        object_type="review_appeal",
        object_id=appeal.pk,
        actor=actor,
        at=now,
        after={"task": str(appeal.task_id), "kind": appeal.kind, "state": appeal.state},
        reason=reason or None,
    )
