"""Whose word stands."""

from collections.abc import Iterable

from annotations.choices import Layer, Verdict
from annotations.models import Annotation


def standing_opinions(said: Iterable[Annotation], *, counts_from: int) -> list[Annotation]:
    """The last word of everybody who has not taken theirs back, the earliest first; a lead's between them is none.

    Args:
        said: annotations of one task.
        counts_from: the task's; what has a smaller number is from before it was opened again.
    """
    latest: dict[int, Annotation] = {}
    for one in sorted(said, key=lambda one: one.number):
        if one.layer == Layer.OPINION and one.number >= counts_from:
            latest[one.author_id] = one
    standing = [one for one in latest.values() if one.verdict != Verdict.WITHDRAWN]
    return sorted(standing, key=lambda one: one.number)
