"""Parts of files, as `Range` asks for them (RFC 9110, section 14)."""

from enum import Enum
from typing import Literal


class _Outcome(Enum):
    NOT_SATISFIABLE = 1


NOT_SATISFIABLE: Literal[_Outcome.NOT_SATISFIABLE] = _Outcome.NOT_SATISFIABLE
_LONGEST_NUMBER = 18


def wanted_range(header: str, *, size: int) -> tuple[int, int] | Literal[_Outcome.NOT_SATISFIABLE] | None:
    """First and last byte that are wanted.

    Args:
        header: the value of `Range`.
        size: of the whole, in bytes.

    Returns:
        None for the whole: nothing is asked for, or nothing that we understand; several ranges at once are given as the
        whole, too. `NOT_SATISFIABLE` where the file ends before the range begins.
    """
    unit, sign, asked = header.partition("=")
    if unit.strip().lower() != "bytes" or not sign or "," in asked:
        return None
    first, sign, last = (part.strip() for part in asked.partition("-"))
    if not sign or not (_is_number(first) or (not first and _is_number(last))) or (last and not _is_number(last)):
        return None
    if not first:
        count = min(int(last), size)
        return (size - count, size - 1) if count else NOT_SATISFIABLE
    start, end = int(first), int(last) if last else size - 1
    if last and end < start:
        return None
    return (start, min(end, size - 1)) if start < size else NOT_SATISFIABLE


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
