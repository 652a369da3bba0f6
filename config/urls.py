"""Every address. Each has a row in `core/policy.csv`; a test walks them."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from prometheus_client import REGISTRY

from accounts.api.token import TokenView
from annotations.urls import api_urlpatterns as annotations_api
from core.rest import RestView
from core.views import MetricsView, docs, healthz, readyz
from inspection.services import PresentFigures
from inspection.urls import api_urlpatterns as inspection_api
from models_admin.urls import api_urlpatterns as models_api

handler400 = "core.problems.bad_request"
handler403 = "core.problems.permission_denied"
handler404 = "core.problems.page_not_found"
handler500 = "core.problems.server_error"

api: list = [
    path("v1/auth/token/", TokenView.as_view(), name="token"),
    path("v1/", include(inspection_api)),
    path("v1/", include(annotations_api)),
    path("v1/", include(models_api)),
    path("schema/", SpectacularAPIView.as_view(http_method_names=RestView.http_method_names), name="schema"),
    path("docs/", docs, name="docs"),
]

urlpatterns = [
    path("", include("inspection.urls")),
    path("", include("annotations.urls")),
    path("", include("models_admin.urls")),
    path("", include("accounts.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", MetricsView.as_view(collectors=(REGISTRY, PresentFigures())), name="metrics"),
    path("api/", include((api, "api"))),
]
