"""Accounts, sign-in and tokens. Every success and refusal is in the trail."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.errors import KeyReused, StillRunning, WrongCredentials
from accounts.models import ApiToken, IdempotencyKey, Site, User
from accounts.selectors import actor_behind
from audit import services as audit
from audit.actions import Action
from core import realtime
from core.actors import Actor, Source
from core.authentication import forget_tokens
from core.clock import now as clock_now
from core.errors import TooManyTries
from core.idempotency import CLAIM_LIFETIME, Answer, Claim, LostClaim
from core.roles import Role, forget_grants
from core.throttling import Limit, give_back_tries, take_tries

FAILED_PER_ACCOUNT = Limit(kind="failed-account", most=10, window_s=900)
FAILED_PER_ADDRESS = Limit(kind="failed-address", most=30, window_s=900)
TOKEN_LIFETIME = timedelta(days=90)
KEY_LIFETIME = timedelta(days=1)
# A hold on a key that ends later was made by a clock that was wrong; two clocks may differ by the difference.
MOST_LEFT = 2 * CLAIM_LIFETIME
# Its owner can still see for a while why it does not work any more.
SHOW_EXPIRED_TOKEN_FOR = timedelta(days=7)


def sign_in(*, request: HttpRequest, username: str, password: str, source: Source, now: datetime) -> User:
    """Check a name and password; the answer for an unknown name and for a wrong password is the same.

    Raises:
        TooManyTries: the account or the address has failed too often in the last quarter of an hour.
        WrongCredentials: they do not fit an active account.
    """
    tries = ((FAILED_PER_ACCOUNT, username.lower()), (FAILED_PER_ADDRESS, source.ip))
    stranger = Actor(user_id=None, username=username[:64], auth="password", source=source)
    try:
        take_tries(tries)
    except TooManyTries:
        _record_refused_login(username, actor=stranger, reason="too many tries", now=now)
        raise
    try:
        user = authenticate(request, username=username, password=password)
    except BaseException:
        give_back_tries(tries)
        raise
    if not isinstance(user, User):
        _record_refused_login(username, actor=stranger, reason="wrong name or password", now=now)
        raise WrongCredentials("The user name or the password is wrong.")
    give_back_tries(tries)
    return user


def _record_refused_login(username: str, *, actor: Actor, reason: str, now: datetime) -> None:
    audit.record(
        action=Action.LOGIN_REFUSED, object_type="account", object_id=username[:64], actor=actor, at=now, reason=reason
    )


def record_login(*, user: User, actor: Actor, now: datetime) -> None:
    audit.record(action=Action.LOGIN, object_type="account", object_id=user.pk, actor=actor, at=now)


def record_logout(*, user: User, actor: Actor, now: datetime) -> None:
    """Put a logout into the trail; the account's open sockets look again who they serve."""
    audit.record(action=Action.LOGOUT, object_type="account", object_id=user.pk, actor=actor, at=now)
    announce_account_change(user_id=user.pk, now=now)


def announce_account_change(*, user_id: int, now: datetime) -> None:
    """Have every process read an account's rights afresh and its sockets check theirs, once the transaction commits."""
    message = realtime.encode(
        type="account.changed", seq=0, topics=[realtime.account_topic(user_id)], at=now.isoformat(), data={}
    )
    forget_grants()
    transaction.on_commit(lambda: realtime.publish(message))


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
    """Make a site, or return the one of that code.

    Raises:
        ValidationError: the code or the name cannot be used.
    """
    Site(code=code, name=name).clean_fields()
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


def record_refusal(*, request: HttpRequest, user: Any, token: Any, reason: str) -> None:
    """Put into the trail that somebody was refused an address; called by `core.permissions` through the settings."""
    if not isinstance(user, User):
        return
    actor = actor_behind(request, user=user, token=token)
    _record_refusal(path=request.path, method=request.method or "", reason=reason, actor=actor, now=clock_now())


def record_refused_socket(*, path: str, reason: str, actor: Actor, now: datetime) -> None:
    """Put into the trail that somebody was refused a socket, or lost it with a right."""
    _record_refusal(path=path, method="GET", reason=reason, actor=actor, now=now)


def _record_refusal(*, path: str, method: str, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        action=Action.ACCESS_REFUSED, object_type="address", object_id=path[:64], actor=actor, at=now,
        after={"method": method}, reason=reason,
    )  # fmt: skip


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Actor, now: datetime) -> None:
    """End a token and the sockets it opened. Requests may be believed for five seconds more where it was just seen."""
    audit.record(
        action=Action.TOKEN_REVOKED, object_type="account", object_id=token.user_id, actor=actor, at=now,
        before={"name": token.name, "token": token.token_key},
    )  # fmt: skip
    announce_account_change(user_id=token.user_id, now=now)
    token.delete()
    forget_tokens()


