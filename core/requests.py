"""What a request tells about where it came from."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from core.actors import Source
from core.clock import now
from core.ids import uuid7

Scope = dict[str, Any]
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(request: HttpRequest) -> str:
    """The id of this request: the caller's `X-Request-ID` when it is well-formed, else a new one."""
    known = getattr(request, "request_id", "")
    if known:
        return str(known)
    return accepted_id(request.headers.get("X-Request-ID", ""))


def accepted_id(offered: str) -> str:
    """The id a caller offers when it is well-formed, else a new one."""
    return offered if _ACCEPTED_ID.fullmatch(offered) else str(uuid7(at=now()))


def client_ip(request: HttpRequest) -> str:
    """The caller's address, behind as many proxies as are trusted and no more."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    return address_behind_proxies(direct, forwarded=request.headers.get("X-Forwarded-For", ""))


def address_behind_proxies(direct: str, *, forwarded: str) -> str:
    """The caller's address, given who called us and the header that trusted proxies append to."""
    if not settings.TRUSTED_PROXIES:
        return direct
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return hops[-settings.TRUSTED_PROXIES] if len(hops) >= settings.TRUSTED_PROXIES else direct


def header_of(scope: Scope, name: str) -> str:
    """A header of a request or handshake that Django has not read yet, or nothing."""
    wanted = name.lower().encode()
    return next(_values_of(scope, wanted), "")


def _values_of(scope: Scope, wanted: bytes) -> Iterator[str]:
    return (value.decode("latin1") for key, value in scope["headers"] if key.lower() == wanted)


def session_key_of(scope: Scope) -> str | None:
    """The session's key in the cookies, where it can be one."""
    key = parse_cookie(header_of(scope, "cookie")).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() else None


def address_in(scope: Scope) -> str:
    """The caller's address, as `client_ip` finds it."""
    direct = (scope.get("client") or ("",))[0]
    # A proxy may add a header of its own behind the caller's: only all of them together end with the last word.
    return address_behind_proxies(direct, forwarded=",".join(_values_of(scope, b"x-forwarded-for")))


def source_of(request: HttpRequest) -> Source:
    return Source(ip=client_ip(request), agent=request.headers.get("User-Agent", ""), request_id=request_id(request))


def is_api(request: HttpRequest) -> bool:
    """Whether the answer goes to a program: then errors are problem documents, not pages."""
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")
