"""Who asks: by a token, Knox's hashed ones, or by a session. What they may do is judged by `core.permissions`."""

import hashlib
from binascii import Error as NotHexadecimal
from dataclasses import dataclass
from hmac import compare_digest
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from core.briefly import Briefly
from core.clock import now
from core.permissions import record_refusal
from core.requests import Scope, header_of, session_key_of

SCHEME = "Token"
LONGEST_TOKEN = 128

# A token that is revoked, or whose account is disabled, works for this much longer at most.
_known: Briefly[Any] = Briefly(ttl_s=5.0, limit=4096)
# Sessions that were signed in a moment ago: it opens the door only, every view looks for itself.
_signed_in: Briefly[bool] = Briefly(ttl_s=5.0, limit=4096)


class UnknownToken(Exception):
    """No live token of an active account has this text."""


@dataclass(frozen=True)
class Credentials:
    """What a request that is not read yet offers to say who asks. A token speaks before a session, as in views."""

    token: str | None
    session_key: str | None

    @classmethod
    def of(cls, scope: Scope) -> "Credentials":
        text = token_in(header_of(scope, "authorization"))
        return cls(token=text, session_key=session_key_of(scope) if text is None else None)

    def are_remembered(self) -> bool:
        """Whether they were good a moment ago; asks nobody."""
        if self.token is not None:
            token = _known.remembered(_digest(self.token))
            return token is not None and not _has_expired(token)
        return self.session_key is not None and _signed_in.remembered(self.session_key) is not None

    def check(self) -> None:
        """Look whether they are good. Two queries at most.

        Raises:
            AuthenticationFailed: the token is not.
            NotAuthenticated: nobody is signed in.
        """
        if self.token is not None:
            _accepted(self.token)
        else:
            _signed_in.get(self.session_key, self._is_signed_in)

    def _is_signed_in(self) -> bool:
        if self.session_key is None or user_of_session(self.session_key) is None:
            raise NotAuthenticated
        return True


class ScopedTokenAuthentication(BaseAuthentication):
    """`Authorization: Token <key>`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        text = token_in(request.META.get("HTTP_AUTHORIZATION", ""))
        if text is None:
            return None
        token = _accepted(text)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class PageSessionAuthentication(SessionAuthentication):
    """The session of a page. A change needs the token of the page's forms, too; without it the refusal is recorded."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            record_refusal(request._request, str(refusal.detail))
            raise


def _accepted(text: str) -> Any:
    try:
        return live_token(text)
    except UnknownToken as fault:
        raise AuthenticationFailed(
            "This token is unknown, expired or revoked."
            " POST a username and password to /api/v1/auth/token/ for a new one."
        ) from fault


def token_in(header: str) -> str | None:
    """The token's text in an `Authorization` header; None where it speaks of none."""
    scheme, _, text = header.partition(" ")
    return text if scheme.lower() == SCHEME.lower() else None


def user_of_session(key: str) -> Any | None:
    """The user who is signed in under a session's key. Two queries."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if user.is_authenticated else None


def live_token(text: str) -> Any:
    """The token of this text, with its user. One query, remembered for five seconds under a digest of the text.

    Raises:
        UnknownToken: there is none, it has expired, or its account is disabled.
    """
    if not text.isascii() or not text.isalnum() or len(text) > LONGEST_TOKEN:
        raise UnknownToken
    token = _known.get(_digest(text), lambda: _read(text))
    if _has_expired(token):
        raise UnknownToken
    return token


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _has_expired(token: Any) -> bool:
    return token.expiry is not None and bool(token.expiry <= now())


def forget_tokens() -> None:
    """Read tokens and sessions afresh from now on; for whoever has just ended some."""
    _known.clear()
    _signed_in.clear()


def _read(text: str) -> Any:
    try:
        digest = hash_token(text)
    except (TypeError, ValueError, NotHexadecimal) as fault:
        raise UnknownToken from fault
    candidates = get_token_model().objects.filter(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], user__is_active=True)
    for token in candidates.select_related("user"):
        if compare_digest(digest, token.digest):
            return token
    raise UnknownToken


class PageSessionScheme(SessionScheme):
    target_class = "core.authentication.PageSessionAuthentication"


class ScopedTokenScheme(OpenApiAuthenticationExtension):
    target_class = "core.authentication.ScopedTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <key>`"}
