"""Errors as problem documents (RFC 9457) for programs and as pages for people."""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import Forbidden, Invalid, NotFound, TooManyTries, WaferdeckError
from core.outages import as_unavailable
from core.requests import is_api, request_id

logger = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"


def document(error: WaferdeckError, *, request: HttpRequest) -> dict[str, Any]:
    """The members of the problem document for an error."""
    body: dict[str, Any] = {
        "type": f"urn:waferdeck:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id(request),
    }
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
    return {**body, **error.extra}


def headers(error: WaferdeckError) -> dict[str, str]:
    return {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}


def handle(fault: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error leaves as a problem document, never as a trace."""
    error = _as_waferdeck_error(fault)
    if error is None:
        return None
    set_rollback()
    answer = Response(document(error, request=context["request"]), status=error.status, headers=headers(error))
    answer.content_type = CONTENT_TYPE
    if isinstance(fault, exceptions.APIException) and getattr(fault, "auth_header", None):
        answer["WWW-Authenticate"] = fault.auth_header
    return answer


def respond(error: WaferdeckError, *, request: HttpRequest) -> HttpResponse:
    """The answer to an error outside DRF: a document or a page, as the caller reads."""
    body = document(error, request=request)
    if is_api(request):
        return JsonResponse(body, status=error.status, headers=headers(error), content_type=CONTENT_TYPE)
    answer = render(request, "error.html", {"problem": body}, status=error.status)
    for name, value in headers(error).items():
        answer[name] = value
    return answer


def _as_waferdeck_error(fault: Exception) -> WaferdeckError | None:
    if isinstance(fault, WaferdeckError):
        return fault
    if isinstance(fault, Http404):
        return NotFound("There is nothing here, or it belongs to another site.")
    if isinstance(fault, PermissionDenied):
        return Forbidden(str(fault) or "Your role does not allow this.")
    if isinstance(fault, DjangoValidationError):
        return Invalid("Some values cannot be used.", fields={"": list(fault.messages)})
    if isinstance(fault, exceptions.ValidationError):
        return Invalid("Some values cannot be used.", fields=fault.detail)
    if isinstance(fault, exceptions.Throttled):
        return TooManyTries("Too many requests.", retry_after_s=int(fault.wait or 1))
    if isinstance(fault, exceptions.APIException):
        return _from_api_exception(fault)
    return as_unavailable(fault)


def _from_api_exception(fault: exceptions.APIException) -> WaferdeckError:
    class FromFramework(WaferdeckError):
        code = str(fault.default_code)
        status = fault.status_code
        title = str(fault.default_detail)

    return FromFramework(str(fault.detail))


# Django's handlers for what no view caught.


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(NotFound("There is no such page. It may belong to another site."), request=request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(Forbidden(str(exception) or "Your role does not allow this."), request=request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(Invalid("The request is malformed."), request=request)


class InternalError(WaferdeckError):
    code = "internal_error"
    status = 500
    title = "Something broke on our side"


def server_error(request: HttpRequest) -> HttpResponse:
    return respond(
        InternalError(
            "This is our fault and has been logged. Nothing you sent was half stored; try again or report the id."
        ),
        request=request,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return respond(Forbidden("The form has expired. Go back, reload the page and send it again."), request=request)
