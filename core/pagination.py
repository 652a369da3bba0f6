"""Cursor pages: flat in cost however deep, and never counting."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, QuerySet
from django.http import HttpRequest
from rest_framework import serializers

from core.errors import Invalid
from core.fields import WholeNumberField

PAGE_SIZE = 30
MAX_PAGE_SIZE = 200
_LARGEST_KEY = BigIntegerField.MAX_BIGINT


class PageIn(serializers.Serializer):
    """What every list understands."""

    limit = WholeNumberField(min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE, help_text="Rows on the page.")
    cursor = serializers.CharField(
        max_length=80, required=False, help_text="Where the page starts; taken from `next` or `previous`."
    )


def page_of(
    rows: QuerySet[Any], *, request: HttpRequest, limit: int, cursor: str | None, show: Callable[[Any], Any]
) -> dict[str, Any]:
    """One page of `rows`, newest key first: `{"next", "previous", "results"}`. One query.

    Args:
        rows: any queryset; its own order is replaced.
        show: a row as JSON.

    Raises:
        Invalid: the cursor is none of ours.
    """
    is_backward, key = _parse(cursor, rows) if cursor else (False, None)
    if key is not None:
        rows = rows.filter(pk__gt=key) if is_backward else rows.filter(pk__lt=key)
    found = list(rows.order_by("pk" if is_backward else "-pk")[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    if is_backward:
        found.reverse()
    has_older = bool(found) and (is_backward or has_more)
    has_newer = bool(found) and ((key is not None and not is_backward) or (is_backward and has_more))
    return {
        "next": _link(request, f"n{found[-1].pk}") if has_older else None,
        "previous": _link(request, f"p{found[0].pk}") if has_newer else None,
        "results": [show(row) for row in found],
    }


def _link(request: HttpRequest, position: str) -> str:
    token = urlsafe_b64encode(position.encode()).decode().rstrip("=")
    query = [(name, value) for name, values in request.GET.lists() for value in values if name != "cursor"]
    return f"{request.path}?{urlencode([*query, ('cursor', token)])}"


def _parse(cursor: str, rows: QuerySet[Any]) -> tuple[bool, Any]:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        key = rows.model._meta.pk.to_python(text[1:])
    except (ValueError, binascii.Error, ValidationError) as fault:
        raise _not_ours() from fault
    if text[:1] not in ("n", "p") or (isinstance(key, int) and abs(key) > _LARGEST_KEY):
        raise _not_ours()
    return text[0] == "p", key


def _not_ours() -> Invalid:
    return Invalid("This cursor is none of ours.", fields={"cursor": ["Take it from `next` or `previous` of a page."]})
