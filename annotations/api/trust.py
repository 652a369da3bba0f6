"""Whether what people and models say can be relied on: agreement between people, quality of models in use."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors
from annotations.serializers import trust as shapes
from core.clock import now
from inspection import selectors as inspection


class AgreementView(ApiView):
    @extend_schema(parameters=[shapes.WindowQuery], responses=shapes.AgreementOut)
    def get(self, request: Request) -> HttpResponse:
        """How far reviewers agree about what several of them decided without sight of each other."""
        query = self.query(shapes.WindowQuery)
        site = inspection.site_of(self.actor, code=query.get("site"))
        return answer(selectors.agreement_of(site, days=query["days"], now=now()))


class DifferencesView(ApiView):
    @extend_schema(parameters=[shapes.DifferencesQuery], responses=shapes.TasksOut)
    def get(self, request: Request) -> HttpResponse:
        """The newest tasks about which two reviewers said different things, blind."""
        query: dict[str, Any] = self.query(shapes.DifferencesQuery)
        site = inspection.site_of(self.actor, code=query.get("site"))
        keys = selectors.differing_tasks(
            site, first=query["first"], second=query["second"], days=query["days"], now=now()
        )
        return answer({"results": selectors.cards_of(keys, actor=self.actor)})


class QualityView(ApiView):
    @extend_schema(parameters=[shapes.QualityQuery], responses=shapes.QualityOut)
    def get(self, request: Request) -> HttpResponse:
        """How often the model is wrong: from the random audit, beside what reviewers happened to see."""
        query = self.query(shapes.QualityQuery)
        site = inspection.site_of(self.actor, code=query.get("site"))
        found = selectors.quality_of(
            site, days=query["days"], now=now(), tool=query.get("tool"), version=query.get("version")
        )
        return answer(found)
