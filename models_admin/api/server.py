"""The inference server: what it holds, how it does, and what it was told."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.clock import now
from core.schema import page_of
from models_admin import selectors, services
from models_admin.serializers import serving as shapes


class ServerView(ApiView):
    @extend_schema(responses=shapes.ServerOut)
    def get(self, request: Request) -> HttpResponse:
        """What Triton holds and how it does; looked at once a second at most."""
        return answer(services.server_state(now=now(), visible_to=self.actor))


class ControlCallsView(ApiView):
    @extend_schema(parameters=[shapes.ControlCallsQuery], responses=page_of(shapes.ControlCallOut))
    def get(self, request: Request) -> HttpResponse:
        """What Triton was told to load and unload, newest first."""
        query = self.query(shapes.ControlCallsQuery)
        rows = narrowed(selectors.control_calls(), query, {"kind": "kind", "outcome": "outcome"})
        return self.page(rows, query=query, show=selectors.described_call)
