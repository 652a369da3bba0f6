"""API tokens: Knox's hashed tokens, remembered for a moment. Their scopes are judged by `core.permissions`."""

import hashlib
from binascii import Error as NotHexadecimal
from hmac import compare_digest
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.briefly import Briefly
from core.clock import now

SCHEME = "Token"
LONGEST_TOKEN = 128

# A token that is revoked, or whose account is disabled, works for this much longer at most.
_known: Briefly[Any] = Briefly(ttl_s=5.0, limit=4096)


class UnknownToken(Exception):
    """No live token of an active account has this text."""


class ScopedTokenAuthentication(BaseAuthentication):
    """`Authorization: Token <key>`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, text = header.partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            token = live_token(text)
        except UnknownToken as fault:
            raise AuthenticationFailed(
                "This token is unknown, expired or revoked."
                " POST a username and password to /api/v1/auth/token/ for a new one."
            ) from fault
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def live_token(text: str) -> Any:
    """The token of this text, with its user. One query, remembered for five seconds under a digest of the text.

    Raises:
        UnknownToken: there is none, it has expired, or its account is disabled.
    """
    if not text.isascii() or not text.isalnum() or len(text) > LONGEST_TOKEN:
        raise UnknownToken
    token = _known.get(hashlib.sha256(text.encode()).digest(), lambda: _read(text))
    if token.expiry is not None and token.expiry <= now():
        raise UnknownToken
    return token


def forget_tokens() -> None:
    """Read tokens afresh from now on; for whoever has just revoked some."""
    _known.clear()


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


class ScopedTokenScheme(OpenApiAuthenticationExtension):
    target_class = "core.authentication.ScopedTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <key>`"}