@transaction.atomic
def claim_idempotency_key(*, user_id: int, key: str, fingerprint: str, now: datetime) -> Claim | Answer:
    """Reserve a key for a request about to be carried out.

    A claim that nobody has renewed for a while, because its process died or stands still, is taken over.

    Returns:
        A claim when the key is ours now; else the answer to the request that had it first.

    Raises:
        KeyReused: that was another request.
        StillRunning: it is being carried out.
    """
    held_until = now + CLAIM_LIFETIME
    _, is_new = IdempotencyKey.objects.get_or_create(
        user_id=user_id,
        key=key,
        defaults={"fingerprint": fingerprint, "created_at": now, "held_until": held_until, "attempt": 1, "made": ""},
    )
    if is_new:
        return Claim(user_id=user_id, key=key, attempt=1)
    row = IdempotencyKey.objects.select_for_update(no_key=True).filter(user_id=user_id, key=key).first()
    if row is None:
        raise StillRunning(
            "The first request with this Idempotency-Key has just failed. Send it again.", retry_after_s=1
        )
    if row.created_at < now - KEY_LIFETIME:
        row.fingerprint, row.created_at, row.made = fingerprint, now, ""
        row.status, row.body, row.location = None, None, ""
    elif row.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was sent with another request. Use a new one.")
    elif row.status is not None:
        return Answer(status=row.status, body=row.body or "", location=row.location)
    elif row.held_until is not None and timedelta(0) < row.held_until - now <= MOST_LEFT:
        raise _still_running(lasted=now - row.created_at, left=row.held_until - now)
    row.attempt, row.held_until = row.attempt + 1, held_until
    row.save()
    return Claim(user_id=user_id, key=key, attempt=row.attempt, made=row.made)


def _still_running(*, lasted: timedelta, left: timedelta) -> StillRunning:
    """Most requests end at once: wait as long again as this one has lasted, and no longer than its hold does."""
    left_s = max(1, math.ceil(left.total_seconds()))
    return StillRunning(
        "The first request with this Idempotency-Key is still being carried out."
        f" If it has broken off, the same request is taken up again in {left_s} s.",
        retry_after_s=max(1, min(math.ceil(lasted.total_seconds()), left_s)),
    )


def renew_idempotency_key(claim: Claim, *, now: datetime) -> bool:
    """Say that the request of a claim is still at work.

    Returns:
        Whether the key is still reserved for it: it has neither been answered, nor let go of, nor taken over.
    """
    return _held(claim).exclude(held_until=None).update(held_until=now + CLAIM_LIFETIME) == 1


def note_made(claim: Claim, made: str) -> None:
    """Keep the id of what a claim's request makes, in the transaction that makes it.

    Raises:
        LostClaim: another attempt has taken over; the transaction must not commit.
    """
    if _held(claim).update(made=made) != 1:
        raise _lost()


def store_idempotent_answer(claim: Claim, answer: Answer) -> None:
    """Keep the answer for whoever sends the key again.

    Raises:
        LostClaim: another attempt has taken over.
    """
    if _held(claim).update(status=answer.status, body=answer.body, location=answer.location) != 1:
        raise _lost()


def release_idempotency_key(claim: Claim) -> None:
    """Let go of a key whose request failed: forget it, or leave it with what was made to the next attempt."""
    _held(claim).filter(made="").delete()
    _held(claim).update(held_until=None)


def _held(claim: Claim) -> QuerySet[IdempotencyKey]:
    """The claim's row, while no later one has taken it over."""
    return IdempotencyKey.objects.filter(user_id=claim.user_id, key=claim.key, attempt=claim.attempt, status=None)


def _lost() -> LostClaim:
    return LostClaim("This took so long that another attempt has taken over. Nothing was changed.", retry_after_s=1)


def forget_old_keys(*, now: datetime) -> int:
    """Delete keys whose answers are not given again any more."""
    return _forget(IdempotencyKey.objects.filter(created_at__lt=now - 2 * KEY_LIFETIME))


def forget_ended_sessions(*, now: datetime) -> int:
    """Delete sessions that have run out."""
    return _forget(Session.objects.filter(expire_date__lt=now))


def forget_expired_tokens(*, now: datetime) -> int:
    """Delete tokens that ran out a week ago; that they are of no use any more is not news for the trail."""
    return _forget(ApiToken.objects.filter(expiry__lt=now - SHOW_EXPIRED_TOKEN_FOR))


def _forget(rows: QuerySet[Any], *, at_most: int = 10_000) -> int:
    """Delete a bounded number of rows, so that nobody waits for it long; the next round takes the next ones."""
    deleted, _ = rows.model._default_manager.filter(pk__in=rows.values("pk")[:at_most]).delete()
    return deleted
