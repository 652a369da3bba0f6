"""The journal of edits: each is carried out once, however often it arrives, and its outcome is kept."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.choices import EditKind, Ending, Verdict
from annotations.errors import SequenceReused
from annotations.models import ReviewEdit, ReviewTask
from annotations.selectors import heads_of, task_visible_to
from annotations.services.bulk import Meant, decide_all, take_all_back
from annotations.services.deciding import add_missed, decide, keep_draft, take_back
from annotations.services.handing import give_back, reviewer_of
from annotations.services.joining import Part, merge, split
from annotations.services.outcomes import packed, refused, unpacked
from annotations.services.words import Word
from core.actors import Actor
from core.errors import Unavailable, WaferdeckError
from core.ids import uuid7
from core.questions import Question, where
from core.rows import insert_row
from inspection import services as inspection

_EDIT = Question(
    lambda: where(
        ReviewEdit.objects.order_by(), "author_id = %s AND client = %s AND seq = %s", *("author", "client", "seq")
    )
)


CarryOut = Callable[..., dict[str, Any]]
"""Carries out an edit of `client` as `actor` at `now`; gives what its answer says of what was changed."""


def take_edit(
    *,
    client: UUID,
    edit: Mapping[str, Any],
    content: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    carry_out: CarryOut | None = None,
) -> dict[str, Any]:
    """Carry out one edit, unless it was before: then say what came of it.

    Args:
        client: who numbers the edits: a browser, not an account.
        edit: checked: `seq`, `kind`, `task` and what the kind takes.
        content: the same as it arrived, as JSON.
        carry_out: for edits that are not about tasks.

    Returns:
        `{"seq", "state": "done", "task"}`, of an edit about many tasks with `results` in the place of `task`, or
        `{"seq", "state": "refused", "problem"}` where it cannot be carried out.

    Raises:
        Unavailable: a part that is needed is away; nothing was done, and the same edit may come again.
    """
    reviewer_id = reviewer_of(actor)
    seq = edit["seq"]
    known = _known(client, seq, reviewer_id=reviewer_id)
    if known is None:
        try:
            return _take(
                client, edit, content, carry_out=carry_out or _came_of, actor=actor, reviewer_id=reviewer_id, now=now
            )
        except IntegrityError:
            # The same edit came twice at once; the other has been carried out.
            known = _known(client, seq, reviewer_id=reviewer_id)
            if known is None:
                raise
    if known.content != content:
        return refused(SequenceReused(f"Number {seq} of this client stands for another edit already."), seq=seq)
    return unpacked(known.outcome, actor=actor)


def _known(client: UUID, seq: int, *, reviewer_id: int) -> ReviewEdit | None:
    return _EDIT.first(author=reviewer_id, client=client, seq=seq)


@transaction.atomic
def _take(
    client: UUID,
    edit: Mapping[str, Any],
    content: Mapping[str, Any],
    *,
    carry_out: CarryOut,
    actor: Actor,
    reviewer_id: int,
    now: datetime,
) -> dict[str, Any]:
    try:
        with transaction.atomic():
            outcome = {"seq": edit["seq"], "state": "done", **carry_out(edit, client=client, actor=actor, now=now)}
    except Unavailable:
        raise
    except WaferdeckError as refusal:
        outcome = refused(refusal, seq=edit["seq"])
    insert_row(
        ReviewEdit(
            id=uuid7(at=now),
            client=client,
            seq=edit["seq"],
            author_id=reviewer_id,
            kind=edit["kind"],
            content=content,
            outcome=packed(outcome),
            taken_at=now,
        )
    )
    return outcome


def _came_of(edit: Mapping[str, Any], *, client: UUID, actor: Actor, now: datetime) -> dict[str, Any]:
    """What an edit has made: of one task its head, of many what came of each."""
    kind = EditKind(edit["kind"])
    if kind == EditKind.BULK:
        meant = [Meant(one["task"], one["seen_revision"], one.get("detection")) for one in edit["tasks"]]
        word = _word(edit)
        return {"results": decide_all(wafer_id=edit["wafer"], meant=meant, word=word, actor=actor, now=now)}
    if kind == EditKind.UNDO_BULK:
        return {"results": take_all_back(client=client, of=edit["of"], actor=actor, now=now)}
    task = _carry_out(edit, actor=actor, now=now)
    return {"task": heads_of([task])[task.pk]}


def _carry_out(edit: Mapping[str, Any], *, actor: Actor, now: datetime) -> ReviewTask:
    task_id: UUID = edit["task"]
    match EditKind(edit["kind"]):
        case EditKind.DECIDE:
            return decide(task_id=task_id, word=_word(edit), seen_revision=edit["seen_revision"], actor=actor, now=now)
        case EditKind.UNDO:
            return take_back(task_id=task_id, actor=actor, now=now)
        case EditKind.DRAFT:
            draft = {name: edit[name] for name in ("bbox_px", "shape", "class_code", "comment") if name in edit}
            return keep_draft(task_id=task_id, draft=draft, actor=actor)
        case EditKind.MISSED:
            return add_missed(beside=task_id, new_task=edit["new_task"], word=_word(edit), actor=actor, now=now)
        case EditKind.SPLIT:
            parts = [Part(one["new_task"], _word(one)) for one in edit["parts"]]
            seen = edit["seen_revision"]
            return split(task_id=task_id, word=_word(edit), parts=parts, seen_revision=seen, actor=actor, now=now)
        case EditKind.MERGE:
            others, seen = edit["detections"], edit["seen_revision"]
            return merge(task_id=task_id, detections=others, word=_word(edit), seen_revision=seen, actor=actor, now=now)
        case EditKind.HOLD:
            task = task_visible_to(actor, task_id)
            inspection.hold_wafer(wafer_id=task.wafer_id, reason=edit["reason"], actor=actor, now=now)
            return task
        case EditKind.SKIP:
            ending = Ending.SKIPPED
        case EditKind.RELEASE:
            ending = Ending.RELEASED
    return give_back(task_id=task_id, ending=ending, reason=edit.get("reason", ""), actor=actor, now=now)


def _word(edit: Mapping[str, Any]) -> Word:
    box = edit.get("bbox_px")
    return Word(
        verdict=Verdict(edit.get("verdict", Verdict.DEFECT)),
        class_code=edit.get("class_code"),
        bbox_px=tuple(box) if box else None,
        shape=edit.get("shape"),
        comment=edit.get("comment", ""),
        took_ms=edit.get("took_ms"),
    )
