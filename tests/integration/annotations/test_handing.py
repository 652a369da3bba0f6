"""A task is in the hands of as many reviewers as it wants, and of no more, whatever happens at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction

from annotations import services
from annotations.choices import Ending, Verdict
from annotations.errors import NotHeld
from annotations.models import QueueEntry, ReviewHold, ReviewQueue, ReviewTask
from annotations.services import Word
from audit.models import AuditEvent
from core.errors import Forbidden
from core.roles import Role
from tests.factories import AT, make_user
from tests.integration.annotations.conftest import SYSTEM, actor_of

pytestmark = pytest.mark.django_db


class TestAskingAQueue:
    def test_gives_the_worthiest_first_and_the_same_again(self, inspected, find, queue_of, ann, ask):
        # Nobody has decided what is for review, so a look saves most where the model knows least.
        (sure,), (unsure,) = find(confidence=0.69), find(confidence=0.45, severity="critical")
        queue = queue_of()

        first = ask(queue, ann, 3)

        assert [task.detection_id for task in first] == [unsure.pk, sure.pk, inspected.detection.pk]
        assert ask(queue, ann, 3, after_s=5) == first

    def test_holds_what_is_asked_for_again_for_longer(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(lease_s=60)
        ask(queue, ann)
        ask(queue, ann, after_s=50)

        assert ask(queue, bob, after_s=100) == []

    def test_gives_two_reviewers_different_tasks(self, inspected, find, queue_of, ann, bob, ask):
        find(3)
        queue = queue_of()

        mine, theirs = ask(queue, ann, 2), ask(queue, bob, 6)

        assert len(mine) == 2 and len(theirs) == 2
        assert not {task.pk for task in mine} & {task.pk for task in theirs}

    def test_gives_a_task_of_two_queues_to_one_reviewer(self, inspected, queue_of, ann, bob, ask):
        one, other = queue_of("A"), queue_of("B")

        assert len(ask(one, ann)) == 1
        assert ask(other, bob) == []
        assert ask(other, ann) == []

    def test_gives_a_task_to_as_many_as_it_wants(self, inspected, queue_of, ann, bob, site, ask):
        queue = queue_of()
        ReviewTask.objects.update(wants=2)
        cleo = actor_of(make_user(Role.REVIEWER, site=site))

        assert [len(ask(queue, actor)) for actor in (ann, bob, cleo)] == [1, 1, 0]

    def test_is_for_accounts(self, inspected, queue_of):
        with pytest.raises(Forbidden):
            services.next_tasks(queue_id=queue_of().pk, count=1, actor=SYSTEM, now=AT)

    def test_is_in_the_trail(self, inspected, queue_of, ann, ask):
        (task,) = ask(queue_of(), ann)

        event = AuditEvent.objects.get(action="review_task.hand_out")
        assert (event.object_id, event.actor["username"]) == (str(task.pk), "ann")


class TestGivingBack:
    def test_lets_others_have_it(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of()
        (task,) = ask(queue, ann)

        services.give_back(task_id=task.pk, ending=Ending.RELEASED, reason="", actor=ann, now=AT)

        assert ask(queue, bob) == [task]

    def test_by_skipping_is_for_others_alone(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of()
        (task,) = ask(queue, ann)

        services.give_back(task_id=task.pk, ending=Ending.SKIPPED, reason="blurred", actor=ann, now=AT)

        assert ask(queue, ann) == []
        assert ask(queue, bob) == [task]
        assert AuditEvent.objects.get(action="review_task.give_back").reason == "blurred"

    def test_of_what_one_does_not_hold_is_refused(self, inspected, queue_of, ann, bob, ask):
        (task,) = ask(queue_of(), ann)

        with pytest.raises(NotHeld):
            services.give_back(task_id=task.pk, ending=Ending.RELEASED, reason="", actor=bob, now=AT)


class TestALapsedHold:
    def test_is_anybodys_again(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(lease_s=60)
        (task,) = ask(queue, ann)

        assert ask(queue, bob, after_s=61) == [task]
        assert ReviewHold.objects.get(reviewer_id=ann.user_id).ending == "lapsed"

    def test_may_still_be_decided_while_nobody_else_has(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(lease_s=60)
        (task,) = ask(queue, ann)
        ask(queue, bob, after_s=61)

        decided = services.decide(
            task_id=task.pk, word=Word(verdict=Verdict.DEFECT), seen_revision=1, actor=ann,
            now=AT + timedelta(seconds=90),
        )  # fmt: skip

        decided.refresh_from_db()
        assert (decided.state, decided.seats_taken) == ("decided", 1)


class TestSeats:
    def test_are_what_holds_and_decisions_take(self, inspected, find, queue_of, ann, bob, ask):
        find(4)
        queue = queue_of(lease_s=60)
        held = ask(queue, ann, 4)
        services.decide(task_id=held[0].pk, word=Word(verdict=Verdict.NUISANCE), seen_revision=1, actor=ann, now=AT)
        services.give_back(task_id=held[1].pk, ending=Ending.RELEASED, reason="", actor=ann, now=AT)
        services.take_back(task_id=held[0].pk, actor=ann, now=AT)

        seats = dict(ReviewTask.objects.values_list("pk", "seats_taken"))
        places = dict(QueueEntry.objects.values_list("task_id", "is_open"))
        assert [seats[task.pk] for task in held] == [1, 0, 1, 1]
        assert [places[task.pk] for task in held] == [False, True, False, False]


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_never_hold_the_same(self, inspected, find, queue_of, site):
        find(60)
        queue = queue_of()
        reviewers = [actor_of(make_user(Role.REVIEWER, site=site)) for _ in range(10)]

        def work(actor):
            try:
                decided = []
                for _ in range(6):
                    _, keys = services.next_tasks(queue_id=queue.pk, count=1, actor=actor, now=AT)
                    for key in keys:
                        services.decide(
                            task_id=key, word=Word(verdict=Verdict.DEFECT), seen_revision=1, actor=actor, now=AT
                        )
                        decided.append(key)
                return decided
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=10) as threads:
            decided = [key for keys in threads.map(work, reviewers) for key in keys]

        assert len(decided) == len(set(decided)) == 60
        assert ReviewTask.objects.filter(state="decided", seats_taken=1).count() == 60


@pytest.mark.django_db(transaction=True)
class TestAQueueThatIsBeingFilled:
    def test_hands_out_meanwhile(self, inspected, queue_of, ann, ask):
        queue = queue_of()
        ReviewQueue.objects.update(fill_before=UUID(int=2**128 - 1))
        is_filling, is_asked = Event(), Event()

        def fill():
            try:
                with transaction.atomic():
                    filled = services.fill_queues(now=AT)
                    is_filling.set()
                    is_asked.wait(timeout=10)
                return filled
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=1) as threads:
            filling = threads.submit(fill)
            assert is_filling.wait(timeout=10)
            try:
                assert len(ask(queue, ann)) == 1
            finally:
                is_asked.set()
        assert filling.result() == 1


@pytest.mark.django_db(transaction=True)
class TestWhatIsBeingDecided:
    def test_does_not_lapse_meanwhile_and_nobody_waits(self, inspected, queue_of, ann, ask):
        (task,) = ask(queue_of(lease_s=60), ann)
        late = AT + timedelta(seconds=61)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT FROM review_task WHERE id = %s FOR UPDATE", [task.pk])

            assert services.return_lapsed(now=late) == 0

            with other.cursor() as cursor:
                cursor.execute("COMMIT")
        finally:
            other.close()
        assert services.return_lapsed(now=late) == 1
