"""Deployments, and who judged when."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.clock import now
from core.errors import NotFound
from core.schema import page_of
from models_admin import selectors
from models_admin.selectors import history, timeline
from models_admin.serializers import history as shapes


class DeploymentsView(ApiView):
    @extend_schema(parameters=[shapes.DeploymentsQuery], responses=page_of(shapes.DeploymentOut))
    def get(self, request: Request) -> HttpResponse:
        """Deployments, newest first, with what they hold and since when."""
        query = self.query(shapes.DeploymentsQuery)
        rows = narrowed(selectors.deployments(), query, {"model": "version__model__name", "state": "state"})
        rows = history.deployments_between(rows, query.get("since"), query.get("until"))
        return self.page_described(rows, query=query, describe=timeline.described_deployments)


class DeploymentView(ApiView):
    @extend_schema(responses=shapes.DeploymentDetailOut)
    def get(self, request: Request, deployment_id: int) -> HttpResponse:
        """One deployment with every place it held and every step it took."""
        row = selectors.deployments().filter(pk=deployment_id).first()
        if row is None:
            raise NotFound("There is no such deployment.")
        return answer(timeline.described_deployment(row))


class JudgingView(ApiView):
    @extend_schema(parameters=[shapes.JudgingQuery], responses=shapes.HolderOut)
    def get(self, request: Request) -> HttpResponse:
        """Who was to judge the images of a recipe, tool and product at a time: the champion of the narrowest route."""
        query = self.query(shapes.JudgingQuery)
        codes = {f"{part}_code": query.get(part, "") for part in ("recipe", "tool", "product")}
        found = history.who_judged(model_name=query["model"], at=query.get("at") or now(), **codes)
        if found is None:
            raise NotFound("Nobody was to judge them then, as far as is known.")
        return answer(timeline.described_holder(found))


class TimelineView(ApiView):
    @extend_schema(parameters=[shapes.TimelineQuery], responses=shapes.TimelineOut)
    def get(self, request: Request) -> HttpResponse:
        """Who held each place of a route when. Two never hold one at once: the database refuses it."""
        query = self.query(shapes.TimelineQuery)
        return answer(
            timeline.described_timeline(
                model_name=query.get("model"), since=query.get("since"), until=query.get("until")
            )
        )
