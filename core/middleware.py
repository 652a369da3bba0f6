"""What happens to every request: an id, an honest answer in an outage, and the permission table."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from csp.constants import HEADER
from csp.utils import build_policy
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from core import permissions, policy, problems, static_files
from core.errors import Forbidden, Invalid, NotSignedIn, WaferdeckError
from core.outages import as_unavailable
from core.requests import is_api, request_id
from core.roles import roles_of

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = structlog.get_logger(__name__)


class RequestIdMiddleware:
    """Gives each request an id that appears in the answer, the logs, the trail and every error."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = request_id(request)
        request.request_id = identifier  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identifier)
        response = self.get_response(request)
        response["X-Request-ID"] = identifier
        return response


class OwnOriginMiddleware:
    """Pages of other origins may not embed what we answer: not an image, not a script, not a page of the API."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class ContentPolicyMiddleware:
    """What a browser may load for our pages. The same for all, so it is put together once."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = build_policy(update={"script-src": static_files.script_sources()})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, self.policy)
        return response


class PrivacyMiddleware:
    """Answers are for whoever asked: no cache keeps them, nor shows them after he has left, unless a view allows it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class PageMessagesMiddleware(MessageMiddleware):
    """Messages are for pages; making room for them costs more than most of the API's own work."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
            super().process_request(request)


class OutageMiddleware:
    """Turns the absence of a dependency into 503, and our own errors into documents or pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except Exception as fault:
            error = as_unavailable(fault)
            if error is None:
                raise
            return problems.respond(error, request=request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        error = fault if isinstance(fault, WaferdeckError) else as_unavailable(fault)
        return None if error is None else problems.respond(error, request=request)


class ReadableQueryMiddleware:
    """Refuses a query that is no UTF-8: Django would put U+FFFD for what it cannot read, and look for that."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            unquote_to_bytes(request.META.get("QUERY_STRING", "")).decode()
        except UnicodeDecodeError:
            return problems.respond(Invalid("The query of this address is not UTF-8."), request=request)
        return self.get_response(request)


class PolicyMiddleware:
    """Applies the permission table to pages. The API is judged after its own authentication (`core.permissions`)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or getattr(view, "cls", None) is not None:
            return None
        rule = policy.find(kind="http", name=match.view_name, method=request.method or "GET")
        if rule is None:
            allowed = policy.methods_of(kind="http", name=match.view_name)
            if allowed:
                return HttpResponseNotAllowed(allowed)
            logger.error("url_without_policy", url=match.view_name, method=request.method)
            return problems.respond(Forbidden("Nobody may use this address with this method."), request=request)
        if rule.is_public:
            return None
        if not request.user.is_authenticated:
            if is_api(request) and "text/html" not in request.headers.get("Accept", ""):
                return problems.respond(NotSignedIn("Sign in first."), request=request)
            return redirect_to_login(request.get_full_path())
        if rule.admits(roles_of(request)):
            return None
        return problems.respond(permissions.refused(request, permissions.needs(rule)), request=request)


def with_headers(answer: GetResponse) -> GetResponse:
    """`answer` with the headers that all of ours have, for what never gets to the other middlewares."""
    middlewares: tuple[Callable[[GetResponse], Any], ...] = (
        XFrameOptionsMiddleware,
        PrivacyMiddleware,
        ContentPolicyMiddleware,
        OwnOriginMiddleware,
        SecurityMiddleware,
        RequestIdMiddleware,
    )
    for middleware in middlewares:
        answer = middleware(answer)
    return answer
