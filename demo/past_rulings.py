"""What a lead makes of what people said in the past of the demonstration fab: rulings, known answers, appeals."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from annotations import services as annotations
from annotations.choices import AppealKind, AppealState, Change, Layer, TaskKind, TaskState
from annotations.errors import NothingToAppeal
from annotations.models import Annotation, ReviewAppeal, ReviewTask
from core.actors import Actor
from demo.past import KNOWN, RECIPE, said_at, word_of


def rule(lead: Actor, *, keep_open: int, now: datetime) -> int:
    """Let the lead decide what is disputed, but for the newest, as what was drawn says; how many."""
    disputed = ReviewTask.objects.filter(state=TaskState.DISPUTED, run__recipe_version__recipe__code=RECIPE)
    tasks: Sequence[ReviewTask] = list(disputed.select_related("image", "defect_class").order_by("-pk"))[keep_open:]
    for task in tasks:
        at = min(now, said_at(task, now=now) + timedelta(days=2))
        word = word_of(task, who="mira", age=0.0)
        annotations.adjudicate(
            task_id=task.pk, word=word, reason="As the reference picture shows", seen_revision=task.revision,
            actor=lead, now=at,
        )  # fmt: skip
    return len(tasks)


def know(lead: Actor, *, now: datetime) -> int:
    """Let the lead take what was decided between people as known answers, a few of every kind; how many."""
    settled = ReviewTask.objects.filter(
        state=TaskState.VALIDATED, kind=TaskKind.DETECTION, run__recipe_version__recipe__code=RECIPE
    )
    tasks = list(settled.order_by("pk")[:KNOWN])
    for task in tasks:
        annotations.make_gold(task_id=task.pk, seen_revision=task.revision, actor=lead, now=now)
    return len(tasks)


def contest(people: dict[str, Actor], *, now: datetime) -> int:
    """Let some reviewers contest rulings against them, of which the lead admits one to be wrong; how many."""
    made = [_contest(people[who], now=now) for who in ("reviewer", "reviewer2", "mira")]
    appeals = [appeal for appeal in made if appeal is not None]
    for appeal in appeals[-1:]:
        annotations.answer_appeal(
            appeal_id=appeal.pk,
            outcome=AppealState.OVERTURNED,
            answer="I see it now, too",
            actor=people["lead"],
            now=now,
        )
    return len(appeals)


def _contest(reviewer: Actor, *, now: datetime) -> ReviewAppeal | None:
    """Contest the newest ruling over a word of theirs that named another class than the model, if there is one.

    Who has contested something already is done: this past may be told in several goes.
    """
    if ReviewAppeal.objects.filter(author=reviewer.user_id).exists():
        return None
    said = Annotation.objects.filter(author=reviewer.user_id, change=Change.RECLASSED, layer=Layer.OPINION)
    ruled = said.filter(task__state=TaskState.VALIDATED, task__wants__gt=1).order_by("-pk").values_list("task_id")
    for (task_id,) in ruled[:20]:
        with contextlib.suppress(NothingToAppeal):
            return annotations.make_appeal(
                task_id=task_id,
                kind=AppealKind.RULING,
                reason="The reference picture shows otherwise",
                actor=reviewer,
                now=now,
            )
    return None
