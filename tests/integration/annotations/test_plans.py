"""How far a reviewer gets in so many minutes, and that the queue hands it out so."""

from datetime import timedelta

import pytest

from annotations import selectors, services
from annotations.choices import QueueOrder, Verdict
from annotations.models import QueueEntry, ReviewQueue, ReviewTask
from annotations.selectors import Selection
from annotations.services import Word
from annotations.services.places import LAST_RANK, make_tasks
from core.roles import Role
from inspection.models import Detection
from tests.factories import AT, client_of, make_class, make_user
from tests.integration.annotations.conftest import SYSTEM

pytestmark = pytest.mark.django_db
NOWHERE = "0199b4c0-0000-7000-8000-000000000000"
SLOW, QUICK = "particle", "scratch"


@pytest.fixture(autouse=True)
def fresh():
    selectors.forget_paces()
    yield
    selectors.forget_paces()


@pytest.fixture
def decided(queue_of, ask, ann, find):
    """Ten decisions of Ann, of a class that takes her 10 s and one that takes 1 s."""
    find(5, code=SLOW, confidence=0.9, band="accept")
    find(5, code=QUICK, confidence=0.9, band="accept")
    for code, took_ms in ((SLOW, 10_000), (QUICK, 1000)):
        queue = queue_of(f"PAST-{code}", selection=Selection(classes=(code,), bands=("accept",)))
        for number in range(5):
            (task,) = ask(queue, ann, after_s=number)
            word = Word(Verdict.NUISANCE, took_ms=took_ms)
            services.decide(task_id=task.pk, word=word, seen_revision=1, actor=ann, now=AT)
        ReviewQueue.objects.filter(pk=queue.pk).update(is_archived=True)
    selectors.forget_paces()


def plan(*queues, actor, minutes=1):
    return selectors.plan_of(list(queues), minutes=minutes, actor=actor)


def parts(made):
    return {one["class_code"]: (one["items"], one["seconds_each"]) for one in made["plan"]["classes"]}


class TestPaces:
    def test_are_what_looks_took(self, decided, site):
        found = selectors.paces_of(site.pk)

        assert found.by_class == {make_class(SLOW).pk: 10.0, make_class(QUICK).pk: 1.0}
        assert (found.seconds_of(10**6), found.seconds_of(None)) == (5.5, 20.0)

    def test_are_assumed_of_a_site_without_decisions(self, site):
        found = selectors.paces_of(site.pk)

        assert (found.by_class, found.seconds_of(3), found.seconds_of(None)) == ({}, 3.0, 20.0)


class TestThePlan:
    def test_takes_what_saves_most_in_the_time(self, decided, queue_of, find, ann):
        find(6, code=SLOW, confidence=0.5)
        find(10, code=QUICK, confidence=0.5)
        queue = queue_of(selection=Selection(bands=("review",), min_confidence=0.45, max_confidence=0.55))

        made = plan(queue, actor=ann, minutes=1)

        # Ten of 1 s, and as many of 10 s as the rest of the minute holds; each saves half a needless reject.
        assert parts(made) == {QUICK: (10, 1.0), SLOW: (5, 10.0)}
        assert (made["plan"]["items"], made["plan"]["seconds"], made["plan"]["saved"]) == (15, 60.0, 75.0)
        assert made["queues"][0]["saved"] == 75.0
        assert made["plan"]["waiting"] == {"items": 16, "seconds": 70.0, "saved": 80.0, "is_more": False}
        curve = made["plan"]["curve"]
        assert (curve[0], len(curve)) == ({"minutes": 0.0, "items": 0, "saved": 0.0}, 49)
        assert (curve[24], curve[-1]) == (
            {"minutes": 1.0, "items": 15, "saved": 75.0},
            {"minutes": 2.0, "items": 16, "saved": 80.0},
        )
        assert plan(queue, actor=ann, minutes=60)["plan"]["curve"][-1]["minutes"] == 2.0

    def test_is_of_the_queue_where_the_time_saves_most(self, queue_of, find, ann):
        find(3, confidence=0.5)
        find(2, confidence=0.02)
        little = queue_of("LITTLE", selection=Selection(max_confidence=0.1))
        much = queue_of("MUCH", selection=Selection(min_confidence=0.4))
        empty = queue_of("NOTHING", selection=Selection(min_confidence=1.0))

        made = plan(little, empty, much, actor=ann)

        assert [one["code"] for one in made["queues"]] == ["MUCH", "LITTLE"]
        assert made["plan"]["queue"] == {"id": str(much.pk), "code": "MUCH", "name": ""}

    def test_is_none_where_nothing_waits(self, queue_of, ann):
        made = plan(queue_of(selection=Selection(min_confidence=1.0)), actor=ann)

        assert (made["queues"], made["plan"]) == ([], None)

    def test_leaves_out_what_is_not_theirs_to_decide(self, queue_of, find, ask, ann, bob):
        find(2)
        queue = queue_of()
        (task,) = ask(queue, ann)
        services.give_back(task_id=task.pk, ending="skipped", reason="", actor=ann, now=AT)

        assert plan(queue, actor=bob)["plan"]["items"] == plan(queue, actor=ann)["plan"]["items"] + 1

    def test_keeps_the_audits_share_of_the_items_and_the_time_of_checks(self, queue_of, find, ann):
        find(60, confidence=0.5)
        find(60, confidence=0.99, band="accept")
        queue = queue_of(audit_share=0.25, gold_rate=0.1, repeat_rate=0.1, selection=Selection(bands=("review",)))
        ReviewQueue.objects.filter(pk=queue.pk).update(audit_rate=0.1)
        queue.refresh_from_db()
        QueueEntry.objects.bulk_create(
            QueueEntry(queue=queue, task=task, generation=queue.generation, rank=LAST_RANK, is_audit=True)
            for task in accepted()
        )

        made = plan(queue, actor=ann, minutes=2)["plan"]

        assert made["checks_seconds"] == pytest.approx(0.2 * 120)
        assert made["items"] == 32
        # A quarter of all that is handed out, checks included: what is accepted is worth more, and has no other turn.
        assert made["audit"]["items"] == pytest.approx(0.25 * 40, abs=1)


