"""Sockets know who they serve: by the session of a page, or by the token of a program."""

from typing import ClassVar

from accounts.selectors import actor_for_user
from core.actors import Actor
from core.authentication import Credentials, UnknownToken, live_token, user_of_session
from core.live_socket import NOT_ALLOWED, Closed, LiveSocket, source_of


class AccountSocket(LiveSocket):
    """A socket of whoever is signed in. Origin and token are alternatives; see `core.origins`.

    Attributes:
        scope_needed: what a token must be good for to open this socket.
    """

    scope_needed: ClassVar[str] = "read"

    def identify(self) -> Actor | None:
        offered = Credentials.of(self.scope)
        if offered.token is not None:
            return self._behind_token(offered.token)
        return self._behind_session(offered.session_key)

    def _behind_token(self, text: str) -> Actor | None:
        try:
            token = live_token(text)
        except UnknownToken:
            return None
        if self.scope_needed not in token.scopes:
            raise Closed(NOT_ALLOWED, f"this token may not {self.scope_needed}")
        return actor_for_user(token.user, auth="token", session=token.token_key, source=source_of(self.scope))

    def _behind_session(self, key: str | None) -> Actor | None:
        user = user_of_session(key) if key is not None else None
        if key is None or user is None:
            return None
        return actor_for_user(user, session=key[:8], source=source_of(self.scope))
