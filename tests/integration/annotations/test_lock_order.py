"""Whoever locks many rows locks them in one order: two who mean the same wait for each other, and never in a ring."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from annotations import services
from annotations.choices import AppealKind, AppealState, Verdict
from annotations.models import QueueEntry, ReviewHold, ReviewQueue, ReviewTask
from annotations.services import Word, merge, take_edit
from core.ids import uuid7
from core.roles import Role
from tests.factories import AT, make_user
from tests.integration.annotations.conftest import actor_of
from tests.locks import until_others_wait

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=1)


def lock(table, key):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE id = %s FOR NO KEY UPDATE NOWAIT", [key])


def meets(act, table, first, last, *, also=None):
    """Somebody has locked the first of two rows when `act` begins, and locks the last, and one more, as it waits."""

    def acting():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            lock(table, first)
            done = threads.submit(acting)
            until_others_wait()
            lock(table, last)
            if also:
                lock(*also)
        return done.result(timeout=20)


@pytest.fixture
def tasks(inspected, find, queue_of):
    """Two tasks that wait, the smaller key first."""
    find(1, x_px=40)
    queue_of()
    return list(ReviewTask.objects.order_by("pk"))


@pytest.fixture
def joined(tasks, ann):
    """Ann has said that the one with the smaller key belongs to the other."""
    part, whole = tasks
    word = Word(Verdict.DEFECT)
    merge(task_id=whole.pk, detections=[part.detection_id], word=word, seen_revision=1, actor=ann, now=AT)
    return part, whole


class TestWhatIsJoined:
    @pytest.fixture
    def ways(self, joined, find, ann, bob):
        """What locks the whole of it, by name."""
        whole = joined[1].pk
        (loose,) = find(1, x_px=50)
        word, nuisance = Word(Verdict.DEFECT), Word(Verdict.NUISANCE)
        seen = {"task_id": whole, "seen_revision": 2, "now": AT}
        return {
            "decide": lambda: services.decide(word=nuisance, actor=ann, **seen),
            "take_back": lambda: services.take_back(task_id=whole, actor=ann, now=AT),
            "merge": lambda: merge(detections=[loose.pk], word=word, actor=ann, **seen),
            "reopen": lambda: services.reopen(reason="look again", actor=bob, **seen),
        }

    @pytest.mark.parametrize("way", ["decide", "take_back", "merge", "reopen"])
    def test_is_locked_in_the_order_of_keys(self, joined, ways, way):
        part, whole = joined
        meets(ways[way], "review_task", part.pk, whole.pk)

        part.refresh_from_db()
        assert part.state == "open"

    def test_is_opened_by_an_appeal_in_the_same_order_and_the_appeal_comes_after(self, joined, ann, bob, site):
        part, whole = joined
        judge = replace(actor_of(make_user(Role.LEAD, site=site)), roles=frozenset({Role.LEAD}))
        ReviewTask.objects.filter(pk=whole.pk).update(state="disputed")
        word = Word(Verdict.NUISANCE)
        services.adjudicate(task_id=whole.pk, word=word, reason="no", seen_revision=2, actor=bob, now=AT)
        appeal = services.make_appeal(task_id=whole.pk, kind=AppealKind.RULING, reason="yes", actor=ann, now=AT)
        answer = {"outcome": AppealState.OVERTURNED, "answer": "so it is", "actor": judge, "now": AT}

        def overturn():
            services.answer_appeal(appeal_id=appeal.pk, **answer)

        meets(overturn, "review_task", part.pk, whole.pk, also=("review_appeal", appeal.pk))

        part.refresh_from_db()
        assert part.state == "open"


class TestHolds:
    @pytest.fixture
    def held(self, tasks, queue_of, ann, ask):
        """Two holds of Ann's by key; the first was written last."""
        ask(queue_of(), ann, 2)
        first, last = ReviewHold.objects.order_by("pk")
        ReviewHold.objects.filter(pk=first.pk).update(held_until=first.held_until + timedelta(seconds=1))
        return first, last

    def test_are_prolonged_in_the_order_of_keys(self, held, ann, queue_of, ask):
        first, last = held
        assert len(meets(lambda: ask(queue_of(), ann, 2, after_s=1), "review_hold", first.pk, last.pk)) == 2

    def test_of_many_decisions_are_locked_in_the_order_of_keys(self, held, inspected, ann):
        first, last = held
        # In time the last came first.
        ReviewHold.objects.filter(pk=last.pk).update(taken_at=AT - timedelta(seconds=1))
        results = meets(lambda: bulk(inspected, ann), "review_hold", first.pk, last.pk)
        assert [one["state"] for one in results] == ["done", "done"]

    def test_that_somebody_asks_for_again_have_not_lapsed_and_nobody_waits(self, held):
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT FROM review_hold WHERE id = %s FOR NO KEY UPDATE", [held[0].pk])
            assert services.return_lapsed(now=LATER) == 1
        finally:
            other.close()

    def test_of_who_asks_are_prolonged_before_those_of_others_are_taken_back(self, held, ann, bob, queue_of, ask):
        """Two who take back each other's would wait for each other when they come to their own."""
        first, last = held
        ReviewHold.objects.filter(pk=last.pk).update(reviewer=bob.user_id)
        assert len(meets(lambda: ask(queue_of(), ann, 1, after_s=90_000), "review_hold", first.pk, last.pk)) == 1


