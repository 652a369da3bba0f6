"""What people said about places of images, as whoever may see the site reads it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.choices import CommentKind, TaskState
from annotations.models import CommentThread, Mention, ReviewHold, ThreadComment
from annotations.selectors.access import READS_CHECKS
from core.actors import Actor
from core.errors import NotFound
from inspection import selectors as inspection

NO_COMMENTS = "There are no such comments, or they belong to another site."
TAKEN_BACK_FOR = timedelta(minutes=10)
"""So long its author may take a comment back."""


def threads_visible_to(actor: Actor) -> QuerySet[CommentThread]:
    """Threads of the actor's sites, newest first.

    While reviewers are asked apart from one another about a task, what is said of it is for those alone who say it or
    are named in it: it would tell the others what one of them thinks. So it is with what is said of a check, which
    leads and auditors may read. While somebody holds a check, what was said of its original is not for them, nor what
    others say of theirs.
    """
    threads = CommentThread.objects.order_by("-id")
    if actor.is_system:
        return threads
    is_blind = Q(task__state=TaskState.OPEN, task__wants__gt=1)
    is_theirs = Exists(ThreadComment.objects.filter(thread=OuterRef("pk"), author=actor.user_id)) | Exists(
        Mention.objects.filter(thread=OuterRef("pk"), user=actor.user_id)
    )
    is_of_a_check = Q(task__asked__isnull=False)
    is_apart = is_blind if actor.roles & READS_CHECKS else is_blind | is_of_a_check
    asked = ReviewHold.objects.filter(reviewer=actor.user_id, ending="", task__asked__isnull=False)
    is_same = Q(task__original=OuterRef("task")) | Q(task__original=OuterRef("task__original"))
    is_asked_again = Exists(asked.filter(is_same).exclude(task=OuterRef("task")))
    may_see = (~is_apart | Q(task__isnull=True) | is_theirs) & ~is_asked_again
    return threads.filter(may_see, site_id__in=actor.site_ids)


def thread_visible_to(actor: Actor, key: UUID) -> CommentThread:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    thread = threads_visible_to(actor).filter(pk=key).first()
    if thread is None:
        raise NotFound(NO_COMMENTS)
    return thread


def threads_with(user_id: int | None, threads: QuerySet[CommentThread]) -> QuerySet[CommentThread]:
    """Of some threads those that somebody has spoken in, or is named in."""
    spoke = Exists(ThreadComment.objects.filter(thread=OuterRef("pk"), author=user_id))
    is_named = Exists(Mention.objects.filter(thread=OuterRef("pk"), user=user_id))
    return threads.filter(spoke | is_named)


def mentions_of(user_id: int | None) -> QuerySet[Mention]:
    """Where somebody is named, newest first."""
    return Mention.objects.filter(user=user_id).order_by("-id")


def unread_of(user_id: int | None, *, at_most: int) -> int:
    """How many mentions somebody has not read, counted up to `at_most`. One query over an index."""
    return Mention.objects.filter(user=user_id, read_at__isnull=True).order_by()[:at_most].count()


def threads_of(keys: Sequence[UUID], *, actor: Actor) -> list[dict[str, Any]]:
    """Threads with all that was said in them, in the order of `keys`. Five queries, however many."""
    rows = CommentThread.objects.select_related("author", "image__wafer__lot", "task").in_bulk(keys)
    comments: dict[UUID, list[ThreadComment]] = defaultdict(list)
    for row in ThreadComment.objects.filter(thread__in=keys).select_related("author").order_by("thread", "number"):
        comments[row.thread_id].append(row)
    named: dict[UUID, list[Mention]] = defaultdict(list)
    for mention in Mention.objects.filter(thread__in=keys).select_related("user").order_by("user__username"):
        named[mention.comment_id].append(mention)
    runs = inspection.newest_runs_with({row.image_id for row in rows.values()})
    return [
        _thread_of(rows[key], comments=comments[key], named=named, run=runs.get(rows[key].image_id), actor=actor)
        for key in keys
        if key in rows
    ]


def _thread_of(
    thread: CommentThread,
    *,
    comments: list[ThreadComment],
    named: dict[UUID, list[Mention]],
    run: UUID | None,
    actor: Actor,
) -> dict[str, Any]:
    gone = {row.about for row in comments if row.kind == CommentKind.TAKEN_BACK}
    shown = [row for row in comments if row.kind != CommentKind.TAKEN_BACK]
    mine = [mention for row in comments for mention in named[row.pk] if mention.user_id == actor.user_id]
    run = thread.task.run_id if thread.task else run
    return {
        "id": str(thread.pk),
        "image": inspection.image_of(thread.image),
        "wafer": {"id": str(thread.wafer_id), "code": thread.image.wafer.code, "slot": thread.image.wafer.slot},
        "lot": {"id": thread.image.wafer.lot_id, "code": thread.image.wafer.lot.code},
        "run": str(run) if run else None,
        "task": str(thread.task_id) if thread.task_id else None,
        "place_px": [thread.x_px, thread.y_px, thread.width_px, thread.height_px],
        "state": thread.state,
        "revision": thread.revision,
        "author": thread.author.username,
        "started_at": thread.started_at.isoformat(),
        "is_unread": any(mention.read_at is None for mention in mine),
        "comments": [comment_of(row, is_gone=row.number in gone, named=named[row.pk]) for row in shown],
    }


def comment_of(row: ThreadComment, *, is_gone: bool, named: Sequence[Mention]) -> dict[str, Any]:
    """An entry; of a comment that was taken back no more than that it was. Its author must be loaded."""
    is_said = row.kind == CommentKind.SAID
    return {
        "id": str(row.pk),
        "number": row.number,
        "kind": CommentKind.TAKEN_BACK if is_gone else row.kind,
        "author": row.author.username,
        "text": "" if is_gone else row.text,
        "mentions": [] if is_gone else [mention.user.username for mention in named],
        "made_at": row.made_at.isoformat(),
        "until": (row.made_at + TAKEN_BACK_FOR).isoformat() if is_said and not is_gone else None,
    }
