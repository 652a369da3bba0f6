"""Tasks: looked at, decided and given back, one by one or as a journal of edits."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.api.journal import ack_of, check_sender
from annotations.choices import Ending, Verdict
from annotations.models import ReviewTask
from annotations.serializers import documented
from annotations.serializers.edits import MOST_IN_BULK, SHAPE_OF_KIND, AnyEdit, EditsIn
from annotations.serializers.inputs import DecisionIn, ReleaseIn
from core.actors import Actor
from core.clock import now
from core.errors import Invalid


class TaskView(ApiView):
    @extend_schema(responses=documented.TaskOut)
    def get(self, request: Request, task_id: UUID) -> HttpResponse:
        """One task with everything people said of it."""
        return answer(card_of(selectors.task_visible_to(self.actor, task_id), actor=self.actor))


class DecisionsView(ApiView):
    @extend_schema(request=DecisionIn, responses={201: documented.TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Decide a task. 409 where somebody else did after it was looked at, with their word in `current`."""
        return self.once(lambda: self._decide(task_id))

    def _decide(self, task_id: UUID) -> HttpResponse:
        # Whose task it is comes first: what is wrong with a word about somebody else's is nobody's business.
        selectors.task_visible_to(self.actor, task_id)
        values = self.body(DecisionIn)
        task = services.decide(
            task_id=task_id,
            word=word_of(values),
            seen_revision=values["seen_revision"],
            actor=self.actor,
            now=now(),
        )
        return answer(card_of(task, actor=self.actor), status=201)


class UndoView(ApiView):
    @extend_schema(request=None, responses=documented.TaskOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Take back what I said last of a task; it is mine to decide again."""
        return self.once(
            lambda: answer(card_of(services.take_back(task_id=task_id, actor=self.actor, now=now()), actor=self.actor))
        )


class ReleaseView(ApiView):
    @extend_schema(request=ReleaseIn, responses=documented.TaskOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Give a task back: to whoever asks next, or, with `skip`, to anybody but me."""
        return self.once(lambda: self._release(task_id))

    def _release(self, task_id: UUID) -> HttpResponse:
        values = self.body(ReleaseIn)
        ending = Ending.SKIPPED if values["skip"] else Ending.RELEASED
        task = services.give_back(
            task_id=task_id, ending=ending, reason=values.get("reason", ""), actor=self.actor, now=now()
        )
        return answer(card_of(task, actor=self.actor))


class EditsView(ApiView):
    @extend_schema(request=EditsIn, responses=documented.AcksOut)
    def post(self, request: Request) -> HttpResponse:
        """Carry out edits in order, each once however often it comes. One that is refused does not stop the others."""
        sent = self.body(EditsIn)
        check_sender(request, sent, username=self.actor.username)
        many = sum(len(content["tasks"]) for content in sent["edits"] if isinstance(content.get("tasks"), list))
        if many > MOST_IN_BULK:
            raise Invalid(f"At most {MOST_IN_BULK} tasks are decided by one request.")
        take = partial(services.take_edit, actor=self.actor, now=now())
        of_one = partial(ack_of, client=sent["client"], shapes=SHAPE_OF_KIND, plain=AnyEdit, take=take)
        return answer({"acks": [of_one(content) for content in sent["edits"]]})


def word_of(values: Mapping[str, Any]) -> services.Word:
    """What a person says, of a checked body."""
    return services.Word(
        verdict=Verdict(values["verdict"]),
        class_code=values.get("class_code"),
        bbox_px=tuple(values["bbox_px"]) if "bbox_px" in values else None,
        shape=values.get("shape"),
        comment=values.get("comment", ""),
        took_ms=values.get("took_ms"),
    )


def card_of(task: ReviewTask, *, actor: Actor) -> dict[str, Any]:
    """A task as its reviewer sees it."""
    (card,) = selectors.cards_of([task.pk], actor=actor)
    return card
