"""Items for the defect book by way of the journal: laid down in the browser, put in once however often they arrive."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations.choices import ExampleKind
from annotations.selectors import example_of
from annotations.services.book import add_to_book
from annotations.services.edits import take_edit
from core.actors import Actor


def take_book_edit(
    *, client: UUID, edit: Mapping[str, Any], content: Mapping[str, Any], actor: Actor, now: datetime
) -> dict[str, Any]:
    """`take_edit` for the defect book: its answer has the `example` that is there.

    Raises:
        Unavailable: as `take_edit`.
    """
    return take_edit(client=client, edit=edit, content=content, actor=actor, now=now, carry_out=_carry_out)


def _carry_out(edit: Mapping[str, Any], *, client: UUID, actor: Actor, now: datetime) -> dict[str, Any]:
    row, _ = add_to_book(
        example_id=edit["id"],
        task_id=edit["task"],
        class_code=edit["class_code"],
        kind=ExampleKind(edit["shows"]),
        why=edit.get("why", ""),
        actor=actor,
        now=now,
    )
    return {"example": example_of(row)}
