"""What people say is added, never edited; a stale word is refused with the one that came first."""

import pytest
from django.db import DatabaseError, transaction

from annotations import services
from annotations.choices import Verdict
from annotations.errors import NotHeld, NothingToUndo, StaleTask
from annotations.models import Annotation, ReviewEdit, ReviewHold, ReviewTask
from annotations.selectors import task_key
from annotations.services import Word
from audit.models import AuditEvent
from core.errors import Conflict, Invalid
from core.ids import uuid7
from outbox.models import OutboxEvent
from tests.factories import AT, make_class

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(inspected, queue_of, ann, ask):
    """In Ann's hands: a scratch at 1, 2 of 3 x 4 pixels."""
    (task,) = ask(queue_of(), ann)
    return task


def said(task):
    return list(task.annotations.values_list("number", "verdict", "change"))


def decide(task, actor, *, seen=1, verdict=Verdict.DEFECT, **word):
    return services.decide(task_id=task.pk, word=Word(verdict=verdict, **word), seen_revision=seen, actor=actor, now=AT)


class TestDeciding:
    @pytest.mark.parametrize(
        ("word", "change"),
        [
            ({}, "confirmed"),
            ({"class_code": "scratch", "bbox_px": (1.0, 2.0, 3.0, 4.0)}, "confirmed"),
            ({"class_code": "pit"}, "reclassed"),
            ({"bbox_px": (1.0, 2.0, 30.0, 4.0)}, "redrawn"),
            ({"class_code": "pit", "bbox_px": (1.0, 2.0, 30.0, 4.0)}, "reclassed"),
            ({"verdict": Verdict.NUISANCE}, "nuisance"),
        ],
        ids=str,
    )
    def test_says_what_it_changes(self, task, ann, word, change):
        make_class("pit")

        decided = decide(task, ann, **word)

        assert (decided.state, decided.revision, decided.annotation_number) == ("decided", 2, 1)
        assert [row[2] for row in said(task)] == [change]

    def test_keeps_class_and_box_of_a_defect_and_none_of_a_nuisance(self, task, ann):
        decide(task, ann, bbox_px=(5.0, 6.0, 7.0, 8.0), comment="seen twice", took_ms=840)
        decide(task, ann, seen=2, verdict=Verdict.NUISANCE)

        first, second = task.annotations.order_by("number")
        assert (first.defect_class.code, first.width_px, first.comment, first.took_ms) == (
            "scratch", 7.0, "seen twice", 840,
        )  # fmt: skip
        assert (second.defect_class, second.width_px) == (None, None)

    def test_leaves_the_detection_as_the_model_reported_it(self, task, ann, inspected):
        decide(task, ann, bbox_px=(5.0, 6.0, 7.0, 8.0))

        inspected.detection.refresh_from_db()
        assert inspected.detection.x_px == 1

    def test_ends_the_hold_and_is_announced_and_in_the_trail(self, task, ann, inspected):
        decide(task, ann)

        assert ReviewHold.objects.get().ending == "decided"
        event = OutboxEvent.objects.get(type="task.decided")
        assert set(event.topics) == {f"review:{inspected.site.pk}", f"wafer:{inspected.wafer.pk}"}
        assert AuditEvent.objects.get(action="review_task.decide").after["change"] == "confirmed"

    @pytest.mark.parametrize(
        "box",
        [(-1.0, 0.0, 5.0, 5.0), (60.0, 0.0, 5.0, 5.0), (0.0, 60.0, 5.0, 5.0), (0.0, 0.0, 0.5, 5.0)],
    )
    def test_with_a_box_that_cannot_be_is_refused(self, task, ann, box):
        with pytest.raises(Invalid, match="64 x 64"):
            decide(task, ann, bbox_px=box)
        assert not Annotation.objects.exists()

    def test_with_a_class_that_is_not_there_is_refused(self, task, ann):
        with pytest.raises(Invalid, match="There is no ghost"):
            decide(task, ann, class_code="ghost")

    def test_is_not_for_who_never_had_it(self, task, bob):
        with pytest.raises(NotHeld) as refused:
            decide(task, bob)
        assert refused.value.extra["current"]["id"] == str(task.pk)

    def test_takes_a_free_seat_without_a_queue(self, inspected, queue_of, bob):
        queue_of()

        decided = decide(ReviewTask.objects.get(), bob)

        decided.refresh_from_db()
        assert decided.seats_taken == 1


