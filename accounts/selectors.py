"""Who is asking, as a value."""

from django.http import HttpRequest

from accounts.models import Site, User
from core.actors import Actor
from core.requests import source_of
from core.roles import Role, roles_of


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person or token behind a request, with the sites it may see. Two small queries, once a request."""
    cached: Actor | None = getattr(request, "_waferdeck_actor", None)
    if cached is not None:
        return cached
    user = request.user
    assert isinstance(user, User)
    token = getattr(request, "auth", None)
    actor = Actor(
        user_id=user.pk,
        username=user.username,
        full_name=user.get_full_name(),
        roles=roles_of(request),
        auth="token" if token is not None else "session",
        session=str(token.token_key) if token is not None else (request.session.session_key or "")[:8],
        site_ids=frozenset(user.sites.values_list("pk", flat=True)),
        source=source_of(request),
    )
    request._waferdeck_actor = actor  # type: ignore[attr-defined]
    return actor


def actor_for_user(user: User, *, auth: str = "session") -> Actor:
    """The actor of an account outside a request: a socket, a management command."""
    names = set(user.groups.values_list("name", flat=True))
    return Actor(
        user_id=user.pk,
        username=user.username,
        full_name=user.get_full_name(),
        roles=frozenset(role for role in Role if role.value in names),
        auth=auth,
        site_ids=frozenset(user.sites.values_list("pk", flat=True)),
    )


def home_site(actor: Actor) -> Site | None:
    """The site an actor works at when none is named: its only one, or the first by code."""
    return Site.objects.filter(pk__in=actor.site_ids).order_by("code").first()
