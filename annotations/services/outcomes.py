"""Answers to edits: what they say of what is refused, and what the journal keeps of them to give the same again.

Annotations are never edited, so an answer that shows one keeps its number. A thread only grows; whoever asks again has
it as it is by then.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from annotations.models import BookExample
from annotations.selectors import example_of, said_by_number, threads_of
from core import problems
from core.actors import Actor
from core.errors import WaferdeckError


def refused(refusal: WaferdeckError, *, identifier: str = "", **named: Any) -> dict[str, Any]:
    """What an answer says of what cannot be carried out.

    Args:
        identifier: the request's; kept answers name none.
        named: what it is that was refused, `seq` or `id`.
    """
    return {**named, "state": "refused", "problem": problems.members(refusal, identifier=identifier)}


def packed(outcome: Any) -> Any:
    """An outcome without what can be read again."""
    if isinstance(outcome, list):
        return [packed(one) for one in outcome]
    if not isinstance(outcome, Mapping):
        return outcome
    kept = {name: packed(value) for name, value in outcome.items()}
    if _is_head(outcome) and isinstance(outcome["annotation"], Mapping):
        kept["annotation"] = outcome["annotation"]["number"]
    if isinstance(outcome.get("thread"), Mapping):
        kept["thread"] = outcome["thread"]["id"]
    if isinstance(outcome.get("example"), Mapping):
        kept["example"] = outcome["example"]["id"]
    return kept


def unpacked(kept: Mapping[str, Any], *, actor: Actor) -> dict[str, Any]:
    """The outcome that was packed. One query for all its annotations, those of `threads_of` for a thread."""
    outcome = dict(kept)
    if isinstance(outcome.get("thread"), str):
        (outcome["thread"],) = threads_of([UUID(outcome["thread"])], actor=actor)
    if isinstance(outcome.get("example"), str):
        outcome["example"] = example_of(BookExample.objects.select_related("image").get(pk=outcome["example"]))
    packed_heads = [head for head in _heads_in(outcome) if isinstance(head["annotation"], int)]
    said = said_by_number({(UUID(head["id"]), head["annotation"]) for head in packed_heads})
    for head in packed_heads:
        head["annotation"] = said[UUID(head["id"]), head["annotation"]]
    return outcome


def _heads_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _heads_in(one)
    elif isinstance(value, dict):
        if _is_head(value):
            yield value
        for one in value.values():
            yield from _heads_in(one)


def _is_head(value: Mapping[str, Any]) -> bool:
    """Whether it is what `selectors.heads_of` says of a task."""
    return value.keys() >= {"id", "kind", "revision", "state", "annotation"}
