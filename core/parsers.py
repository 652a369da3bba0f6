"""Request bodies: JSON without surprises, and an image as it is."""

import json
from collections import Counter
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.errors import Invalid, WaferdeckError
from core.text import size_text

JSON_MAX_BYTES = 2**20
JSON_MAX_DEPTH = 32
MOST_DIGITS = 300


class BodyTooLarge(WaferdeckError):
    code = "too_large"
    status = 413
    title = "The request is too large"


class StrictJSONParser(BaseParser):
    """An object in UTF-8: at most 1 MiB and 32 levels, no NaN, no name twice, no half of a surrogate pair."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(JSON_MAX_BYTES + 1)
        if len(raw) > JSON_MAX_BYTES:
            raise BodyTooLarge(f"A JSON body may have {size_text(JSON_MAX_BYTES)} at most.")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise ParseError("The body is not UTF-8.") from fault
        return strict_json(text)


def strict_json(text: str) -> Any:
    """What `text` says: at most 32 levels, no NaN, no name twice, no half of a surrogate pair.

    Raises:
        ParseError: it is no such JSON.
        Invalid: a name stands twice in an object.
    """
    try:
        value = json.loads(text, parse_int=_whole, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as fault:
        raise ParseError(f"The body is not JSON: {fault}"[:200]) from fault
    _check_inside(value)
    return value


class RawImageParser(BaseParser):
    """An image file as the whole body; what else there is to say stands in the query."""

    media_type = "image/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return bytes(stream.read())


class RawBytesParser(RawImageParser):
    media_type = "application/octet-stream"


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a whole number has more than {MOST_DIGITS} digits")
    return int(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        # Anybody may send a megabyte of names: each is looked at once.
        times = Counter(name for name, _ in pairs)
        twice = sorted(name for name, count in times.items() if count > 1)[:10]
        fields = {name[:64]: ["It was given more than once."] for name in twice}
        raise Invalid("A name stands twice in the body.", fields=fields)
    return value


def _check_inside(value: Any) -> None:
    level = [value]
    for _ in range(JSON_MAX_DEPTH):
        following: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for name in item:
                    _check_text(name)
                following.extend(item.values())
            elif isinstance(item, list):
                following.extend(item)
        if not following:
            return
        level = following
    raise ParseError(f"The body is nested more than {JSON_MAX_DEPTH} levels deep.")


def _check_text(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError("The body holds half of a surrogate pair.")
