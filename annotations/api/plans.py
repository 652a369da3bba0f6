"""How far a reviewer gets in the time they have."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors
from annotations.models import ReviewQueue
from annotations.serializers.plans import PlanOut, PlanQuery
from inspection import selectors as inspection


class PlanView(ApiView):
    @extend_schema(parameters=[PlanQuery], responses=PlanOut)
    def get(self, request: Request) -> HttpResponse:
        """What so many minutes of review save, and in which queue they save most; `next/` hands it out so."""
        query = self.query(PlanQuery)
        return answer(selectors.plan_of(self._queues(query), minutes=query["minutes"], actor=self.actor))

    def _queues(self, query: dict) -> list[ReviewQueue]:
        if "queue" in query:
            return [selectors.queue_visible_to(self.actor, query["queue"])]
        site = inspection.site_of(self.actor, code=query.get("site"))
        queues = selectors.queues_visible_to(self.actor).filter(site=site, is_archived=False)
        return list(queues[: selectors.MOST_QUEUES])
