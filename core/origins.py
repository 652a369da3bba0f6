"""Sockets are opened only by our own pages, or by programs that carry a token and no origin."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http.request import validate_host
from django.utils.module_loading import import_string

from core.admission import gate
from core.authentication import SCHEME, Credentials
from core.errors import Overloaded
from core.live_socket import DATABASE_S, on_thread
from core.outages import as_unavailable
from core.requests import address_in

logger = structlog.get_logger(__name__)


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
        await _record(scope)
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


async def _record(scope: dict[str, Any]) -> None:
    """Put the refusal into the trail where something is offered that may say whose it is. It holds in any case."""
    offered = Credentials.of(scope)
    if offered.token is None and offered.session_key is None:
        return
    try:
        with gate("sockets").reading(address_in(scope)):
            async with asyncio.timeout(DATABASE_S):
                await on_thread(import_string(settings.RECORD_REFUSED_HANDSHAKE), scope, "the origin is foreign")
    except Exception as fault:
        if not isinstance(fault, Overloaded | TimeoutError) and as_unavailable(fault) is None:
            raise
        logger.warning("refusal_not_recorded", path=scope["path"], error=str(fault))


async def refuse_handshake(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Close a socket before it is open: the other side gets 403 and no frame."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
