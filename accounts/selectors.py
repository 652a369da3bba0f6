"""Who is asking, as a value."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from knox.settings import CONSTANTS

from accounts.errors import UnknownSite
from accounts.models import ApiToken, Site, User
from core.actors import Actor, Source
from core.requests import source_of
from core.roles import grants_of

NOWHERE = Source()


def actor_of(request: Any) -> Actor:
    """The signed-in person or token behind a request. No query: who they are was found out when they were let in."""
    cached: Actor | None = getattr(request, "_waferdeck_actor", None)
    if cached is None:
        cached = actor_behind(request, user=request.user, token=getattr(request, "auth", None))
        request._waferdeck_actor = cached
    return cached


def actor_behind(request: HttpRequest, *, user: Any, token: Any) -> Actor:
    """The actor of a request whose account and token are known."""
    session_key = getattr(getattr(request, "session", None), "session_key", None) or ""
    return actor_for_user(
        user,
        auth="token" if token is not None else "session",
        session=str(token.token_key) if token is not None else session_key[:8],
        source=source_of(request),
    )


def actor_for_user(user: Any, *, auth: str = "session", session: str = "", source: Source = NOWHERE) -> Actor:
    """The actor of an account: in a request, behind a socket, or in a management command."""
    assert isinstance(user, User)
    grants = grants_of(user.pk)
    return Actor(
        user_id=user.pk,
        username=user.username,
        full_name=user.get_full_name(),
        roles=grants.roles,
        auth=auth,
        session=session,
        site_ids=grants.site_ids,
        source=source,
    )


def site_of(actor: Actor, *, code: str | None = None) -> Site:
    """The site of that code, if it is the actor's; without one the site it works at, which is its first by code.

    Raises:
        UnknownSite: there is none, or it is not the actor's.
    """
    sites = Site.objects.all() if actor.is_system else Site.objects.filter(pk__in=actor.site_ids)
    if code:
        sites = sites.filter(code=code)
    site = sites.order_by("code").first()
    if site is None:
        raise UnknownSite("There is no such site, or it is not yours. An admin can give you one.")
    return site


def people_of(site_id: int) -> QuerySet[User]:
    """Who may see a site, by name; programs and closed accounts are nobody."""
    return (
        User.objects.filter(is_active=True, is_service=False, sites=site_id, groups__isnull=False)
        .distinct()
        .order_by("username")
    )


def tokens() -> QuerySet[ApiToken]:
    """Every token with its user, newest first. One query."""
    return ApiToken.objects.select_related("user").order_by("-created")


def tokens_named(text: str) -> QuerySet[ApiToken]:
    """The tokens that go by a name, or whose text begins like this."""
    return tokens().filter(Q(name=text) | Q(token_key__startswith=text[: CONSTANTS.TOKEN_KEY_LENGTH]))
