"""Agreement is measured on what several people said blind, within the window and the bounds."""

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.selectors import overlap
from annotations.services import Word
from core.errors import NotFound
from tests.factories import AT, make_class

pytestmark = pytest.mark.django_db
DEFECT, NUISANCE = Word(verdict=Verdict.DEFECT), Word(verdict=Verdict.NUISANCE)


@pytest.fixture
def shared(inspected, find, queue_of, ann, bob, ask):
    """Six in the hands of both."""
    make_class("pit")
    find(5)
    queue = queue_of(overlap_share=1.0)
    tasks = ask(queue, ann, 6)
    ask(queue, bob, 6)
    return tasks


def decide(task, actor, word):
    task.refresh_from_db()
    return services.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=actor, now=AT)


def agreement(site, *, now=AT):
    selectors.forget_overlap()
    return selectors.agreement_of(site, days=30, now=now)


@pytest.fixture
def decided(shared, ann, bob):
    """Four alike, one of another class, one of another verdict."""
    pit = Word(verdict=Verdict.DEFECT, class_code="pit")
    of_ann = [DEFECT, DEFECT, NUISANCE, NUISANCE, pit, DEFECT]
    of_bob = [DEFECT, DEFECT, NUISANCE, NUISANCE, DEFECT, NUISANCE]
    for task, word, other in zip(shared, of_ann, of_bob, strict=True):
        decide(task, ann, word)
        decide(task, bob, other)
    return shared


class TestAgreement:
    def test_is_of_two_people_by_class_and_together(self, site, decided):
        report = agreement(site)

        (pair,) = report["pairs"]
        assert (report["items"], report["is_sample"]) == (6, False)
        assert {one["username"]: one["items"] for one in report["people"]} == {"ann": 6, "bob": 6}
        assert (pair["items"], pair["differ"], pair["agreed"]["value"]) == (6, 2, 0.6667)
        assert (pair["boxes"]["items"], pair["boxes"]["f1"]["value"]) == (4, 0.8571)
        assert {one["class_code"]: one["items"] for one in report["classes"] if one["items"]} == {
            "scratch": 4, "pit": 1, "nuisance": 3,
        }  # fmt: skip
        assert report["overall"]["items"] == 6

    def test_counts_each_item_in_the_shift_of_its_last_word(self, site, decided):
        assert {one["shift"]: one["items"] for one in agreement(site)["shifts"]} == {"early": 6, "late": 0, "night": 0}

    def test_is_of_what_was_said_before_others_could_be_seen(self, site, decided, bob):
        services.take_back(task_id=decided[5].pk, actor=bob, now=AT)
        decide(decided[5], bob, DEFECT)

        assert agreement(site)["pairs"][0]["differ"] == 2

    def test_leaves_out_what_waits_for_a_second_opinion(self, site, shared, ann):
        decide(shared[0], ann, DEFECT)

        assert agreement(site)["items"] == 0

    def test_ends_with_the_window(self, site, decided):
        assert agreement(site, now=AT + timedelta(days=31))["items"] == 0

    def test_says_that_it_is_of_the_newest_where_there_are_more(self, site, decided, monkeypatch):
        monkeypatch.setattr(overlap, "MOST_TASKS", 4)

        report = agreement(site)

        assert (report["items"], report["is_sample"]) == (4, True)

    def test_takes_two_queries_whatever_was_said(self, site, decided, django_assert_num_queries):
        agreement(site)
        selectors.forget_overlap()

        with django_assert_num_queries(2):
            selectors.agreement_of(site, days=30, now=AT)

    def test_reads_only_tasks_that_several_were_to_see(self, site, decided, connection_of_tests):
        with CaptureQueriesContext(connection_of_tests) as asked, connection_of_tests.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            agreement(site)
            (said,) = [one["sql"] for one in asked.captured_queries if "WITH seen" in one["sql"]]
            cursor.execute(f"EXPLAIN {said}")
            plan = "\n".join(row[0] for row in cursor.fetchall())

        assert "review_task_overlap" in plan
        assert "Seq Scan" not in plan


class TestWhatTwoDifferAbout:
    def test_are_the_very_items(self, site, decided):
        selectors.forget_overlap()
        found = selectors.differing_tasks(site, first="bob", second="ann", days=30, now=AT)

        assert set(found) == {decided[4].pk, decided[5].pk}

    def test_are_none_of_somebody_who_saw_nothing(self, site, decided):
        with pytest.raises(NotFound):
            selectors.differing_tasks(site, first="bob", second="eve", days=30, now=AT)
