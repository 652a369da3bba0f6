"""The defect book: words by version, real items added, put in order and retired. Nothing is ever deleted."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Site
from annotations import events
from annotations.choices import CHECKS, ExampleKind, TaskState, Verdict
from annotations.errors import BookFull, IdTaken, StalePage, StillBlind
from annotations.models import Annotation, BookExample, BookText, ReviewTask
from annotations.selectors import task_visible_to
from annotations.selectors.book import example_visible_to, page_of_class, shown_examples, text_json, text_of
from annotations.services.book_order import place_between
from annotations.services.words import class_named
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import NotFound
from core.ids import uuid7
from core.rows import insert_row
from inspection import events as inspection_events
from inspection.models import DefectClass
from outbox import services as outbox

MOST_OF_A_KIND = 40
"""A page that holds everything shows nothing."""


@transaction.atomic
def write_page(
    *, site: Site, class_code: str, definition: str, look_for: str, seen_version: int, actor: Actor, now: datetime
) -> BookText:
    """Say what a class is. What was said before stays in the history; the same words again change nothing.

    Raises:
        Invalid: there is no such class.
        StalePage: somebody else wrote after the page was looked at; `current` has their words.
    """
    defect_class = class_named(class_code)
    _lock(site)
    before = text_of(site.pk, defect_class)
    if before and (before.definition, before.look_for) == (definition, look_for):
        return before
    version = before.number if before else 0
    if version != seen_version:
        current = page_of_class(defect_class, text=before, examples=[])
        raise StalePage("Somebody has written after you looked. Your words are kept on the page.", current=current)
    row = BookText(
        id=uuid7(at=now),
        site=site,
        defect_class=defect_class,
        number=version + 1,
        definition=definition,
        look_for=look_for,
        author=actor.username,
        made_at=now,
    )
    insert_row(row)
    audit.record(
        action=Action.BOOK_PAGE_WRITTEN,
        object_type="book_page",
        object_id=f"{site.code}/{class_code}",
        object_version=row.number,
        actor=actor,
        at=now,
        before=text_json(before) if before else None,
        after=text_json(row),
    )
    _announce(site.pk, defect_class, actor=actor, now=now)
    return row


@transaction.atomic
def add_to_book(
    *, example_id: UUID, task_id: UUID, class_code: str, kind: ExampleKind, why: str, actor: Actor, now: datetime
) -> tuple[BookExample, bool]:
    """Put a real item into the book, as it stands: its box, and what people said it is.

    Args:
        example_id: made by whoever adds it; the same again adds nothing.

    Returns:
        What is in the book, and whether it was put there now: an item is there once in each kind of a class.

    Raises:
        NotFound: no such task at the actor's sites.
        Invalid: there is no such class.
        StillBlind: others are still asked about it, apart from one another.
        BookFull: the class has as many of the kind as its page shows.
        IdTaken: the id stands for another item.
    """
    task = task_visible_to(actor, task_id)
    defect_class = class_named(class_code)
    if task.wants > 1 and task.state == TaskState.OPEN:
        raise StillBlind("Others are still asked about this. Put it into the book when they have spoken.")
    _lock(task.site)
    shown = shown_examples(task.site_id).filter(defect_class=defect_class, kind=kind)
    there = shown.filter(task_id=_item_of(task)).first()
    if there is not None:
        return there, False
    ranks = list(shown.values_list("rank", flat=True))
    if len(ranks) >= MOST_OF_A_KIND:
        raise BookFull(f"This page has {MOST_OF_A_KIND} of these. A lead can take out what shows least.")
    row = _example(task, example_id, defect_class, kind=kind, why=why, actor=actor, now=now)
    row.rank = max(ranks, default=0.0) + 1.0
    try:
        with transaction.atomic():
            insert_row(row)
    except IntegrityError as fault:
        raise IdTaken("This id stands for another item of the book.") from fault
    after = {"class": class_code, "kind": kind, "task": row.task_id, "truth": row.truth, "why": why}
    _record(Action.BOOK_EXAMPLE_ADDED, row, actor=actor, now=now, after=after)
    return row, True


@transaction.atomic
def retire_example(*, example_id: UUID, actor: Actor, now: datetime) -> BookExample:
    """Take an item out of the book. Its row stays; taking it out again changes nothing.

    Raises:
        NotFound: there is none at the actor's sites.
    """
    row = _locked(example_id, actor)
    if row.retired_at is None:
        row.retired_at, row.retired_by = now, actor.username
        row.save(update_fields=["retired_at", "retired_by"])
        _record(Action.BOOK_EXAMPLE_RETIRED, row, actor=actor, now=now, after={"retired": True})
    return row


@transaction.atomic
def restore_example(*, example_id: UUID, actor: Actor, now: datetime) -> BookExample:
    """Put back what was taken out, where it was.

    Raises:
        NotFound: there is none at the actor's sites.
        BookFull: its place has been taken meanwhile, or the page is full.
    """
    row = _locked(example_id, actor)
    if row.retired_at is None:
        return row
    shown = shown_examples(row.site_id).filter(defect_class=row.defect_class, kind=row.kind)
    if shown.filter(task=row.task_id).exists() or shown.count() >= MOST_OF_A_KIND:
        raise BookFull("The same item is in the book again already, or the page is full.")
    row.retired_at, row.retired_by = None, ""
    row.save(update_fields=["retired_at", "retired_by"])
    _record(Action.BOOK_EXAMPLE_ADDED, row, actor=actor, now=now, after={"retired": False})
    return row


@transaction.atomic
def move_example(*, example_id: UUID, before: UUID | None, actor: Actor, now: datetime) -> BookExample:
    """Put an item before another of its kind and class, or last.

    Raises:
        NotFound: one of them is not in the book at the actor's sites.
    """
    row = _locked(example_id, actor)
    others = list(shown_examples(row.site_id).filter(defect_class=row.defect_class, kind=row.kind).exclude(pk=row.pk))
    at = next((place for place, other in enumerate(others) if other.pk == before), None) if before else len(others)
    if at is None or row.retired_at is not None:
        raise NotFound("There is no such item in this part of the book.")
    old_rank = row.rank
    place_between(row, after=others[at - 1] if at else None, before=others[at] if at < len(others) else None)
    row.save(update_fields=["rank"])
    _record(Action.BOOK_EXAMPLE_MOVED, row, actor=actor, now=now, before={"rank": old_rank}, after={"rank": row.rank})
    return row


def _lock(site: Site) -> None:
    """Whoever changes the book of a site does so alone: it is small, and seldom changed."""
    Site.objects.select_for_update(no_key=True).only("pk").get(pk=site.pk)


def _locked(example_id: UUID, actor: Actor) -> BookExample:
    row = example_visible_to(actor, example_id)
    _lock(row.site)
    row.refresh_from_db(fields=["rank", "retired_at", "retired_by"])
    return row


def _item_of(task: ReviewTask) -> UUID:
    """The task that an item of the book is of. A check is its reviewer's alone, so it is the original: nobody else is
    asked about that from then on. What the item shows is what who put it there saw and said.
    """
    return task.original_id or task.pk if task.kind in CHECKS else task.pk


def _example(
    task: ReviewTask, example_id: UUID, defect_class: DefectClass, *, kind: str, why: str, actor: Actor, now: datetime
) -> BookExample:
    said = Annotation.objects.filter(task=task, number=task.annotation_number).select_related("defect_class").first()
    box = (task.x_px, task.y_px, task.width_px, task.height_px)
    truth = ""
    if said is not None and said.verdict != Verdict.DEFECT:
        truth = Verdict.NUISANCE.value if said.verdict == Verdict.NUISANCE else ""
    elif said is not None and said.defect_class is not None:
        truth = said.defect_class.code
        box = (said.x_px or 0.0, said.y_px or 0.0, said.width_px or 0.0, said.height_px or 0.0)
    return BookExample(
        id=example_id,
        site_id=task.site_id,
        defect_class=defect_class,
        kind=kind,
        task_id=_item_of(task),
        image_id=task.image_id,
        x_px=box[0],
        y_px=box[1],
        width_px=box[2],
        height_px=box[3],
        truth=truth,
        why=why,
        author=actor.username,
        added_at=now,
    )


def _record(
    action: Action,
    row: BookExample,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, object],
    before: dict[str, object] | None = None,
) -> None:
    audit.record(
        action=action,
        object_type="book_example",
        object_id=row.pk,
        actor=actor,
        at=now,
        before=before,
        after=after,
    )
    _announce(row.site_id, row.defect_class, actor=actor, now=now)


def _announce(site_id: int, defect_class: DefectClass, *, actor: Actor, now: datetime) -> None:
    outbox.announce(
        type=events.BOOK_CHANGED,
        topics=[inspection_events.site_topic(site_id)],
        payload={"class_code": defect_class.code, "by": actor.username},
        now=now,
    )
