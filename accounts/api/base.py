"""What every view shares: who asks, checked queries, pages, and keys that make repeats harmless."""

import json
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import services as accounts
from accounts.selectors import actor_of
from core import idempotency
from core.actors import Actor
from core.clock import now
from core.idempotency import Attempt
from core.ids import uuid7_floor
from core.pagination import page_of
from core.rest import RestView
from core.shapes import checked


class ApiView(RestView):
    """A view of the REST interface."""

    request: Request

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def query(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """The query as the serializer declares it.

        Raises:
            Invalid: naming every parameter that cannot be used.
        """
        return checked(serializer_class, self.request.query_params)

    def body(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """The body as the serializer declares it. Raises as `query`."""
        return checked(serializer_class, self.request.data)

    def page(
        self, rows: QuerySet[Any], *, query: dict[str, Any], show: Callable[[Any], dict[str, Any]]
    ) -> HttpResponse:
        """One page of rows, newest first."""
        body = page_of(rows, request=self.request._request, limit=query["limit"], cursor=query.get("cursor"), show=show)
        return answer(body)

    def page_described(
        self, rows: QuerySet[Any], *, query: dict[str, Any], describe: Callable[[list[Any]], list[dict[str, Any]]]
    ) -> HttpResponse:
        """`page` for rows that are described all at once: what belongs to them is looked up once for the page."""
        body = page_of(
            rows, request=self.request._request, limit=query["limit"], cursor=query.get("cursor"), show=lambda row: row
        )
        return answer({**body, "results": describe(body["results"])})

    def once(self, work: Callable[[], HttpResponse]) -> HttpResponse:
        """Carry out a change in one transaction, unless the request's `Idempotency-Key` has an answer already."""
        return idempotency.once(self.request, keys=accounts, user_id=self._user_id, now=now(), work=work)

    def once_in_steps(self, work: Callable[[Attempt], HttpResponse]) -> HttpResponse:
        """`once` for a change that takes several transactions, or long; it notes what it makes."""
        return idempotency.once_in_steps(self.request, keys=accounts, user_id=self._user_id, now=now(), work=work)

    @property
    def _user_id(self) -> int:
        user_id = self.actor.user_id
        assert user_id is not None
        return user_id


def answer(body: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON answer. Numbers that JSON does not have are a fault of ours, and raised."""
    content = json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(content, status=status, content_type="application/json", headers=headers)


def between(rows: QuerySet[Any], query: dict[str, Any], *, key: str = "pk") -> QuerySet[Any]:
    """Rows made in the time the query names; their keys start with it, so no other index is needed."""
    if "since" in query:
        rows = rows.filter(**{f"{key}__gte": uuid7_floor(at=query["since"])})
    if "until" in query:
        rows = rows.filter(**{f"{key}__lt": uuid7_floor(at=query["until"])})
    return rows


def narrowed(rows: QuerySet[Any], query: dict[str, Any], lookups: dict[str, str]) -> QuerySet[Any]:
    """Rows that fit the parameters that were given.

    Args:
        lookups: the lookup behind each parameter; nothing else of the query reaches the database.
    """
    return rows.filter(**{lookup: query[name] for name, lookup in lookups.items() if name in query})
