"""The journal: an edit is carried out once, however often and however many at once it is sent."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from annotations import services
from annotations.models import Annotation, ReviewEdit, ReviewHold, ReviewTask
from domain.shapes.kinds import Polygon
from domain.shapes.said import write
from tests.factories import AT

pytestmark = pytest.mark.django_db


def send(edit, actor, *, client, **content):
    content = {name: str(value) if name in ("task", "new_task") else value for name, value in edit.items()} | content
    return services.take_edit(client=client, edit=edit, content=content, actor=actor, now=AT)


@pytest.fixture
def task(inspected, queue_of, ann, ask):
    (task,) = ask(queue_of(), ann)
    return task


@pytest.fixture
def decision(task):
    return {"seq": 1, "kind": "decide", "task": task.pk, "seen_revision": 1, "verdict": "defect"}


class TestAnEdit:
    def test_sent_again_has_the_same_outcome_and_does_nothing(self, ann, decision):
        client = uuid4()

        first, again = send(decision, ann, client=client), send(decision, ann, client=client)

        assert first == again
        assert first["task"]["annotation"]["change"] == "confirmed"
        assert Annotation.objects.count() == ReviewEdit.objects.count() == 1

    def test_is_kept_without_what_can_be_read_again(self, ann, bob, decision, task):
        client = uuid4()
        outline = Polygon(((1.0, 2.0), (9.0, 2.0), (9.0, 8.0)))
        first = send({**decision, "shape": outline}, ann, client=client, shape=write(outline))
        # What others say since is none of the answer.
        services.reopen(task_id=task.pk, reason="x", seen_revision=2, actor=bob, now=AT)

        kept = ReviewEdit.objects.get().outcome
        assert kept["task"] == {**first["task"], "annotation": 1}
        assert first["task"]["annotation"]["shape"] == write(outline)
        assert send({**decision, "shape": outline}, ann, client=client, shape=write(outline)) == first

    def test_that_is_refused_shows_the_word_of_others_again(self, ann, bob, decision, task, queue_of, ask):
        send(decision, ann, client=uuid4())
        client = uuid4()

        refused = send(decision, bob, client=client)

        assert refused["problem"]["current"]["annotation"]["author"] == "ann"
        assert ReviewEdit.objects.get(client=client).outcome["problem"]["current"]["annotation"] == 1
        assert send(decision, bob, client=client) == refused

    def test_of_another_client_is_another(self, ann, decision):
        send(decision, ann, client=uuid4())

        assert send(decision, ann, client=uuid4())["state"] == "done"
        assert Annotation.objects.count() == 2

    def test_with_a_number_that_is_taken_is_refused(self, ann, decision):
        client = uuid4()
        send(decision, ann, client=client)

        other = send({**decision, "verdict": "nuisance"}, ann, client=client)

        assert other["problem"]["code"] == "seq_reused"
        assert Annotation.objects.count() == 1

    def test_that_is_refused_stays_refused_and_changes_nothing(self, ann, bob, decision, task):
        client = uuid4()

        refused = send(decision, bob, client=client)
        send(decision, ann, client=uuid4())

        assert (refused["state"], refused["problem"]["code"]) == ("refused", "not_held")
        assert send(decision, bob, client=client) == refused

    def test_of_a_draft_is_found_again_and_gone_with_the_decision(self, ann, decision, task):
        client = uuid4()
        drawn = {"bbox_px": [1.0, 2.0, 9.0, 9.0], "class_code": "scratch", "comment": "at the seam"}
        send({"seq": 1, "kind": "draft", "task": task.pk, **drawn}, ann, client=client)
        assert ReviewHold.objects.get().draft == drawn

        send({**decision, "seq": 2}, ann, client=client)

        assert ReviewHold.objects.get().draft == {}

    def test_that_skips_gives_the_task_to_others(self, ann, bob, task, ask, queue_of):
        send({"seq": 1, "kind": "skip", "task": task.pk, "reason": "blurred"}, ann, client=uuid4())

        assert ask(queue_of(), bob) == [task]

    def test_that_adds_what_was_missed_adds_it_once(self, ann, task):
        edit = {
            "seq": 1, "kind": "missed", "task": task.pk, "new_task": uuid4(), "class_code": "scratch",
            "bbox_px": [1.0, 2.0, 9.0, 9.0],
        }  # fmt: skip
        client = uuid4()

        assert send(edit, ann, client=client) == send(edit, ann, client=client)
        assert ReviewTask.objects.filter(kind="missed").count() == 1


@pytest.mark.django_db(transaction=True)
class TestTheSameEditFromTwoTabs:
    def test_is_carried_out_once(self, ann, decision):
        client = uuid4()

        def work(_):
            try:
                return send(decision, ann, client=client)
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=8) as threads:
            outcomes = list(threads.map(work, range(8)))

        assert all(outcome == outcomes[0] for outcome in outcomes)
        assert Annotation.objects.count() == 1
