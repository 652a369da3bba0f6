"""Comments pinned to a place of an image. Every entry is only added; what is sent twice is said once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.choices import CommentKind, ThreadState
from annotations.errors import IdTaken, NotYours, TooLate
from annotations.models import CommentThread, Mention, ThreadComment
from annotations.selectors import NO_COMMENTS, TAKEN_BACK_FOR, task_visible_to, thread_visible_to
from annotations.services.handing import reviewer_of
from annotations.services.talk_entries import add_entry, say
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.ids import uuid7
from core.rows import insert_row
from inspection import selectors as inspection
from inspection.models import InspectionImage

Place = tuple[float, float, float, float]
"""Left, top, width, height, in pixels of the image; without width and height a point."""


@transaction.atomic
def start_thread(
    *,
    thread_id: UUID,
    comment_id: UUID,
    image_id: UUID,
    place_px: Place,
    text: str,
    actor: Actor,
    now: datetime,
    task_id: UUID | None = None,
) -> CommentThread:
    """Say something about a place of an image. The same ids again give what they gave before.

    Args:
        thread_id, comment_id: made by whoever speaks, so that what was said without a line is said once.
        task_id: what it is said of, where it is of a task of that image.

    Raises:
        NotFound: no such image or task at the actor's sites.
        Invalid: nothing is said, or the place is not on the image.
        MentionRefused: somebody is named who cannot see the image.
        IdTaken: the id stands for something else.
    """
    author_id = reviewer_of(actor)
    image: InspectionImage = inspection.one(inspection.images_visible_to(actor), image_id, what="image")
    known = CommentThread.objects.filter(pk=thread_id).first()
    if known is not None:
        return _same_thread(known, comment_id, image=image, author_id=author_id)
    if task_id is not None and task_visible_to(actor, task_id).image_id != image.pk:
        raise Invalid.of({"task": ["It is not about this image."]})
    x_px, y_px, width_px, height_px = checked_place(place_px, image=image)
    thread = CommentThread(
        id=thread_id,
        site_id=image.site_id,
        image=image,
        wafer_id=image.wafer_id,
        task_id=task_id,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        author_id=author_id,
        started_at=now,
    )
    try:
        with transaction.atomic():
            insert_row(thread)
    except IntegrityError:
        # The same came twice at once; the other has been said.
        known = CommentThread.objects.get(pk=thread_id)
        return _same_thread(known, comment_id, image=image, author_id=author_id)
    audit.record(
        action=Action.THREAD_STARTED,
        object_type="comment_thread",
        object_id=thread.pk,
        actor=actor,
        at=now,
        after={"image": image.pk, "task": task_id, "place_px": [x_px, y_px, width_px, height_px]},
    )
    say(thread, comment_id, text, actor=actor, now=now)
    return thread


@transaction.atomic
def reply(*, thread_id: UUID, comment_id: UUID, text: str, actor: Actor, now: datetime) -> CommentThread:
    """Answer in a thread. A thread that is resolved stays so; the same id again says nothing twice.

    Raises:
        NotFound: no such thread that the actor may see.
        Invalid, MentionRefused, IdTaken: as `start_thread`.
        ThreadFull: it has as many entries as fit.
    """
    thread = _locked(thread_id, actor)
    known = ThreadComment.objects.filter(pk=comment_id).first()
    if known is None:
        say(thread, comment_id, text, actor=actor, now=now)
    elif (known.thread_id, known.author_id) != (thread.pk, reviewer_of(actor)):
        raise IdTaken("This id stands for another comment.")
    return thread


@transaction.atomic
def take_back_comment(*, comment_id: UUID, actor: Actor, now: datetime) -> CommentThread:
    """Take back a comment of one's own, within ten minutes. It shows as taken back; the trail keeps what was said.

    Raises:
        NotFound: no such comment that the actor may see.
        NotYours: somebody else said it.
        TooLate: it was said too long ago.
    """
    comment = ThreadComment.objects.filter(pk=comment_id, kind=CommentKind.SAID).first()
    if comment is None:
        raise NotFound(NO_COMMENTS)
    thread = _locked(comment.thread_id, actor)
    if comment.author_id != reviewer_of(actor):
        raise NotYours("Only who said it takes a comment back.")
    if ThreadComment.objects.filter(thread=thread, about=comment.number).exists():
        return thread
    if now - comment.made_at > TAKEN_BACK_FOR:
        raise TooLate(f"A comment can be taken back for {TAKEN_BACK_FOR.seconds // 60} minutes. Say what is right now.")
    Mention.objects.filter(comment=comment, read_at__isnull=True).update(read_at=now)
    add_entry(thread, uuid7(at=now), CommentKind.TAKEN_BACK, actor=actor, now=now, about=comment.number)
    return thread


@transaction.atomic
def settle_thread(*, thread_id: UUID, state: ThreadState, actor: Actor, now: datetime) -> CommentThread:
    """Resolve a thread, or open it again. One that is so already stays as it is: two people at once resolve it once.

    Raises:
        NotFound: no such thread that the actor may see.
        ThreadFull: it is to be opened again, and has as many entries as fit.
    """
    thread = _locked(thread_id, actor)
    if thread.state != state:
        thread.state = state
        kind = CommentKind.RESOLVED if state == ThreadState.RESOLVED else CommentKind.REOPENED
        add_entry(thread, uuid7(at=now), kind, actor=actor, now=now)
    return thread


@transaction.atomic
def read_mentions(*, actor: Actor, now: datetime, thread_id: UUID | None = None) -> int:
    """Note that the actor has read where they are named: in one thread, or everywhere.

    Returns:
        How many were not read before.
    """
    unread = Mention.objects.filter(user=reviewer_of(actor), read_at__isnull=True)
    if thread_id is not None:
        unread = unread.filter(thread=thread_id)
    count = unread.update(read_at=now)
    if count:
        audit.record(
            action=Action.MENTIONS_READ,
            object_type="account",
            object_id=reviewer_of(actor),
            actor=actor,
            at=now,
            after={"count": count, "thread": thread_id},
        )
    return count


def checked_place(place_px: Sequence[float], *, image: InspectionImage) -> Place:
    """
    Raises:
        Invalid: a place that is not on the image.
    """
    x_px, y_px, width_px, height_px = place_px
    if min(place_px) < 0 or x_px + width_px > image.width_px + 0.01 or y_px + height_px > image.height_px + 0.01:
        raise Invalid.of({"place_px": [f"A place within {image.width_px} x {image.height_px} pixels."]})
    return x_px, y_px, width_px, height_px


def _locked(thread_id: UUID, actor: Actor) -> CommentThread:
    thread_visible_to(actor, thread_id)
    return CommentThread.objects.select_for_update(no_key=True).get(pk=thread_id)


def _same_thread(known: CommentThread, comment_id: UUID, *, image: InspectionImage, author_id: int) -> CommentThread:
    said = ThreadComment.objects.filter(pk=comment_id, thread=known, author=author_id, number=1)
    if known.image_id != image.pk or not said.exists():
        raise IdTaken("This id stands for other comments.")
    return known
