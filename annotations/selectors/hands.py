"""What of a queue is in whose hands, for whoever may put it into others."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from annotations.models import ReviewHold, ReviewQueue
from core.actors import Actor
from core.roles import Role
from inspection import selectors as inspection

MOST_HANDS = 200
MOST_REVIEWERS = 200


def reviewers_of(site_id: int) -> QuerySet[User]:
    """Who may decide at a site, by name."""
    roles = [Role.REVIEWER.value, Role.LEAD.value]
    return User.objects.filter(is_active=True, sites=site_id, groups__name__in=roles).order_by("username").distinct()


def hands_of(queue: ReviewQueue, *, actor: Actor) -> dict[str, Any]:
    """What others than the actor hold of a queue, longest first, and who else could have it. Two queries.

    What is asked to check a reviewer is left out: it is theirs alone. Leads review too, so they find none of their own
    here: what is missing would be a check.
    """
    held = ReviewHold.objects.filter(queue=queue, ending="", task__original=None).exclude(reviewer=actor.user_id)
    rows = list(held.select_related("reviewer", "task").order_by("taken_at", "id")[: MOST_HANDS + 1])
    classes = inspection.classes_by_id()
    return {
        "hands": [
            {
                "task": str(hold.task_id),
                "reviewer": hold.reviewer.username,
                "class_code": hold.task.defect_class_id and classes[hold.task.defect_class_id].code,
                "severity": hold.task.severity,
                "since": hold.taken_at.isoformat(),
                "until": hold.held_until.isoformat(),
            }
            for hold in rows[:MOST_HANDS]
        ],
        "is_more": len(rows) > MOST_HANDS,
        "reviewers": list(reviewers_of(queue.site_id).values_list("username", flat=True)[:MOST_REVIEWERS]),
    }
