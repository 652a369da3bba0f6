"""The only writer of the trail."""

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.actions import Action
from core.actors import Actor
from core.ids import uuid7
from core.prepared import prepared

_INSERT = """
INSERT INTO audit_event
    (id, ts, actor, source, action, object_type, object_id, object_version, before, after, reason, app)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    *,
    action: Action,
    object_type: str,
    object_id: object,
    actor: Actor,
    at: datetime,
    object_version: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> UUID:
    """Add one event to the trail, in the transaction of what it records.

    Args:
        action: the verb, from the closed list.
        object_type, object_id: what was acted on.
        before, after: the values that changed; fractions are kept as text, since the canonical form has no floats.
        reason: why, where the record needs one.

    Returns:
        The event's id.
    """
    event_id = uuid7(at=at)
    with prepared() as cursor:
        cursor.execute(
            _INSERT,
            [
                event_id,
                at,
                _json(_actor_dict(actor)),
                _json(
                    {"ip": actor.source.ip, "agent": actor.source.agent[:300], "request_id": actor.source.request_id}
                ),
                str(action),
                object_type,
                str(object_id),
                object_version,
                None if before is None else _json(before),
                None if after is None else _json(after),
                reason,
                _json({"version": settings.WAFERDECK_VERSION, "build": settings.CODE_VERSION}),
            ],
        )
    return event_id


def _actor_dict(actor: Actor) -> dict[str, Any]:
    return {
        "id": actor.user_id,
        "username": actor.username,
        "full_name": actor.full_name,
        "roles": sorted(actor.roles),
        "auth": actor.auth,
        "session": actor.session,
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(_exact(value), allow_nan=False, separators=(",", ":"))


def _exact(value: Any) -> Any:
    """The same value with nothing in it that two readers could print differently."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float | Decimal):
        return repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_exact(item) for item in items]
    return value
