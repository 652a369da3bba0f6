"""`Idempotency-Key`: a request that is repeated with its key is answered like the first time and carried out once."""

import contextlib
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.request import Request

from core import holds
from core.clock import now as clock_now
from core.errors import Conflict, Invalid, MayBeDone
from core.outages import as_unavailable, insist

# How long a key stays reserved for a request that has fallen silent, because its process died or stands still.
CLAIM_LIFETIME = timedelta(seconds=6)
_RENEWALS_PER_LIFETIME = 3
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_CHUNK_BYTES = 2**20
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a request was answered: status, `Location` where there is one, and the body as text."""

    status: int
    body: str
    location: str = ""

    def as_response(self, *, is_replay: bool) -> HttpResponse:
        response = HttpResponse(self.body, status=self.status, content_type="application/json")
        if self.location:
            response["Location"] = self.location
        if is_replay:
            response["Idempotent-Replayed"] = "true"
        return response


class LostClaim(Conflict):
    """Another attempt with the same key has taken over; what this one was about to change was not changed."""

    code = "still_running"
    title = "Another attempt with this Idempotency-Key has taken over"


@dataclass(frozen=True)
class Claim:
    """The right to carry out a request with a key, until it is answered or the hold on the key has run out.

    Attributes:
        attempt: fencing number: it grows whenever the key is claimed, and only the newest claim may commit anything.
        made: what an earlier attempt that broke off has made: the id of a run or a job; empty when nothing.
    """

    user_id: int
    key: str
    attempt: int
    made: str = ""


class Keys(Protocol):
    """Where keys are kept; `accounts.services` keeps them in the database."""

    def claim_idempotency_key(self, *, user_id: int, key: str, fingerprint: str, now: datetime) -> Claim | Answer: ...

    def renew_idempotency_key(self, claim: Claim, *, now: datetime) -> bool: ...

    def note_made(self, claim: Claim, made: str) -> None: ...

    def store_idempotent_answer(self, claim: Claim, answer: Answer) -> None: ...

    def release_idempotency_key(self, claim: Claim) -> None: ...


class Attempt:
    """One carrying out of a request in several transactions.

    `made` is the id of what an attempt that broke off has made already, or empty.
    """

    def __init__(self, *, keys: Keys | None = None, claim: Claim | None = None) -> None:
        self._keys = keys
        self._claim = claim
        self.made = claim.made if claim else ""
        self.has_noted = False

    def note(self, made: object) -> None:
        """Keep the id of what is being made, in the running transaction: if it commits, nothing makes it again.

        Raises:
            LostClaim: another attempt has taken over; the transaction must not commit.
        """
        self.has_noted = True
        if self._keys is not None and self._claim is not None:
            self._keys.note_made(self._claim, str(made))


def key_of(request: HttpRequest) -> str | None:
    """The request's key, or None.

    Raises:
        Invalid: a key that cannot be one.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None or _KEY.fullmatch(key):
        return key
    raise Invalid(
        "The Idempotency-Key cannot be used.",
        fields={"Idempotency-Key": ["8 to 128 visible ASCII characters, best a random UUID."]},
    )


def once(
    request: Request, *, keys: Keys, user_id: int, now: datetime, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """Carry out `work`, unless this request's key has an answer already. Work and answer are kept by one transaction.

    Only success is kept: a request that failed changed nothing, and may be tried again with its key.

    Raises:
        KeyReused: the key came with another request before.
        StillRunning: the first request with it has not ended.
        LostClaim: it took so long that another attempt has taken over; nothing was changed.
    """
    key = key_of(request._request)
    if key is None:
        return work()
    claim = keys.claim_idempotency_key(user_id=user_id, key=key, fingerprint=fingerprint(request), now=now)
    if isinstance(claim, Answer):
        return claim.as_response(is_replay=True)
    with _holding(claim, keys=keys), transaction.atomic():
        response = work()
        _keep(response, keys=keys, claim=claim)
    return response


def once_in_steps(
    request: Request, *, keys: Keys, user_id: int, now: datetime, work: Callable[[Attempt], HttpResponse]
) -> HttpResponse:
    """`once` for work that takes several transactions, or too long for one.

    The transaction that makes something notes it (`Attempt.note`); whoever takes over a key that has a note goes on
    with what there is, and makes nothing again.

    Raises:
        as `once`, and
        Unavailable: something broke after the note; it may have been carried out.
    """
    key = key_of(request._request)
    claim = None
    if key is not None:
        claim = keys.claim_idempotency_key(user_id=user_id, key=key, fingerprint=fingerprint(request), now=now)
    if isinstance(claim, Answer):
        return claim.as_response(is_replay=True)
    attempt = Attempt(keys=keys, claim=claim)
    try:
        with contextlib.nullcontext() if claim is None else _holding(claim, keys=keys):
            response = work(attempt)
            if claim is not None:
                # Whoever has taken over goes on with what this one made, and keeps the same answer.
                with contextlib.suppress(LostClaim):
                    _keep(response, keys=keys, claim=claim)
    except BaseException as fault:
        if attempt.has_noted and as_unavailable(fault) is not None:
            raise MayBeDone() from fault
        raise
    return response


@contextlib.contextmanager
def _holding(claim: Claim, *, keys: Keys) -> Iterator[None]:
    """Keep a key reserved for as long as its request is at work, and let go of it when that fails."""
    every_s = CLAIM_LIFETIME.total_seconds() / _RENEWALS_PER_LIFETIME
    try:
        with holds.renewed(lambda: keys.renew_idempotency_key(claim, now=clock_now()), every_s=every_s):
            yield
    except BaseException:
        _let_go(claim, keys=keys)
        raise


def _let_go(claim: Claim, *, keys: Keys) -> None:
    try:
        keys.release_idempotency_key(claim)
    except Exception as fault:
        if as_unavailable(fault) is None:
            raise
        # Nobody waits for the database here: whoever sent the request is told at once.
        threading.Thread(target=_let_go_later, args=(claim, keys), name="letting go", daemon=True).start()


def _let_go_later(claim: Claim, keys: Keys) -> None:
    try:
        insist(lambda: keys.release_idempotency_key(claim), for_s=CLAIM_LIFETIME.total_seconds())
    except Exception as fault:
        logger.info("key_not_released", error=type(fault).__name__)
    finally:
        connection.close()


def _keep(response: HttpResponse, *, keys: Keys, claim: Claim) -> None:
    if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        keys.release_idempotency_key(claim)
        return
    location = response.headers.get("Location", "")
    keys.store_idempotent_answer(
        claim, Answer(status=response.status_code, body=response.content.decode(), location=location)
    )


def fingerprint(request: Request) -> str:
    """A digest of what is asked: method, address, values and files; not of how a body was put together."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if isinstance(data, bytes):
        digest.update(data)
    elif isinstance(data, QueryDict):
        for name in sorted(data):
            for value in data.getlist(name):
                _add_value(digest, name, value)
    else:
        digest.update(repr(data).encode("utf-8", "replace"))
    return digest.hexdigest()


def _add_value(digest: Any, name: str, value: Any) -> None:
    digest.update(f"\n{len(name)} {name}=".encode())
    if hasattr(value, "chunks"):
        digest.update(value.name.encode("utf-8", "replace"))
        for chunk in value.chunks(_CHUNK_BYTES):
            digest.update(chunk)
        value.seek(0)
    else:
        digest.update(f"{len(value)} {value}".encode("utf-8", "replace"))
