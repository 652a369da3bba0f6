"""Accounts, sign-in and tokens. Every success and refusal is in the trail."""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from accounts.errors import WrongCredentials
from accounts.models import ApiToken, IdempotencyKey, Site, User
from audit import services as audit
from audit.actions import Action
from core.actors import Actor, Source
from core.roles import Role
from core.throttling import count_try

TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, WINDOW_S = 10, 30, 900
TOKEN_LIFETIME = timedelta(days=90)
KEY_LIFETIME = timedelta(days=1)


def sign_in(*, request: HttpRequest, username: str, password: str, source: Source, now: datetime) -> User:
    """Check a name and password; the answer for an unknown name and for a wrong password is the same.

    Raises:
        TooManyTries: the account or the address has failed too often in the last quarter of an hour.
        WrongCredentials: they do not fit an active account.
    """
    count_try(kind="address", subject=source.ip, limit=TRIES_PER_ADDRESS * 10, window_s=WINDOW_S)
    count_try(kind="account", subject=username.lower(), limit=TRIES_PER_ACCOUNT * 10, window_s=WINDOW_S)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        audit.record(
            action=Action.LOGIN_REFUSED,
            object_type="account",
            object_id=username[:64],
            at=now,
            actor=Actor(user_id=None, username=username[:64], auth="password", source=source),
        )
        count_try(kind="failed-address", subject=source.ip, limit=TRIES_PER_ADDRESS, window_s=WINDOW_S)
        count_try(kind="failed-account", subject=username.lower(), limit=TRIES_PER_ACCOUNT, window_s=WINDOW_S)
        raise WrongCredentials("The user name or the password is wrong.")
    return user


def record_login(*, user: User, actor: Actor, now: datetime) -> None:
    audit.record(action=Action.LOGIN, object_type="account", object_id=user.pk, actor=actor, at=now)


def record_logout(*, user: User, actor: Actor, now: datetime) -> None:
    audit.record(action=Action.LOGOUT, object_type="account", object_id=user.pk, actor=actor, at=now)


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: list[str],
    actor: Actor,
    now: datetime,
    lifetime: timedelta | None = TOKEN_LIFETIME,
) -> tuple[ApiToken, str]:
    """A new token. The text is returned once and kept only as a hash."""
    token, text = ApiToken.objects.create(user=user, expiry=lifetime, name=name, scopes=scopes)
    audit.record(
        action=Action.TOKEN_ISSUED,
        object_type="account",
        object_id=user.pk,
        actor=actor,
        at=now,
        after={"name": name, "scopes": scopes, "token": token.token_key},
    )
    return token, text


@transaction.atomic
def create_site(*, code: str, name: str, actor: Actor, now: datetime) -> Site:
    """Make a site, or return the one of that code."""
    site, is_new = Site.objects.get_or_create(code=code, defaults={"name": name})
    if is_new:
        audit.record(
            action=Action.SITE_CREATED, object_type="site", object_id=site.pk, actor=actor, at=now, after={"code": code}
        )
    return site


@transaction.atomic
def create_user(
    *,
    username: str,
    password: str | None,
    roles: list[Role],
    sites: list[Site],
    actor: Actor,
    now: datetime,
    full_name: str = "",
    is_service: bool = False,
) -> User:
    """Make an account with its roles and sites, or return the one of that name as it is."""
    existing = User.objects.filter(username=username).first()
    if existing is not None:
        return existing
    first, _, last = full_name.partition(" ")
    user = User(username=username, first_name=first, last_name=last, is_service=is_service)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save(force_insert=True)
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    user.sites.set(sites)
    audit.record(
        action=Action.USER_CREATED,
        object_type="account",
        object_id=user.pk,
        actor=actor,
        at=now,
        after={"username": username, "roles": sorted(roles), "sites": [site.code for site in sites]},
    )
    return user


def claim_idempotency_key(*, user_id: int, key: str, fingerprint: str, now: datetime) -> IdempotencyKey | None:
    """Reserve a key for a request about to be carried out.

    Returns:
        None when the key is ours now; else the row of the earlier request with that key.
    """
    row, is_new = IdempotencyKey.objects.get_or_create(
        user_id=user_id, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
    )
    if not is_new and row.created_at < now - KEY_LIFETIME:
        row.delete()
        return claim_idempotency_key(user_id=user_id, key=key, fingerprint=fingerprint, now=now)
    return None if is_new else row


def store_idempotent_answer(*, user_id: int, key: str, status: int, body: str) -> None:
    IdempotencyKey.objects.filter(user_id=user_id, key=key).update(status=status, body=body)


def release_idempotency_key(*, user_id: int, key: str) -> None:
    """Forget a key whose request failed without effect, so that it may be tried again."""
    IdempotencyKey.objects.filter(user_id=user_id, key=key, status=None).delete()
