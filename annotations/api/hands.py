"""What is in whose hands, and putting it into others."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.api.tasks import card_of
from annotations.serializers import documented
from annotations.serializers.inputs import HandOverIn
from core.clock import now


class HandsView(ApiView):
    @extend_schema(responses=documented.HandsOut)
    def get(self, request: Request, queue_id: UUID) -> HttpResponse:
        """Up to 200 tasks of a queue that others hold, longest first, and who reviews at its site."""
        return answer(selectors.hands_of(selectors.queue_visible_to(self.actor, queue_id), actor=self.actor))


class HandOverView(ApiView):
    @extend_schema(request=HandOverIn, responses=documented.TaskOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Take a task out of somebody's hands: for another reviewer, or for whoever asks the queue next."""
        return self.once(lambda: self._hand_over(task_id))

    def _hand_over(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        values = self.body(HandOverIn)
        task, _ = services.hand_over(
            task_id=task_id,
            holder=values["holder"],
            to=values.get("to"),
            reason=values.get("reason", ""),
            actor=self.actor,
            now=now(),
        )
        return answer(card_of(task, actor=self.actor))
