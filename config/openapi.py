"""What the OpenAPI document says of every operation alike: its errors, and the sockets beside them."""

from typing import Any

from core import policy

_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do, for a person."},
        "code": {"type": "string", "description": "A stable name, for a program."},
        "request_id": {"type": "string"},
        "retry_after_s": {"type": "integer"},
        "fields": {"type": "object", "additionalProperties": True, "description": "Each field that cannot be used."},
    },
    "additionalProperties": True,
}
_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_ERRORS = {
    "400": "Some values cannot be used, or the request is malformed.",
    "401": "Not signed in.",
    "403": "The role, or the token's scope, does not allow this.",
    "404": "There is no such thing, or it belongs to another site.",
    "406": "The answer has no form that the caller accepts.",
    "408": "The body did not arrive in time.",
    "413": "The body is too large.",
    "429": "Too many tries, or too many images within a minute; see `Retry-After`.",
    "503": "A part is away or overloaded; see `Retry-After`.",
}
_ERRORS_OF_CHANGES = {
    "409": "Somebody or something else came first.",
    "415": "This content type is not understood.",
    "422": "The file, or the Idempotency-Key, cannot be used.",
}
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Send the same key with a repeated request: it is carried out once and answered the same.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]{8,128}$"},
}
_CHANGES = frozenset({"post", "put", "patch", "delete"})
# Repeats of the last two are harmless by themselves.
_WITHOUT_KEY = frozenset({"/api/v1/auth/token/", "/api/v1/review/edits/", "/api/v1/review/queues/{queue_id}/next/"})
_SOCKETS = {
    "/ws/live/": "Events of every wafer at the caller's sites: `run.*`, `system.changed`.",
    "/ws/wafers/<uuid:wafer_id>/": "Events of one wafer: `run.*`.",
    "/ws/jobs/<uuid:job_id>/": "Events of one batch: `job.changed`.",
    "/ws/review/": "What reviewers of the caller's sites do: `task.decided`, `queue.changed`.",
    "/ws/stream/": (
        'Images in: a text frame `{"type": "start", ...}` with the upload\'s fields, then binary frames, one encoded'
        " image each; every one is answered by `result` or `refused` with its number `n`. At most 4 are in flight;"
        " one more is answered by `slow_down` and has to be sent again."
    ),
}
_FRAME = (
    "Text frames are `{type, seq, at, data}`. The first is `hello` (`data.live` says whether events flow); `gap` means:"
    " ask for the present; `hub.down`: events have stopped, poll until `gap`; `heartbeat` every 15 s. Opened with"
    " `?last_seq=<n>`, a socket of events first sends what came after event n, with what was written before it and"
    " committed later, or `gap` when that is too much; an event may come twice, and its `seq` tells."
)
_CLOSE_CODES = {
    "4401": "not signed in, or signed out meanwhile",
    "4403": "the role does not allow it, or does no longer",
    "4404": "no such thing, or another site's",
    "4429": "too many sockets of this account, or too many of this address at the door: try later",
    "1008": "too many messages, or none that is understood; a reader that is too slow",
    "1009": "a frame that is too big",
    "1012": "the server restarts: connect again",
    "1013": "the database is away: try later",
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every error that any operation may answer, and the header that makes repeats harmless."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            errors = _ERRORS | (_ERRORS_OF_CHANGES if method in _CHANGES else {})
            for status, description in errors.items():
                operation["responses"].setdefault(status, {"description": description, **_PROBLEM})
            if method == "post" and path not in _WITHOUT_KEY:
                operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    return result


def add_sockets(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The sockets, which OpenAPI has no words for."""
    result["x-websockets"] = [
        {
            "path": rule.name.replace("<uuid:", "{").replace(">", "}"),
            "description": _SOCKETS.get(rule.name, ""),
            "frames": _FRAME,
            "roles": sorted(rule.roles),
            "security": "The session cookie and an Origin of ours, or `Authorization: Token <key>` and no Origin.",
            "closeCodes": _CLOSE_CODES,
        }
        for rule in policy.rules()
        if rule.kind == "ws"
    ]
    return result
