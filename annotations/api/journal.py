"""Edits as they arrive: each is checked by the shape of its kind, and answered by itself."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from core import problems
from core.errors import Invalid
from core.permissions import refused
from core.shapes import checked


def check_sender(request: Request, sent: Mapping[str, Any], *, username: str) -> None:
    """
    Raises:
        Forbidden: these are edits of somebody else, who has signed out here.
    """
    if sent.get("reviewer", username) != username:
        raise refused(request, f"These are edits of {sent['reviewer']}, who is not signed in here.")


def ack_of(
    content: Mapping[str, Any],
    *,
    client: UUID,
    shapes: Mapping[str, type[serializers.Serializer]],
    plain: type[serializers.Serializer],
    take: Callable[..., dict[str, Any]],
) -> dict[str, Any]:
    """What came of one edit: what `take` says of it, or why it cannot be read.

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
        return {
            "seq": seq if isinstance(seq, int) else 0,
            "state": "refused",
            "problem": problems.members(refusal, identifier=""),
        }
    return take(client=client, edit=edit, content=content)
