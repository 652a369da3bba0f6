"""Edits as they arrive: each is checked by the shape of its kind, and answered by itself."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from rest_framework import serializers
from rest_framework.request import Request

from annotations.services import refused
from core import problems
from core.errors import Invalid
from core.outages import as_unavailable
from core.permissions import refused as forbidden
from core.shapes import checked

logger = structlog.get_logger(__name__)


def check_sender(request: Request, sent: Mapping[str, Any], *, username: str) -> None:
    """
    Raises:
        Forbidden: these are edits of somebody else, who has signed out here.
    """
    if sent.get("reviewer", username) != username:
        raise forbidden(request, f"These are edits of {sent['reviewer']}, who is not signed in here.")


def ack_of(
    content: Mapping[str, Any],
    *,
    client: UUID,
    shapes: Mapping[str, type[serializers.Serializer]],
    plain: type[serializers.Serializer],
    take: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    """What came of one edit: what `take` says of it, why it cannot be read, or that the server fails on it.

    Args:
        shapes: what an edit of each kind looks like.
        plain: what an edit of any other kind is checked by, which names what is wrong with it.
    """
    kind = content.get("kind")
    try:
        edit = checked(shapes.get(kind, plain) if isinstance(kind, str) else plain, content)
    except Invalid as refusal:
        # Its number may be what is wrong; then there is none to name.
        seq = content.get("seq")
        return refused(refusal, identifier=_identifier(), seq=seq if isinstance(seq, int) else 0)
    try:
        return take(client=client, edit=edit, content=content)
    except Exception as fault:
        if problems.as_waferdeck_error(fault) is not None or as_unavailable(fault) is not None:
            raise
        # Whatever is wrong with us and this edit must not hold up all those behind it.
        logger.exception("edit_failed", kind=kind, seq=edit["seq"])
        failure = problems.InternalError("The server failed on this, and has logged why.")
        return refused(failure, identifier=_identifier(), seq=edit["seq"])


def _identifier() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
