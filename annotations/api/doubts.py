"""Label errors that are suspected: listed with what contradicts them, and put aside."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.api.tasks import card_of
from annotations.serializers import doubts as shapes
from annotations.serializers.documented import TaskOut
from annotations.serializers.trust import WindowQuery
from core.clock import now
from inspection import selectors as inspection


class DoubtsView(ApiView):
    @extend_schema(parameters=[WindowQuery], responses=shapes.DoubtsOut)
    def get(self, request: Request) -> HttpResponse:
        """Settled words that look-alikes and models contradict, the most doubtful first."""
        query = self.query(WindowQuery)
        site = inspection.site_of(self.actor, code=query.get("site"))
        return answer(selectors.doubts_of(site, days=query["days"], actor=self.actor, now=now()))


class DoubtDismissView(ApiView):
    @extend_schema(request=shapes.DoubtDismissIn, responses=TaskOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Say that what was settled is right. It is not doubted again until another word counts."""
        return self.once(lambda: self._dismiss(task_id))

    def _dismiss(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        values = self.body(shapes.DoubtDismissIn)
        task = services.dismiss_doubt(
            task_id=task_id,
            seen_revision=values["seen_revision"],
            reason=values.get("reason", ""),
            actor=self.actor,
            now=now(),
        )
        return answer(card_of(task, actor=self.actor))