def accepted():
    """Tasks of what was accepted, as the audit makes them."""
    rows = list(Detection.objects.filter(band="accept").select_related("run", "defect_class"))
    make_tasks(rows, actor=SYSTEM, now=AT)
    return ReviewTask.objects.filter(detection__in=rows)


class TestHandingOutBySaving:
    def test_gives_the_plans_items_first_whatever_the_queues_order(self, decided, queue_of, find, ann):
        find(1, code=SLOW, confidence=0.5)
        find(2, code=QUICK, confidence=0.5)
        queue = queue_of(order=QueueOrder.OLDEST, selection=Selection(classes=(SLOW, QUICK), bands=("review",)))

        _, keys = services.next_tasks(
            queue_id=queue.pk, count=6, is_by_saving=True, actor=ann, now=AT + timedelta(hours=1)
        )

        found = ReviewTask.objects.select_related("defect_class").in_bulk(keys)
        assert [found[key].defect_class.code for key in keys][-1] == SLOW
        assert len(keys) >= 3

    def test_leaves_what_the_audit_alone_drew_to_its_turn(self, queue_of, find, ann):
        find(1, confidence=0.5)
        find(1, confidence=0.99, band="accept")
        queue = queue_of(selection=Selection(bands=("review",), min_confidence=0.45, max_confidence=0.55))
        QueueEntry.objects.bulk_create(
            QueueEntry(queue=queue, task=task, generation=queue.generation, rank=LAST_RANK, is_audit=True)
            for task in accepted()
        )

        _, keys = services.next_tasks(queue_id=queue.pk, count=6, is_by_saving=True, actor=ann, now=AT)

        assert [ReviewTask.objects.get(pk=key).band for key in keys] == ["review", "accept"]

    def test_is_asked_for_by_name(self, queue_of, find, site):
        find(1, confidence=0.1)
        find(1, confidence=0.6)
        queue = queue_of(order=QueueOrder.OLDEST, selection=Selection(bands=("review",), max_confidence=0.6))
        client = client_of(make_user(Role.REVIEWER, site=site, username="cem"))

        answer = client.post(f"/api/v1/review/queues/{queue.pk}/next/", {"first": "saving"}, format="json")

        assert answer.status_code == 200
        assert answer.json()["tasks"][0]["detection"]["confidence"] in (0.5, 0.6)
        refused = client.post(f"/api/v1/review/queues/{queue.pk}/next/", {"first": "other"}, format="json")
        assert refused.json()["code"] == "invalid"


class TestTheAddress:
    def test_answers_of_the_callers_site(self, queue_of, find, site):
        find(3)
        queue_of()
        client = client_of(make_user(Role.LEAD, site=site, username="lea"))

        made = client.get("/api/v1/review/plan/?minutes=15").json()

        assert (made["minutes"], made["unit_per_reject"], made["plan"]["queue"]["code"]) == (15, 10.0, "ALL")

    def test_answers_of_one_queue_and_no_foreign_one(self, queue_of, find, site):
        find(3)
        queue = queue_of()
        client = client_of(make_user(Role.LEAD, site=site, username="lea"))

        assert client.get(f"/api/v1/review/plan/?queue={queue.pk}").json()["plan"]["queue"]["id"] == str(queue.pk)
        assert client.get(f"/api/v1/review/plan/?queue={NOWHERE}").status_code == 404
        assert client.get("/api/v1/review/plan/?minutes=0").status_code == 400
