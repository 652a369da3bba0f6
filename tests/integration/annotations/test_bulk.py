"""Many decided by one word: each by itself, each once, and one word takes them back."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations import services
from annotations.choices import Verdict
from annotations.models import Annotation, ReviewEdit, ReviewTask
from annotations.selectors import task_key
from annotations.services import Word, take_edit
from annotations.services.joining import Part
from annotations.services.places import make_tasks
from audit.models import AuditEvent
from outbox.models import OutboxEvent
from tests.factories import AT, make_site

pytestmark = pytest.mark.django_db

CLIENT = uuid4()


@pytest.fixture
def keys(inspected, find, queue_of):
    """Tasks of four detections that wait in a queue."""
    find(3, x_px=20)
    queue_of()
    return sorted(ReviewTask.objects.values_list("pk", flat=True))


def bulk(inspected, actor, items, *, seq=1, **word):
    content = {"seq": seq, "kind": "bulk", "wafer": inspected.wafer.pk, "tasks": items, "verdict": "nuisance", **word}
    written = {"seq": seq, "kind": "bulk", "tasks": [str(one["task"]) for one in items]}
    return take_edit(client=CLIENT, edit=content, content=written, actor=actor, now=AT)


def undo(actor, of, *, seq=2):
    content = {"seq": seq, "kind": "undo_bulk", "of": of}
    return take_edit(client=CLIENT, edit=content, content=content, actor=actor, now=AT)


def seen(keys, revision=1):
    return [{"task": key, "seen_revision": revision} for key in keys]


def states(outcome):
    return [one["state"] for one in outcome["results"]]


class TestABulkDecision:
    def test_makes_an_annotation_of_each_in_the_trail_and_announced(self, inspected, ann, keys):
        outcome = bulk(inspected, ann, seen(keys))

        assert states(outcome) == ["done"] * 4
        assert Annotation.objects.filter(verdict="nuisance", task__state="decided").count() == 4
        assert AuditEvent.objects.filter(action="review_task.decide").count() == 4
        assert OutboxEvent.objects.filter(type="task.decided").count() == 4

    def test_keeps_the_class_of_each_unless_it_names_one(self, inspected, ann, keys):
        bulk(inspected, ann, seen(keys), verdict="defect")
        assert set(Annotation.objects.values_list("change", flat=True)) == {"confirmed"}

    def test_that_comes_again_is_carried_out_once(self, inspected, ann, keys):
        first = bulk(inspected, ann, seen(keys))
        assert bulk(inspected, ann, seen(keys)) == first
        assert (Annotation.objects.count(), ReviewEdit.objects.count()) == (4, 1)

    def test_tells_of_what_others_have_and_does_the_rest(self, inspected, ann, bob, keys, queue_of, ask):
        (held,) = ask(queue_of(), bob)
        decided = next(key for key in keys if key != held.pk)
        services.decide(task_id=decided, word=Word(Verdict.DEFECT), seen_revision=1, actor=bob, now=AT)

        results = bulk(inspected, ann, seen(keys))["results"]

        refused = {one["id"]: one["problem"]["code"] for one in results if one["state"] == "refused"}
        assert refused == {str(held.pk): "not_held", str(decided): "stale_task"}
        (theirs,) = [one["problem"]["current"] for one in results if one["id"] == str(decided)]
        assert theirs["annotation"]["author"] == "bob"
        assert Annotation.objects.filter(author=ann.user_id).count() == 2

    def test_takes_in_what_no_queue_has(self, inspected, ann, find):
        (loose,) = find()
        item = {"task": task_key(loose.pk), "seen_revision": 1, "detection": loose.pk}

        assert states(bulk(inspected, ann, [item])) == ["done"]
        assert ReviewTask.objects.get(detection=loose.pk).state == "decided"

    def test_is_about_tasks_of_its_wafer_only(self, inspected, ann):
        assert states(bulk(inspected, ann, seen([uuid4()]))) == ["refused"]


def test_tasks_are_made_in_the_order_of_their_keys(inspected, ann, find):
    """Two at once that make the same wait for each other once, not in a ring."""
    found = sorted(find(6), key=lambda row: task_key(row.pk), reverse=True)
    with CaptureQueriesContext(connection) as queries:
        make_tasks(found, actor=ann, now=AT)

    (insert,) = [one["sql"] for one in queries if one["sql"].startswith('INSERT INTO "review_task"')]
    places = [insert.index(key.hex) for key in sorted(task_key(row.pk) for row in found)]
    assert places == sorted(places)


class TestOverWhatWasJoined:
    @pytest.fixture
    def words(self, keys):
        def standing():
            rows = ReviewTask.objects.filter(pk__in=keys[:2]).order_by("pk")
            return [(one.state, one.annotations.last().verdict, one.annotations.last().change) for one in rows]

        return standing

    @pytest.mark.parametrize("is_turned", [False, True])
    def test_says_it_of_both_that_were_merged(self, inspected, ann, keys, words, is_turned):
        first, second = (ReviewTask.objects.get(pk=key) for key in (keys[1::-1] if is_turned else keys[:2]))
        services.merge(
            task_id=first.pk,
            detections=[second.detection_id],
            word=Word(Verdict.DEFECT),
            seen_revision=1,
            actor=ann,
            now=AT,
        )

        assert states(bulk(inspected, ann, seen(keys[:2], 2), verdict="defect")) == ["done", "done"]
        assert words() == [("decided", "defect", "confirmed")] * 2
        assert states(undo(ann, 1)) == ["done", "done"]

    def test_says_it_of_a_part_too(self, inspected, ann, keys):
        part = Part(uuid4(), Word(Verdict.DEFECT, class_code="scratch", bbox_px=(8, 8, 4, 4)))
        whole = Word(Verdict.DEFECT, bbox_px=(2, 2, 6, 6))
        services.split(task_id=keys[0], word=whole, parts=[part], seen_revision=1, actor=ann, now=AT)

        outcome = bulk(inspected, ann, seen([keys[0], part.new_task], 2), verdict="nuisance")

        assert states(outcome) == ["done", "done"]
        assert {one["task"]["state"] for one in outcome["results"]} == {"decided"}


class TestItsUndo:
    def test_takes_all_of_it_back_and_leaves_them_to_anybody(self, inspected, ann, bob, keys, queue_of, ask):
        bulk(inspected, ann, seen(keys))

        assert states(undo(ann, 1)) == ["done"] * 4

        assert set(ReviewTask.objects.values_list("state", flat=True)) == {"open"}
        assert {one.pk for one in ask(queue_of(), bob, 6)} == set(keys)

    def test_leaves_what_it_had_not_decided(self, inspected, ann, keys):
        services.decide(task_id=keys[0], word=Word(Verdict.DEFECT), seen_revision=1, actor=ann, now=AT)
        ReviewTask.objects.filter(pk=keys[0]).update(state="accepted")
        bulk(inspected, ann, seen(keys))

        undo(ann, 1)

        assert ReviewTask.objects.get(pk=keys[0]).annotations.get().verdict == "defect"

    def test_refuses_what_is_seen_no_more_and_does_the_rest(self, inspected, ann, keys):
        bulk(inspected, ann, seen(keys))
        ReviewTask.objects.filter(pk=keys[0]).update(site=make_site("elsewhere"))

        assert sorted(states(undo(ann, 1))) == ["done", "done", "done", "refused"]

    def test_leaves_what_was_said_of_one_since(self, inspected, ann, keys):
        bulk(inspected, ann, seen(keys))
        services.decide(task_id=keys[0], word=Word(Verdict.DEFECT), seen_revision=2, actor=ann, now=AT)

        outcome = undo(ann, 1)

        assert sorted(states(outcome)) == ["done", "done", "done", "refused"]
        assert ReviewTask.objects.get(pk=keys[0]).state == "decided"

    def test_is_of_ones_own_edit_only(self, inspected, ann, bob, keys):
        bulk(inspected, ann, seen(keys))
        assert undo(bob, 1)["problem"]["code"] == "nothing_to_undo"
