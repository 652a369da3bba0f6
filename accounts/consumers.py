"""Sockets know who they serve: by the session of a page, or by the token of a program."""

from importlib import import_module
from typing import ClassVar

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from accounts.selectors import actor_for_user
from core.actors import Actor
from core.authentication import SCHEME, UnknownToken, live_token
from core.live_socket import NOT_ALLOWED, Closed, LiveSocket, header_of, session_key_of, source_of


class AccountSocket(LiveSocket):
    """A socket of whoever is signed in. Origin and token are alternatives; see `core.origins`.

    Attributes:
        scope_needed: what a token must be good for to open this socket.
    """

    scope_needed: ClassVar[str] = "read"

    def identify(self) -> Actor | None:
        scheme, _, text = header_of(self.scope, "authorization").partition(" ")
        if scheme.lower() == SCHEME.lower():
            return self._behind_token(text)
        return self._behind_session()

    def _behind_token(self, text: str) -> Actor | None:
        try:
            token = live_token(text)
        except UnknownToken:
            return None
        if self.scope_needed not in token.scopes:
            raise Closed(NOT_ALLOWED, f"this token may not {self.scope_needed}")
        return actor_for_user(token.user, auth="token", session=token.token_key, source=source_of(self.scope))

    def _behind_session(self) -> Actor | None:
        key = session_key_of(self.scope)
        if key is None:
            return None
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        user = get_user(request)
        if not user.is_authenticated:
            return None
        return actor_for_user(user, session=key[:8], source=source_of(self.scope))