class TestTwoWords:
    def test_the_later_is_refused_with_the_earlier(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(lease_s=60)
        (task,) = ask(queue, ann)
        ask(queue, bob, after_s=61)
        decide(task, bob, verdict=Verdict.NUISANCE)

        with pytest.raises(StaleTask) as refused:
            decide(task, ann)

        theirs = refused.value.extra["current"]["annotation"]
        assert (theirs["author"], theirs["verdict"]) == ("bob", "nuisance")
        assert len(said(task)) == 1

    def test_the_later_may_be_said_all_the_same_and_both_are_kept(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(lease_s=60)
        (task,) = ask(queue, ann)
        ask(queue, bob, after_s=61)
        decide(task, bob, verdict=Verdict.NUISANCE)

        decided = decide(task, ann, seen=2)

        assert (decided.state, decided.annotation_number) == ("disputed", 0)
        assert [row[1] for row in said(task)] == ["nuisance", "defect"]

    def test_of_ones_own_are_no_conflict(self, task, ann):
        decide(task, ann)

        assert decide(task, ann, seen=1, verdict=Verdict.NUISANCE).revision == 3


class TestTakingBack:
    def test_leaves_the_task_in_ones_hands_and_every_word_in_its_history(self, task, ann):
        decide(task, ann)

        reopened = services.take_back(task_id=task.pk, actor=ann, now=AT)

        assert (reopened.state, reopened.annotation_number) == ("open", 0)
        assert ReviewHold.objects.get().ending == ""
        assert [row[1] for row in said(task)] == ["defect", "withdrawn"]
        assert decide(task, ann, verdict=Verdict.NUISANCE).state == "decided"

    def test_of_what_somebody_else_said_is_refused(self, task, ann, bob):
        decide(task, ann)

        with pytest.raises(NothingToUndo):
            services.take_back(task_id=task.pk, actor=bob, now=AT)

    def test_twice_is_refused(self, task, ann):
        decide(task, ann)
        services.take_back(task_id=task.pk, actor=ann, now=AT)

        with pytest.raises(NothingToUndo):
            services.take_back(task_id=task.pk, actor=ann, now=AT)


class TestAddingWhatWasMissed:
    def word(self, **values):
        return Word(**{"verdict": Verdict.DEFECT, "class_code": "scratch", "bbox_px": (8.0, 8.0, 9.0, 9.0), **values})

    def test_makes_a_decided_task_without_a_detection(self, task, ann):
        added = services.add_missed(beside=task.pk, new_task=uuid7(at=AT), word=self.word(), actor=ann, now=AT)

        assert (added.kind, added.state, added.detection_id, added.image_id) == (
            "missed", "decided", None, task.image_id,
        )  # fmt: skip
        assert said(added) == [(1, "defect", "missed")]

    def test_can_be_taken_back_and_said_again(self, task, ann):
        added = services.add_missed(beside=task.pk, new_task=uuid7(at=AT), word=self.word(), actor=ann, now=AT)

        assert services.take_back(task_id=added.pk, actor=ann, now=AT).state == "withdrawn"
        assert decide(added, ann, seen=3).state == "decided"

    def test_with_a_key_that_is_taken_is_refused(self, task, ann):
        with pytest.raises(Conflict):
            services.add_missed(beside=task.pk, new_task=task.pk, word=self.word(), actor=ann, now=AT)

    def test_with_the_key_that_the_task_of_a_finding_will_have_is_refused(self, task, ann, find):
        """With its key taken nobody would ever be asked about it."""
        (found,) = find()

        with pytest.raises(Conflict):
            services.add_missed(beside=task.pk, new_task=task_key(found.pk), word=self.word(), actor=ann, now=AT)

    def test_without_a_class_or_box_is_refused(self, task, ann):
        with pytest.raises(Invalid):
            services.add_missed(beside=task.pk, new_task=uuid7(at=AT), word=self.word(bbox_px=None), actor=ann, now=AT)


class TestWhatWasSaid:
    @pytest.mark.parametrize("model", [Annotation, ReviewEdit])
    def test_cannot_be_changed_or_deleted(self, task, ann, model):
        edit = {"seq": 1, "kind": "decide", "task": task.pk, "seen_revision": 1, "verdict": "defect"}
        services.take_edit(client=uuid7(at=AT), edit=edit, content={"seq": 1}, actor=ann, now=AT)

        for change in (lambda rows: rows.update(id=uuid7(at=AT)), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                change(model.objects.all())
