"""Sockets are opened only by our own pages, or by programs that carry a token and no origin."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from core.authentication import SCHEME


class OwnOriginValidator:
    """Refuses a handshake whose `Origin` is foreign. Without an origin only a token can prove who asks."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope.get("headers", [])}
        # Of another scheme it proves nothing: then the cookie would speak, which a browser sends for anybody.
        has_token = headers.get("authorization", "").lower().startswith(f"{SCHEME.lower()} ")
        own = f"{_scheme_of(scope, headers)}://{headers.get('host', '')}"
        if _is_own(origin=headers.get("origin"), own=own, has_token=has_token):
            return await self.application(scope, receive, send)
        return await refuse_handshake(scope, receive, send)


def _scheme_of(scope: dict[str, Any], headers: dict[str, str]) -> str:
    """How the page of this socket is reached, as Django judges it for forms."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        said = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower())
        if said is not None:
            return "https" if said.split(",")[0].strip() == secure else "http"
    return "https" if scope.get("scheme") == "wss" else "http"


def _is_own(*, origin: str | None, own: str, has_token: bool) -> bool:
    if origin is None:
        return has_token
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return origin == own and validate_host(urlsplit(origin).hostname or "", settings.ALLOWED_HOSTS)


async def refuse_handshake(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Close a socket before it is open: the other side gets 403 and no frame."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
