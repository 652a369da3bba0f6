"""Entries of a thread: put down, recorded and told, with whom they name."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.selectors import people_of
from annotations import events
from annotations.choices import CommentKind
from annotations.errors import IdTaken, MentionRefused, ThreadFull
from annotations.models import CommentThread, Mention, ThreadComment
from annotations.services.handing import reviewer_of
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from core.rows import insert_row
from inspection import events as inspection_events
from outbox import services as outbox

# An address, "a@b.c", names nobody.
_NAMED = re.compile(r"(?<![\w@.+-])@([\w.+-]*\w)")
MOST_NAMED = 10
MOST_ENTRIES = 100
"""Whoever opens a thread is sent all of it. Taking back and resolving are possible beyond."""
_ENDING = (CommentKind.TAKEN_BACK, CommentKind.RESOLVED)
_ACTIONS = {
    CommentKind.RESOLVED: Action.THREAD_RESOLVED,
    CommentKind.REOPENED: Action.THREAD_REOPENED,
    CommentKind.TAKEN_BACK: Action.COMMENT_TAKEN_BACK,
    CommentKind.SAID: Action.COMMENT_ADDED,
}


def names_in(text: str) -> list[str]:
    """Who is named in a comment, each once."""
    return list(dict.fromkeys(_NAMED.findall(text)))


def say(thread: CommentThread, comment_id: UUID, text: str, *, actor: Actor, now: datetime) -> None:
    """Put a comment down, and whom it names.

    Raises:
        Invalid: nothing is said, or too many are named.
        MentionRefused: somebody is named who cannot see the image.
        ThreadFull: it has as many entries as fit.
        IdTaken: the id stands for another comment.
    """
    if not text.strip():
        raise Invalid.of({"text": ["Say something."]})
    named = _named(text, thread=thread)
    comment = add_entry(thread, comment_id, CommentKind.SAID, actor=actor, now=now, text=text, named=named)
    for user in named:
        if user.pk != comment.author_id:
            insert_row(Mention(id=uuid7(at=now), user=user, comment=comment, thread=thread, made_at=now))


def _named(text: str, *, thread: CommentThread) -> list[User]:
    names = names_in(text)
    if len(names) > MOST_NAMED:
        raise Invalid.of({"text": [f"It names more than {MOST_NAMED} people."]})
    people = {user.username: user for user in people_of(thread.site_id).filter(username__in=names)} if names else {}
    unknown = [name for name in names if name not in people]
    if unknown:
        told = " and ".join(f"@{name}" for name in unknown)
        raise MentionRefused(
            f"Nobody who can see this image is called {told}. Name somebody else, or leave out the @.",
            fields={"text": [f"Nobody here is called {told}."]},
            names=unknown,
        )
    return [people[name] for name in names]


def add_entry(
    thread: CommentThread,
    comment_id: UUID,
    kind: CommentKind,
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    about: int | None = None,
    named: Sequence[User] = (),
) -> ThreadComment:
    """Put an entry down as the thread's newest; the thread must be locked, or new.

    Raises:
        ThreadFull: it has as many as fit.
        IdTaken: the id stands for another comment.
    """
    if thread.revision >= MOST_ENTRIES and kind not in _ENDING:
        raise ThreadFull(f"This thread has {MOST_ENTRIES} entries. Resolve it, and begin another at the same place.")
    thread.revision += 1
    comment = ThreadComment(
        id=comment_id,
        thread=thread,
        number=thread.revision,
        author_id=reviewer_of(actor),
        kind=kind,
        about=about,
        text=text,
        made_at=now,
    )
    try:
        with transaction.atomic():
            insert_row(comment)
    except IntegrityError as fault:
        raise IdTaken("This id stands for another comment.") from fault
    thread.save(update_fields=["revision", "state"])
    after: dict[str, Any] = {"number": comment.number}
    if text:
        after |= {"text": text, "mentions": [user.username for user in named]}
    if about is not None:
        after["about"] = about
    audit.record(
        action=_ACTIONS[kind],
        object_type="comment_thread",
        object_id=thread.pk,
        object_version=comment.number,
        actor=actor,
        at=now,
        after=after,
    )
    _announce(thread, kind=kind, named=[user.username for user in named], actor=actor, now=now)
    return comment


def _announce(thread: CommentThread, *, kind: CommentKind, named: Sequence[str], actor: Actor, now: datetime) -> None:
    """Tell open pages that something was said, not what: who may read it asks for it."""
    outbox.announce(
        type=events.THREAD_CHANGED,
        topics=[inspection_events.site_topic(thread.site_id)],
        payload={
            "thread": str(thread.pk),
            "image": str(thread.image_id),
            "wafer": str(thread.wafer_id),
            "task": str(thread.task_id) if thread.task_id else None,
            "kind": kind,
            "state": thread.state,
            "revision": thread.revision,
            "by": actor.username,
            "mentions": list(named),
        },
        now=now,
    )
