"""Sockets know who they serve: by the session of a page, or by the token of a program."""

from typing import ClassVar

from accounts import services
from accounts.selectors import actor_for_user
from core.actors import Actor
from core.authentication import Credentials, UnknownToken, live_token, user_of_session
from core.clock import now
from core.live_socket import NOT_ALLOWED, Closed, LiveSocket, source_of
from core.requests import Scope
from outbox.selectors import frames_after

MOST_MISSED = 1000
ALL_SCOPES = frozenset({"read", "write"})


class AccountSocket(LiveSocket):
    """A socket of whoever is signed in. Origin and token are alternatives; see `core.origins`.

    Attributes:
        scope_needed: what a token must be good for to open this socket.
    """

    scope_needed: ClassVar[str] = "read"

    def identify(self) -> Actor | None:
        opener = opener_of(self.scope)
        if opener is None:
            return None
        actor, scopes = opener
        if self.scope_needed not in scopes:
            reason = f"this token may not {self.scope_needed}"
            self.record_refusal(actor, reason)
            raise Closed(NOT_ALLOWED, reason)
        return actor

    def record_refusal(self, actor: Actor, reason: str) -> None:
        services.record_refused_socket(path=self.scope["path"], reason=reason, actor=actor, now=now())


class EventSocket(AccountSocket):
    """A socket that hears what services announce, and may ask for what it missed."""

    def missed(self, topics: frozenset[str], after: int) -> list[str] | None:
        return frames_after(after, topics=topics, at_most=MOST_MISSED)


def record_refused_handshake(scope: Scope, reason: str) -> None:
    """Put into the trail that a handshake was refused, where it is known whose; called through the settings."""
    opener = opener_of(scope)
    if opener is not None:
        services.record_refused_socket(path=scope["path"], reason=reason, actor=opener[0], now=now())


def opener_of(scope: Scope) -> tuple[Actor, frozenset[str]] | None:
    """Who opens a socket, and the scopes they have: of a page all. None when nobody is known by what is offered."""
    offered = Credentials.of(scope)
    if offered.token is not None:
        return _behind_token(offered.token, scope)
    return _behind_session(offered.session_key, scope)


def _behind_token(text: str, scope: Scope) -> tuple[Actor, frozenset[str]] | None:
    try:
        token = live_token(text)
    except UnknownToken:
        return None
    actor = actor_for_user(token.user, auth="token", session=token.token_key, source=source_of(scope))
    return actor, frozenset(token.scopes)


def _behind_session(key: str | None, scope: Scope) -> tuple[Actor, frozenset[str]] | None:
    user = user_of_session(key) if key is not None else None
    if key is None or user is None:
        return None
    return actor_for_user(user, session=key[:8], source=source_of(scope)), ALL_SCOPES
