"""Findings become tasks of the queues that take them: once, whichever way they come."""

from datetime import timedelta

import pytest
from django.db import connection

from annotations import services
from annotations.models import IntakeCursor, QueueEntry, ReviewTask
from annotations.selectors import Selection, task_key
from audit.models import AuditEvent
from core.ids import uuid7
from inspection import events as inspection_events
from inspection.models import InspectionRun, RunImage
from outbox import services as outbox
from tests.factories import AT
from tests.live_stack import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def announce(run):
    outbox.announce(type=inspection_events.RUN_DONE, topics=["site:1"], payload={"run": str(run.pk)}, now=AT)


def taken_in(count):
    """So many announcements are taken in; the server's own upkeep may hold the present back for a moment."""
    eventually(lambda: services.take_in(now=AT) == count, within_s=10, what="the announcement to be settled")


def open_tasks(queue):
    return set(
        QueueEntry.objects.filter(queue=queue, generation=queue.generation, is_open=True).values_list(
            "task__detection_id", flat=True
        )
    )


class TestWhatIsStoredWhenAQueueIsMade:
    def test_flows_in(self, inspected, find, queue_of):
        (doubtful,) = find()

        queue = queue_of(selection=Selection(bands=("review",)))

        assert open_tasks(queue) == {doubtful.pk}
        assert queue.fill_before is None

    @pytest.mark.parametrize(
        ("selection", "takes"),
        [
            (Selection(), True),
            (Selection(recipes=("DEFAULT",), layers=("M1",), tools=("T1",), classes=("scratch",)), True),
            (Selection(min_confidence=0.9, max_confidence=0.9), True),
            (Selection(bands=("accept", "review")), False),
            (Selection(max_confidence=0.89), False),
            (Selection(min_confidence=0.91), False),
        ],
        ids=str,
    )
    def test_is_taken_where_everything_fits(self, inspected, queue_of, selection, takes):
        queue = queue_of(selection=selection)

        assert bool(open_tasks(queue)) == takes

    def test_is_one_task_in_several_queues(self, inspected, queue_of):
        queue_of("A"), queue_of("B")

        assert ReviewTask.objects.count() == 1
        assert QueueEntry.objects.count() == 2

    def test_of_another_site_stays_there(self, inspected, queue_of):
        from tests.factories import make_inspected, make_site

        make_inspected(make_site("elsewhere"))

        queue = queue_of()

        assert open_tasks(queue) == {inspected.detection.pk}

    def test_that_a_later_run_has_looked_at_again_is_left_out(self, inspected, find, queue_of):
        later = again(inspected)

        queue = queue_of()

        assert open_tasks(queue) == set()
        assert later.pk > inspected.run.pk


class TestWhatRunsFind:
    def test_flows_in_once_however_often_it_is_taken_in(self, inspected, find, queue_of):
        queue = queue_of(selection=Selection(bands=("review",)))
        (found,) = find()
        announce(inspected.run)

        taken_in(1)
        assert [services.take_in(now=AT) for _ in range(2)] == [0, 0]

        assert open_tasks(queue) == {found.pk}
        assert IntakeCursor.objects.count() == 1

    def test_is_in_the_trail(self, inspected, find, queue_of):
        queue_of(selection=Selection(bands=("review",)))
        find()
        announce(inspected.run)

        taken_in(1)

        event = AuditEvent.objects.get(action="review_task.make", object_type="site")
        assert event.after == {"places": 1, "runs": [str(inspected.run.pk)], "audited": 0}

    def test_waits_while_an_older_transaction_may_still_announce(self, inspected, find, queue_of):
        queue = queue_of(selection=Selection(bands=("review",)))
        find()
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN; SELECT pg_current_xact_id()")
            announce(inspected.run)

            assert services.take_in(now=AT) == 0

            with other.cursor() as cursor:
                cursor.execute("COMMIT")
        finally:
            other.close()
        taken_in(1)
        assert len(open_tasks(queue)) == 1

    def test_again_withdraws_what_an_earlier_run_found_and_nobody_holds(self, inspected, find, queue_of, ann, ask):
        find(2)
        queue = queue_of()
        (held,) = ask(queue, ann)
        announce(again(inspected))

        taken_in(1)

        states = dict(ReviewTask.objects.values_list("pk", "state"))
        assert states.pop(held.pk) == "open"
        assert set(states.values()) == {"withdrawn"}
        assert open_tasks(queue) == set()


class TestAChangedQueue:
    def test_is_filled_anew_and_hands_out_by_its_new_order(self, inspected, find, queue_of, ann, ask):
        (grave,) = find(severity="critical", confidence=0.31)
        queue = queue_of(order="oldest", selection=Selection(bands=("review", "reject")))

        changed = services.change_queue(queue_id=queue.pk, seen_version=1, order="severity", actor=ann, now=AT)
        while services.fill_queues(now=AT):
            pass

        assert changed.version == 2
        assert [task.detection_id for task in ask(changed, ann, 2)] == [grave.pk, inspected.detection.pk]

    def test_hands_out_nothing_that_it_does_not_take_any_more(self, inspected, find, queue_of, ann, ask):
        queue = queue_of()
        changed = services.change_queue(
            queue_id=queue.pk, seen_version=1, selection=Selection(bands=("accept",)), actor=ann, now=AT
        )

        assert ask(changed, ann) == []
        assert services.forget_old_entries() == 1

    def test_comes_from_the_version_that_was_seen(self, inspected, queue_of, ann):
        from annotations.errors import StaleQueue

        queue = queue_of()
        services.change_queue(queue_id=queue.pk, seen_version=1, name="Mine", actor=ann, now=AT)

        with pytest.raises(StaleQueue):
            services.change_queue(queue_id=queue.pk, seen_version=1, name="No, mine", actor=ann, now=AT)


class TestTheKeyOfATask:
    def test_follows_from_its_detection(self, inspected, queue_of):
        queue_of()

        assert ReviewTask.objects.get().pk == task_key(inspected.detection.pk)


def again(inspected):
    """A later run over the same image, which found nothing."""
    run = InspectionRun.objects.get(pk=inspected.run.pk)
    run.pk = uuid7(at=AT + timedelta(minutes=1))
    run.job = None
    run._state.adding = True
    run.save(force_insert=True)
    RunImage.objects.create(run=run, image=inspected.image, ordinal=0)
    return run
