"""Who sees which queues and tasks: those of their sites."""

from uuid import UUID

from django.db.models import QuerySet

from annotations.choices import TaskKind
from annotations.models import ReviewQueue, ReviewTask
from core.actors import Actor
from core.errors import NotFound
from core.questions import Question, where

_VISIBLE = "id = %s AND (%s OR site_id = ANY(%s))"
_NAMES = ("key", "is_everywhere", "sites")
_QUEUE = Question(lambda: where(ReviewQueue.objects.order_by(), _VISIBLE, *_NAMES))
_TASK = Question(lambda: where(ReviewTask.objects.order_by(), _VISIBLE, *_NAMES))
_LOCKED_TASK = Question(lambda: where(ReviewTask.objects.order_by().select_for_update(no_key=True), _VISIBLE, *_NAMES))


def queues_visible_to(actor: Actor) -> QuerySet[ReviewQueue]:
    queues = ReviewQueue.objects.order_by("-id")
    return queues if actor.is_system else queues.filter(site_id__in=actor.site_ids)


def tasks_visible_to(actor: Actor) -> QuerySet[ReviewTask]:
    """Defects and what may be one, newest first: neither checks of reviewers nor whole images."""
    tasks = ReviewTask.objects.filter(original=None).exclude(kind=TaskKind.IMAGE).order_by("-id")
    return tasks if actor.is_system else tasks.filter(site_id__in=actor.site_ids)


def queue_visible_to(actor: Actor, key: UUID) -> ReviewQueue:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    queue = _QUEUE.first(key=key, is_everywhere=actor.is_system, sites=list(actor.site_ids))
    if queue is None:
        raise NotFound("There is no such queue, or it belongs to another site.")
    return queue


def task_visible_to(actor: Actor, key: UUID, *, is_locked: bool = False) -> ReviewTask:
    """
    Args:
        is_locked: hold its row until the transaction ends.

    Raises:
        NotFound: as `queue_visible_to`.
    """
    question = _LOCKED_TASK if is_locked else _TASK
    task = question.first(key=key, is_everywhere=actor.is_system, sites=list(actor.site_ids))
    if task is None:
        raise NotFound("There is no such task, or it belongs to another site.")
    return task
