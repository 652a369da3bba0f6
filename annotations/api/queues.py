"""Queues: listed, made, changed, and asked for the next task."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.models import ReviewQueue
from annotations.serializers import documented
from annotations.serializers.inputs import NextIn, QueueChangeIn, QueueIn, QueuesQuery, settings_of
from core.clock import now
from core.schema import page_of
from inspection import selectors as inspection


class QueuesView(ApiView):
    @extend_schema(parameters=[QueuesQuery], responses=page_of(documented.ReviewQueueOut))
    def get(self, request: Request) -> HttpResponse:
        """Queues, newest first."""
        query = self.query(QueuesQuery)
        rows = selectors.queues_visible_to(self.actor).filter(is_archived=query["archived"])
        rows = selectors.with_figures(rows, user_id=self.actor.user_id, now=now())
        return self.page(rows, query=query, show=selectors.listed_queue_of)

    @extend_schema(request=QueueIn, responses={200: documented.ReviewQueueOut, 201: documented.ReviewQueueOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a queue. 200 gives the one that has this code already, unchanged."""
        return self.once(self._make)

    def _make(self) -> HttpResponse:
        values = settings_of(self.body(QueueIn))
        site = inspection.site_of(self.actor, code=values.pop("site", None))
        queue, is_new = services.create_queue(site=site, actor=self.actor, now=now(), **values)
        return answer(self._shown(queue), status=201 if is_new else 200)

    def _shown(self, queue: ReviewQueue) -> dict[str, object]:
        return selectors.queue_of(queue, user_id=self.actor.user_id, now=now())


class QueueChangeView(ApiView):
    @extend_schema(request=QueueChangeIn, responses=documented.ReviewQueueOut)
    def post(self, request: Request, queue_id: UUID) -> HttpResponse:
        """Change a queue. 409 where somebody else changed it after it was looked at."""
        return self.once(lambda: self._change(queue_id))

    def _change(self, queue_id: UUID) -> HttpResponse:
        selectors.queue_visible_to(self.actor, queue_id)
        values = settings_of(self.body(QueueChangeIn))
        queue = services.change_queue(queue_id=queue_id, actor=self.actor, now=now(), **values)
        return answer(selectors.queue_of(queue, user_id=self.actor.user_id, now=now()))


class NextView(ApiView):
    @extend_schema(request=NextIn, responses=documented.NextOut)
    def post(self, request: Request, queue_id: UUID) -> HttpResponse:
        """What I hold of a queue, and new tasks up to `count`. Asking again gives the same and holds it for longer."""
        asked = self.body(NextIn)
        queue, keys = services.next_tasks(
            queue_id=queue_id,
            count=asked["count"],
            is_by_saving=asked["first"] == "saving",
            actor=self.actor,
            now=now(),
        )
        waiting = selectors.waiting_in(queue, user_id=self.actor.user_id)
        return answer({"tasks": selectors.cards_of(keys, actor=self.actor), **waiting})
