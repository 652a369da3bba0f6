"""Large JSON read element by element: what is wrong is told with its place, and only one element is held at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any

from domain.datasets.labels import FaultFound

MOST_DEPTH = 24
_MOST_DIGITS = 40


class JsonText:
    """A JSON document that is read from its beginning to its end, once.

    Numbers that JSON does not have, a name twice in an object, and nesting deeper than `MOST_DEPTH` are faults.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._text = data.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            line = data.count(b"\n", 0, fault.start) + 1
            raise FaultFound(f"line {line}", "It is not UTF-8.", "Save the file as UTF-8.") from fault
        self._at = 0
        self._decoder = json.JSONDecoder(parse_int=_whole, parse_constant=_refused, object_pairs_hook=_once_each)

    def is_object(self) -> bool:
        return self._peek() == "{"

    def members(self) -> Iterator[str]:
        """Names of the members of the object that stands here; of each, the caller reads the value."""
        self._expect("{", where="$")
        if self._peek() == "}":
            self._at += 1
            return
        seen: set[str] = set()
        while True:
            name = self.value(where="$")
            if not isinstance(name, str) or name in seen:
                raise self._fault("$", "A member's name is no text, or stands there twice.")
            seen.add(name)
            self._expect(":", where=f"$.{name:.40}")
            yield name
            if not self._goes_on("}", where="$"):
                return

    def items(self, *, where: str) -> Iterator[tuple[str, Any]]:
        """Elements of the array that stands here, each with its path."""
        self._expect("[", where=where)
        if self._peek() == "]":
            self._at += 1
            return
        number = 0
        while True:
            path = f"{where}[{number}]"
            yield path, self.value(where=path)
            number += 1
            if not self._goes_on("]", where=path):
                return

    def value(self, *, where: str) -> Any:
        """The value that stands here."""
        self._peek()
        start = self._at
        try:
            found, self._at = self._decoder.raw_decode(self._text, self._at)
        except RecursionError as fault:
            raise self._fault(where, "It is nested too deep.") from fault
        except json.JSONDecodeError as fault:
            self._at = fault.pos
            raise self._fault(where, f"This is no JSON: {fault.msg}.") from fault
        except ValueError as fault:
            raise self._fault(where, f"{fault}.") from fault
        # With so few brackets it cannot be deep, and to count them costs next to nothing.
        if self._text.count("[", start, self._at) + self._text.count("{", start, self._at) > MOST_DEPTH:
            _check_depth(found, where=where)
        return found

    def end(self) -> None:
        """
        Raises:
            FaultFound: something follows.
        """
        if self._peek():
            raise self._fault("$", "Something follows after the end.")

    def _peek(self) -> str:
        self._at = WHITESPACE.match(self._text, self._at).end()
        return self._text[self._at : self._at + 1]

    def _expect(self, sign: str, *, where: str) -> None:
        if self._peek() != sign:
            raise self._fault(where, f"{sign} is wanted here.")
        self._at += 1

    def _goes_on(self, closing: str, *, where: str) -> bool:
        sign = self._peek()
        if sign not in (",", closing):
            raise self._fault(where, f"A comma or {closing} is wanted behind this.")
        self._at += 1
        return sign == ","

    def _fault(self, where: str, what: str) -> FaultFound:
        line = self._text.count("\n", 0, self._at) + 1
        advice = "Look at the file there: it is cut off, or was not written by a program."
        return FaultFound(f"{where}, line {line}", what, advice)


def member(found: Any, name: str, *, where: str) -> Any:
    """A member of an object.

    Raises:
        FaultFound: it is no object, or has no such member.
    """
    if not isinstance(found, dict):
        raise FaultFound(where, "An object is wanted here.", "Write it in braces, with named members.")
    if name not in found:
        raise FaultFound(where, f"It has no {name}.", f"Add {name}.")
    return found[name]


def _check_depth(found: Any, *, where: str) -> None:
    level = [found]
    for _ in range(MOST_DEPTH):
        following: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                following.extend(one for one in item.values() if isinstance(one, dict | list))
            elif isinstance(item, list):
                following.extend(one for one in item if isinstance(one, dict | list))
        if not following:
            return
        level = following
    raise FaultFound(where, f"It is nested more than {MOST_DEPTH} levels deep.", "Leave out what is not labels.")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice in an object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"A whole number has more than {_MOST_DIGITS} digits")
    return int(digits)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")
