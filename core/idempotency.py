"""`Idempotency-Key`: a request that is repeated with its key is answered like the first time and carried out once."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.request import Request

from core.errors import Invalid

_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_CHUNK_BYTES = 2**20


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


class Keys(Protocol):
    """Where keys are kept; `accounts.services` keeps them in the database."""

    def claim_idempotency_key(self, *, user_id: int, key: str, fingerprint: str, now: datetime) -> Answer | None: ...

    def store_idempotent_answer(self, *, user_id: int, key: str, answer: Answer) -> None: ...

    def release_idempotency_key(self, *, user_id: int, key: str) -> None: ...


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
    """Carry out `work`, unless this request's key has an answer already.

    Only success is kept: a request that failed changed nothing, and may be tried again with its key.

    Raises:
        KeyReused: the key came with another request before.
        StillRunning: the first request with it has not ended.
    """
    key = key_of(request._request)
    if key is None:
        return work()
    earlier = keys.claim_idempotency_key(user_id=user_id, key=key, fingerprint=fingerprint(request), now=now)
    if earlier is not None:
        return earlier.as_response(is_replay=True)
    try:
        response = work()
    except BaseException:
        keys.release_idempotency_key(user_id=user_id, key=key)
        raise
    if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        keys.release_idempotency_key(user_id=user_id, key=key)
        return response
    answer = Answer(
        status=response.status_code, body=response.content.decode(), location=response.headers.get("Location", "")
    )
    keys.store_idempotent_answer(user_id=user_id, key=key, answer=answer)
    return response


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