class TestPlacesInQueues:
    @pytest.fixture
    def places(self, tasks):
        """Of the two tasks, by key; the first was written last, and the last comes first in the queue."""
        first, last = QueueEntry.objects.order_by("task_id")
        first.save()
        QueueEntry.objects.filter(pk=last.pk).update(rank=99.0)
        return first, last

    def test_of_what_is_handed_out_are_closed_in_the_order_of_tasks(self, places, queue_of, ann, ask):
        first, last = places
        queue = ReviewQueue.objects.get()
        assert len(meets(lambda: ask(queue, ann, 2), "review_queue_entry", first.pk, last.pk)) == 2

    def test_of_what_is_decided_are_closed_in_the_order_of_tasks(self, places, inspected, ann):
        first, last = places
        meets(lambda: bulk(inspected, ann), "review_queue_entry", first.pk, last.pk)
        assert not QueueEntry.objects.filter(is_open=True).exists()

    def test_are_taken_in_anew_in_the_order_of_tasks(self, places, find, queue_of):
        find(8)
        queue_of("MORE")
        QueueEntry.objects.filter(queue__code="ALL").delete()
        found = list(QueueEntry.objects.order_by("-task__detection_id"))
        first, last = next(
            (one, other) for other, one in itertools.combinations(found, 2) if one.task_id < other.task_id
        )
        QueueEntry.objects.update(generation=0)
        ReviewQueue.objects.filter(code="MORE").update(fill_before=UUID(int=2**128 - 1))
        assert meets(lambda: services.fill_queues(now=AT), "review_queue_entry", first.pk, last.pk) == 10
        assert set(QueueEntry.objects.values_list("generation", flat=True)) == {1}

    def test_that_are_old_are_forgotten_without_waiting(self, places):
        first, _ = places
        ReviewQueue.objects.update(generation=2)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT FROM review_queue_entry WHERE id = %s FOR NO KEY UPDATE", [first.pk])
            assert services.forget_old_entries() == 1
        finally:
            other.close()
        assert list(QueueEntry.objects.all()) == [first]


def bulk(inspected, actor):
    """Nuisances, all of them; what came of each."""
    keys = ReviewTask.objects.order_by("-pk").values_list("pk", flat=True)
    named = [{"task": key, "seen_revision": 1} for key in keys]
    edit = {"seq": 1, "kind": "bulk", "wafer": inspected.wafer.pk, "tasks": named, "verdict": "nuisance"}
    outcome = take_edit(client=uuid7(at=AT), edit=edit, content={"seq": 1}, actor=actor, now=AT)
    return outcome["results"]
