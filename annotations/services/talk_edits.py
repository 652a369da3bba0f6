"""Comments by way of the journal: laid down in the browser, carried out once however often they arrive."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations.choices import TalkKind, ThreadState
from annotations.models import CommentThread
from annotations.selectors import threads_of
from annotations.services.edits import take_edit
from annotations.services.talk import reply, settle_thread, start_thread, take_back_comment
from core.actors import Actor


def take_talk(
    *, client: UUID, edit: Mapping[str, Any], content: Mapping[str, Any], actor: Actor, now: datetime
) -> dict[str, Any]:
    """`take_edit` for what is said about images: its answer has the thread as it is when it is given.

    Raises:
        Unavailable: as `take_edit`.
    """
    return take_edit(client=client, edit=edit, content=content, actor=actor, now=now, carry_out=_carry_out)


def _carry_out(edit: Mapping[str, Any], *, client: UUID, actor: Actor, now: datetime) -> dict[str, Any]:
    thread = _changed(edit, actor=actor, now=now)
    (card,) = threads_of([thread.pk], actor=actor)
    return {"thread": card}


def _changed(edit: Mapping[str, Any], *, actor: Actor, now: datetime) -> CommentThread:
    match TalkKind(edit["kind"]):
        case TalkKind.START:
            return start_thread(
                thread_id=edit["thread"],
                comment_id=edit["comment"],
                image_id=edit["image"],
                task_id=edit.get("task"),
                place_px=tuple(edit["place_px"]),
                text=edit["text"],
                actor=actor,
                now=now,
            )
        case TalkKind.REPLY:
            return reply(thread_id=edit["thread"], comment_id=edit["comment"], text=edit["text"], actor=actor, now=now)
        case TalkKind.TAKE_BACK:
            return take_back_comment(comment_id=edit["comment"], actor=actor, now=now)
        case TalkKind.RESOLVE:
            state = ThreadState.RESOLVED
        case TalkKind.REOPEN:
            state = ThreadState.OPEN
    return settle_thread(thread_id=edit["thread"], state=state, actor=actor, now=now)
