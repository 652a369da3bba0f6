"""What machines ask about the house: does it live, is it ready, its figures."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.registry import Collector
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from core import health
from core.rest import RestView


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Nothing else is asked."""
    return JsonResponse({"state": "ok"})


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether work can be accepted, part by part: 503 when not."""
    seen = health.components()
    state = health.readiness(seen)
    body = {
        "state": state,
        "components": {
            part.name: {"state": part.state, "detail": part.detail, "latency_ms": part.latency_ms} for part in seen
        },
    }
    if state == health.State.DOWN:
        return JsonResponse(body, status=503, headers={"Retry-After": "5"})
    return JsonResponse(body)


def docs(request: HttpRequest) -> Any:
    """The API to browse, for whoever is signed in on a page."""
    return _swagger(request)


_swagger = SpectacularSwaggerSplitView.as_view(url_name="api:schema")


class FirstRenderer(BaseContentNegotiation):
    """The answer has one form; what the caller would rather have does not matter."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0] if parsers else None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class MetricsView(RestView):
    """Prometheus's page, for scrapers with a token.

    Attributes:
        collectors: whose series it shows.
    """

    content_negotiation_class = FirstRenderer
    collectors: Sequence[Collector] = (REGISTRY,)

    @extend_schema(responses={(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR)})
    def get(self, request: Request) -> HttpResponse:
        page = b"".join(generate_latest(collector) for collector in self.collectors)
        return HttpResponse(page, content_type=CONTENT_TYPE_LATEST)
