"""Errors as problem documents (RFC 9457) for programs and as pages for people."""

import functools
import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework import exceptions
from rest_framework.views import set_rollback

from core import permissions
from core.errors import Forbidden, Invalid, NotFound, NotSignedIn, WaferdeckError
from core.outages import as_unavailable
from core.requests import is_api, request_id

logger = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
HOW_TO_SIGN_IN = (
    "Send the header `Authorization: Token <key>`. POST a username and password to /api/v1/auth/token/ for a key."
)


def document(error: WaferdeckError, *, request: HttpRequest) -> dict[str, Any]:
    """The members of the problem document for an error in a request."""
    return members(error, identifier=request_id(request))


def members(error: WaferdeckError, *, identifier: str) -> dict[str, Any]:
    """The members of the problem document for an error; `identifier` is the request's."""
    body: dict[str, Any] = {
        "type": f"urn:waferdeck:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": identifier,
    }
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
    return {**body, **error.extra}


def headers(error: WaferdeckError) -> dict[str, str]:
    """What an error adds to the head of its answer."""
    found = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return {**found, "WWW-Authenticate": "Token"} if error.status == HTTPStatus.UNAUTHORIZED else found


def handle(fault: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """DRF's exception handler: every error leaves as a problem document, never as a trace."""
    error = as_waferdeck_error(fault)
    if error is None:
        return None
    set_rollback()
    return as_document(error, request=context["request"])


def respond(error: WaferdeckError, *, request: HttpRequest) -> HttpResponse:
    """The answer to an error outside DRF: a document or a page, as the caller reads."""
    if is_api(request):
        return as_document(error, request=request)
    return as_page(error, request=request)


def as_page(error: WaferdeckError, *, request: HttpRequest, is_plain: bool = False) -> HttpResponse:
    """The error for a person; a plain page asks nobody who that is, and costs next to nothing."""
    answer = _page(document(error, request=request), request=None if is_plain else request)
    for name, value in headers(error).items():
        answer[name] = value
    return answer


def as_document(error: WaferdeckError, *, request: HttpRequest) -> JsonResponse:
    """The error for a program."""
    body = document(error, request=request)
    return JsonResponse(
        body,
        status=error.status,
        headers=headers(error),
        content_type=CONTENT_TYPE,
        json_dumps_params={"separators": (",", ":")},
    )


def _page(body: dict[str, Any], *, request: HttpRequest | None) -> HttpResponse:
    """The error as a page, plainer the more is broken: who is signed in is for the database to say."""
    try:
        if request is not None and body["status"] < HTTPStatus.INTERNAL_SERVER_ERROR:
            return render(request, "error.html", {"problem": body}, status=body["status"])
        drawn = _drawn(*(body.get(name) for name in _DRAWN))
        return HttpResponse(drawn.replace(_PLACE_OF_ID, body["request_id"]), status=body["status"])
    except Exception:
        logger.exception("error_page_failed")
        text = f"{body['title']}\n\n{body['detail']}\n\nrequest {body['request_id']}\n"
        return HttpResponse(text, status=body["status"], content_type="text/plain; charset=utf-8")


# Outages and floods are told in few words, to many.
_KEPT_PAGES = 64
_DRAWN = ("status", "code", "title", "detail", "retry_after_s")
_PLACE_OF_ID = "the-id-of-the-request"


@functools.lru_cache(maxsize=_KEPT_PAGES)
def _drawn(*values: Any) -> str:
    """The page of an error with those values of `_DRAWN`, but for the request's id."""
    problem = dict(zip(_DRAWN, values, strict=True)) | {"request_id": _PLACE_OF_ID}
    return render_to_string("error.html", {"problem": problem})


def as_waferdeck_error(fault: Exception) -> WaferdeckError | None:
    """What a fault is to the caller; None for a fault of our own."""
    if isinstance(fault, WaferdeckError):
        return fault
    if isinstance(fault, Http404):
        return NotFound("There is nothing here, or it belongs to another site.")
    if isinstance(fault, PermissionDenied):
        return Forbidden(str(fault) or "Your role does not allow this.")
    if isinstance(fault, DjangoValidationError):
        return Invalid.of(_fields_of(fault))
    if isinstance(fault, exceptions.ValidationError):
        return Invalid.of(fault.detail if isinstance(fault.detail, dict) else {"": fault.detail})
    if isinstance(fault, exceptions.NotAuthenticated):
        return NotSignedIn(f"This needs a token or a session. {HOW_TO_SIGN_IN}")
    if isinstance(fault, exceptions.APIException):
        return _from_api_exception(fault)
    if isinstance(fault, RequestDataTooBig):
        return Refusal("The request is larger than this address takes.", code="too_large", status=413)
    if isinstance(fault, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return Invalid(f"At most {most} images per request are taken. Send the others in a request of their own.")
    if isinstance(fault, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return Invalid(f"At most {most:,} fields per request are taken. Send fewer at once.")
    if isinstance(fault, DisallowedHost):
        return Invalid("Nothing is served under this host name. Use the address you were given.")
    if isinstance(fault, SuspiciousOperation):
        return Invalid(str(fault)[:200] or "The request is malformed.")
    return as_unavailable(fault)


class Refusal(WaferdeckError):
    """An error of the framework's, in our shape."""

    def __init__(self, detail: str, *, code: str, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        self.code = code  # type: ignore[misc]
        self.status = status  # type: ignore[misc]
        self.title = HTTPStatus(status).phrase  # type: ignore[misc]


def _from_api_exception(fault: exceptions.APIException) -> WaferdeckError:
    wait_s = getattr(fault, "wait", None)
    return Refusal(
        str(fault.detail)[:500],
        code="malformed" if isinstance(fault, exceptions.ParseError) else str(fault.default_code),
        status=fault.status_code,
        retry_after_s=None if wait_s is None else max(1, int(wait_s)),
    )


def _fields_of(fault: DjangoValidationError) -> dict[str, list[str]]:
    return fault.message_dict if hasattr(fault, "error_dict") else {"": list(fault.messages)}


# Django's handlers for what no view caught.


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(NotFound("There is no such page. It may belong to another site."), request=request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(Forbidden(str(exception) or "Your role does not allow this."), request=request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(as_waferdeck_error(exception) or Invalid("The request is malformed."), request=request)


class InternalError(WaferdeckError):
    code = "internal_error"
    status = 500
    title = "Something broke on our side"


def server_error(request: HttpRequest) -> HttpResponse:
    """What is left: an outage met outside a view, or a fault of ours."""
    fault = sys.exc_info()[1]
    outage = as_unavailable(fault) if fault is not None else None
    if outage is not None:
        return respond(outage, request=request)
    return respond(
        InternalError(
            "This is our fault and has been logged. Nothing you sent was half stored; try again or report the id."
        ),
        request=request,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    refusal = permissions.refused(request, "The form has expired. Go back, reload the page and send it again.")
    return respond(refusal, request=request)
