"""Who sees which queues and tasks: those of their sites."""

from uuid import UUID

from django.db.models import QuerySet

from annotations.models import ReviewQueue, ReviewTask
from core.actors import Actor
from core.errors import NotFound


def queues_visible_to(actor: Actor) -> QuerySet[ReviewQueue]:
    queues = ReviewQueue.objects.order_by("-id")
    return queues if actor.is_system else queues.filter(site_id__in=actor.site_ids)


def tasks_visible_to(actor: Actor) -> QuerySet[ReviewTask]:
    tasks = ReviewTask.objects.order_by("-id")
    return tasks if actor.is_system else tasks.filter(site_id__in=actor.site_ids)


def queue_visible_to(actor: Actor, key: UUID) -> ReviewQueue:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    queue = queues_visible_to(actor).filter(pk=key).first()
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
    tasks = tasks_visible_to(actor)
    task = (tasks.select_for_update() if is_locked else tasks).filter(pk=key).first()
    if task is None:
        raise NotFound("There is no such task, or it belongs to another site.")
    return task
