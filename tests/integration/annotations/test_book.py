"""The defect book: words by version, real items once, in a lead's order, never deleted."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from annotations import selectors, services
from annotations.choices import ExampleKind, Verdict
from annotations.errors import BookFull, StalePage, StillBlind
from annotations.models import BookExample, BookText
from annotations.services import Word, book
from audit.models import AuditEvent
from core.errors import Invalid, NotFound
from core.roles import Role
from inspection.models import DefectClass
from tests.factories import AT, make_class, make_site, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def add(ann):
    def add(task, *, kind=ExampleKind.EXAMPLE, code="scratch", actor=ann, why="", example_id=None):
        return services.add_to_book(
            example_id=example_id or uuid4(), task_id=task.pk, class_code=code, kind=kind, why=why, actor=actor, now=AT
        )

    return add


@pytest.fixture
def write(site, ann):
    def write(definition, *, seen, look_for="", actor=ann):
        at = AT + timedelta(seconds=seen)
        return services.write_page(
            site=site, class_code="scratch", definition=definition, look_for=look_for, seen_version=seen, actor=actor,
            now=at,
        )  # fmt: skip

    return write


@pytest.fixture
def tasks(inspected, find, queue_of, ann, ask):
    find(2)
    return ask(queue_of(), ann, 6)


def page(site):
    scratch = DefectClass.objects.get(code="scratch")
    examples = list(selectors.shown_examples(site.pk).filter(defect_class=scratch))
    return selectors.page_of_class(scratch, text=selectors.text_of(site.pk, scratch), examples=examples)


class TestWords:
    def test_are_kept_by_version(self, write, site, inspected):
        write("A line.", seen=0)
        write("A thin line.", seen=1)

        assert (page(site)["definition"], page(site)["version"]) == ("A thin line.", 2)
        assert [row.definition for row in selectors.texts_of(site.pk, make_class())] == ["A thin line.", "A line."]

    def test_that_are_the_same_change_nothing(self, write, inspected):
        write("A line.", seen=0)
        write("A line.", seen=0)

        assert BookText.objects.count() == 1

    def test_written_over_others_are_refused_with_theirs(self, write, inspected):
        write("A line.", seen=0)

        with pytest.raises(StalePage) as refusal:
            write("A dent.", seen=0)

        assert refusal.value.extra["current"]["definition"] == "A line."

    def test_are_of_the_site(self, write, inspected):
        write("A line.", seen=0)

        assert selectors.book_of(make_site("other").pk)[0]["definition"] == ""

    def test_are_in_the_trail(self, write, inspected):
        write("A line.", seen=0)

        assert AuditEvent.objects.get(action="book.write").after["definition"] == "A line."


class TestItems:
    def test_come_with_what_was_said_of_them(self, add, tasks, site, ann):
        task = tasks[0]
        make_class("pit")
        word = Word(verdict=Verdict.DEFECT, class_code="pit", bbox_px=(5.0, 6.0, 7.0, 8.0))
        services.decide(task_id=task.pk, word=word, seen_revision=1, actor=ann, now=AT)

        add(task, kind=ExampleKind.COUNTER, why="Round, not long")

        (shown,) = page(site)["examples"]
        assert (shown["truth"], shown["bbox_px"], shown["why"]) == ("pit", [5.0, 6.0, 7.0, 8.0], "Round, not long")

    def test_are_there_once_in_each_kind(self, add, tasks):
        first, is_first_new = add(tasks[0])
        again, is_again_new = add(tasks[0])
        add(tasks[0], kind=ExampleKind.BORDERLINE)

        assert (again.pk, is_first_new, is_again_new) == (first.pk, True, False)
        assert BookExample.objects.count() == 2

    def test_of_another_site_are_not_there(self, add, tasks):
        stranger = actor_of(make_user(Role.REVIEWER, site=make_site("other")))

        with pytest.raises(NotFound):
            add(tasks[0], actor=stranger)

    def test_of_a_class_that_is_not_there_are_refused(self, add, tasks):
        with pytest.raises(Invalid):
            add(tasks[0], code="ghost")

    def test_that_others_are_still_asked_about_wait(self, add, inspected, queue_of, ann, ask):
        (task,) = ask(queue_of(overlap_share=1.0), ann)

        with pytest.raises(StillBlind):
            add(task)

    def test_are_no_more_than_a_page_shows(self, add, tasks, monkeypatch):
        monkeypatch.setattr(book, "MOST_OF_A_KIND", 1)
        add(tasks[0])

        with pytest.raises(BookFull):
            add(tasks[1])

    def test_stand_in_the_order_a_lead_gives_them(self, add, tasks, site, ann):
        one, two, three = (add(task)[0] for task in tasks)

        services.move_example(example_id=three.pk, before=one.pk, actor=ann, now=AT)
        services.move_example(example_id=one.pk, before=None, actor=ann, now=AT)

        assert [shown["id"] for shown in page(site)["examples"]] == [str(row.pk) for row in (three, two, one)]

    def test_can_be_moved_to_one_place_for_ever(self, add, tasks, site, ann):
        first, one, other = (add(task)[0] for task in tasks)
        out, _ = add(tasks[0], kind=ExampleKind.COUNTER)

        for _ in range(31):
            services.move_example(example_id=other.pk, before=one.pk, actor=ann, now=AT)
            services.move_example(example_id=one.pk, before=other.pk, actor=ann, now=AT)

        rows = [row for row in selectors.shown_examples(site.pk) if row.kind == ExampleKind.EXAMPLE]
        assert [row.pk for row in rows] == [first.pk, one.pk, other.pk]
        assert rows[1].rank - rows[0].rank > 1e-7
        assert rows[2].rank - rows[1].rank > 1e-7
        # Others of the class have an order of their own.
        before, after = out.rank, BookExample.objects.get(pk=out.pk).rank
        assert before == after

    def test_are_moved_among_their_own_kind_alone(self, add, tasks, ann):
        one, other = add(tasks[0])[0], add(tasks[1], kind=ExampleKind.COUNTER)[0]

        with pytest.raises(NotFound):
            services.move_example(example_id=one.pk, before=other.pk, actor=ann, now=AT)

    def test_are_retired_and_put_back_and_never_deleted(self, add, tasks, site, ann):
        row, _ = add(tasks[0])
        for _ in range(2):
            services.retire_example(example_id=row.pk, actor=ann, now=AT)
        retired = page(site)["examples"]
        services.restore_example(example_id=row.pk, actor=ann, now=AT)

        assert retired == []
        assert [shown["id"] for shown in page(site)["examples"]] == [str(row.pk)]
        assert AuditEvent.objects.filter(action="book.retire").count() == 1
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            row.delete()
