"""What people said of a task before they could see what others said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Said(Protocol):
    """A word as it is stored."""

    @property
    def author(self) -> int: ...
    @property
    def is_withdrawn(self) -> bool: ...


Word = TypeVar("Word", bound=Said)


def blind_words(said: Iterable[Word], *, wants: int) -> list[Word]:
    """Everybody's word at the moment when all opinions that were wanted had been given.

    Until then nobody sees another's. A word that is changed afterwards may be a copy, and does not count here.

    Args:
        said: opinions of one task in the order in which they were given.
        wants: how many people's were wanted.

    Returns:
        One word of each person, who spoke first in front; fewer than `wants` while not all have spoken.
    """
    standing: dict[int, Word] = {}
    for word in said:
        if word.is_withdrawn:
            standing.pop(word.author, None)
        else:
            standing[word.author] = word
        if len(standing) >= wants:
            break
    return list(standing.values())
