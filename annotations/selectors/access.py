"""Who sees which queues and tasks: those of their sites, and of checks who is asked."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from annotations.choices import TaskKind
from annotations.models import Annotation, ReviewHold, ReviewQueue, ReviewTask
from core.actors import Actor
from core.errors import NotFound
from core.ids import derived_uuid7
from core.questions import Question, where
from core.roles import Role
from inspection.models import Detection

READS_CHECKS = frozenset({Role.LEAD, Role.AUDITOR})
_VISIBLE = "id = %s AND (%s OR site_id = ANY(%s))"
# What a check says of a reviewer is spoilt by anybody else's word, so others come to it once theirs is there.
_IS_THEIRS = "(%s OR asked_id IS NULL OR asked_id = %s OR %s"
_READ = f"{_VISIBLE} AND {_IS_THEIRS})"
_CHANGED = f"{_VISIBLE} AND {_IS_THEIRS} AND state <> 'open')"
_ITSELF_AND_LINKED = "id = ANY(ARRAY(SELECT %s::uuid UNION ALL SELECT task_id FROM annotation WHERE linked_to_id = %s))"
_NAMES = ("key", "is_everywhere", "sites")
_NAMES_OF_TASK = (*_NAMES, "is_everywhere", "actor", "reads_checks")
_QUEUE = Question(lambda: where(ReviewQueue.objects.order_by(), _VISIBLE, *_NAMES))
_TASK = Question(lambda: where(ReviewTask.objects.order_by(), _READ, *_NAMES_OF_TASK))
_LOCKED_TASK = Question(
    lambda: where(ReviewTask.objects.order_by().select_for_update(no_key=True), _CHANGED, *_NAMES_OF_TASK)
)
# Sorted before they are locked: the order of keys is the order of locks.
_LOCKED_WITH_LINKED = Question(
    lambda: where(
        ReviewTask.objects.order_by("id").select_for_update(no_key=True),
        _CHANGED.replace("id = %s", _ITSELF_AND_LINKED, 1),
        "key",
        *_NAMES_OF_TASK,
    )
)


IS_ASKED_AGAIN = """EXISTS (
    SELECT FROM review_hold held JOIN review_task asked ON asked.id = held.task_id
    WHERE held.reviewer_id = %s AND held.ending = '' AND asked.original_id = {task}.id
)"""
"""Whether somebody is just asked about a task once more, in a check: their own word of it is not for them either."""
IS_PART_OF_BLIND = f"""EXISTS (
    SELECT FROM annotation part JOIN review_task whole ON whole.id = part.linked_to_id
    WHERE part.task_id = review_task.id AND part.change = 'part' AND (
        whole.state = 'open' AND whole.wants > 1 AND part.author_id <> %s OR {IS_ASKED_AGAIN.format(task="whole")}
    )
)"""
"""Whether a task is a part, by somebody else's word, of one that somebody is asked about: it would answer for them."""


def task_key(detection_id: UUID) -> UUID:
    """The key of a detection's task, whether there is one yet or not."""
    return derived_uuid7(parent=detection_id, label="review")


def is_key_of_a_finding(key: UUID) -> bool:
    """Whether the task of a detection has this key, or will have it. Few detections share its time."""
    first, last = UUID(int=key.int >> 80 << 80), UUID(int=key.int | ((1 << 80) - 1))
    found = Detection.objects.filter(pk__gte=first, pk__lte=last).order_by().values_list("pk", flat=True)
    return any(task_key(detection_id) == key for detection_id in found)


def queues_visible_to(actor: Actor) -> QuerySet[ReviewQueue]:
    queues = ReviewQueue.objects.order_by("-id")
    return queues if actor.is_system else queues.filter(site_id__in=actor.site_ids)


def tasks_visible_to(actor: Actor) -> QuerySet[ReviewTask]:
    """Defects and what may be one, newest first: neither checks of reviewers nor whole images.

    What somebody else made a part of a task that waits for more opinions is left out until those are there; what the
    actor is just asked about once more, and its parts, until they have answered.
    """
    tasks = ReviewTask.objects.filter(original=None).exclude(kind=TaskKind.IMAGE).order_by("-id")
    if actor.is_system:
        return tasks
    is_hidden = f"{IS_ASKED_AGAIN.format(task='review_task')} OR kind = 'missed' AND {IS_PART_OF_BLIND}"
    return tasks.filter(site_id__in=actor.site_ids).extra(  # noqa: S610 - no value is in the text
        where=[f"NOT ({is_hidden})"], params=[actor.user_id] * 3
    )


def asked_again(actor: Actor, keys: Collection[UUID]) -> set[UUID]:
    """Of some tasks those that the actor is just asked about once more. One query."""
    held = ReviewHold.objects.filter(reviewer=actor.user_id, ending="", task__original__in=keys)
    return {key for key in held.order_by().values_list("task__original", flat=True) if key is not None}


def tasks_answered_by(actor: Actor) -> QuerySet[ReviewTask]:
    """What the actor may be asked about, in no order: checks of themselves are like any other."""
    tasks = ReviewTask.objects.exclude(kind=TaskKind.IMAGE).order_by()
    if actor.is_system:
        return tasks.filter(original=None)
    own = ReviewTask.objects.filter(asked=actor.user_id).order_by().values("pk")
    is_theirs = Q(original=None) | Q(asked=actor.user_id) | Q(original__in=own)
    return tasks.filter(is_theirs, site_id__in=actor.site_ids)


def queue_visible_to(actor: Actor, key: UUID) -> ReviewQueue:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    queue = _QUEUE.first(key=key, is_everywhere=actor.is_system, sites=list(actor.site_ids))
    if queue is None:
        raise NotFound("There is no such queue, or it belongs to another site.")
    return queue


def task_visible_to(
    actor: Actor, key: UUID, *, is_locked: bool = False, is_locked_with_linked: bool = False
) -> ReviewTask:
    """A task at the actor's sites. A check is for who is asked; leads and auditors read it too.

    Args:
        is_locked: to be changed; its row is held until the transaction ends. An open check is its reviewer's alone.
        is_locked_with_linked: and so may be what was ever made a part of it or merged into it. All are locked in the
            order of their keys, since whoever locks many locks them so.

    Raises:
        NotFound: as `queue_visible_to`.
    """
    question = _LOCKED_WITH_LINKED if is_locked_with_linked else _LOCKED_TASK if is_locked else _TASK
    found = question.all(
        key=key,
        is_everywhere=actor.is_system,
        sites=list(actor.site_ids),
        actor=actor.user_id,
        reads_checks=bool(actor.roles & READS_CHECKS),
    )
    task = next((one for one in found if one.pk == key), None)
    if task is None:
        raise NotFound("There is no such task, or it belongs to another site.")
    return task


def lock_with_linked(tasks: QuerySet[ReviewTask], keys: Sequence[UUID]) -> dict[UUID, ReviewTask]:
    """Those of some tasks that are named, by key; as `task_visible_to` they and what is linked to them are locked."""
    linked = Annotation.objects.filter(linked_to__in=keys).order_by().values_list("task_id", flat=True)
    rows = tasks.filter(pk__in={*keys, *linked}).order_by("pk")
    wanted = set(keys)
    return {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True) if row.pk in wanted}
