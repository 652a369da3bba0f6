"""One box round two defects, and two boxes round one: each defect is counted once, and one word takes it back."""

import pytest

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.errors import NotHeld, StaleTask, TaskLocked
from annotations.models import Annotation, ReviewTask
from annotations.selectors import task_key
from annotations.services import Part, Word, merge, split
from core.errors import Invalid, NotFound
from core.ids import uuid7
from tests.factories import AT, make_class, make_inspected

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(find):
    """Two more of the same scratch, to the right of it and below."""
    (right,) = find(x_px=30, y_px=2, width_px=10, height_px=4)
    (below,) = find(x_px=1, y_px=20, width_px=3, height_px=6)
    return [right, below]


@pytest.fixture
def task(inspected, found, queue_of, ann, ask):
    """In Ann's hands: a scratch at 1, 2 of 3 x 4 pixels."""
    (task,) = [one for one in ask(queue_of(), ann, 3) if one.detection_id == inspected.detection.pk]
    return task


def said_of(key):
    row = Annotation.objects.filter(task=key).order_by("number").last()
    return row.change, row.linked_to_id


def state_of(key):
    return ReviewTask.objects.get(pk=key).state


def cut(task, actor, *, key=None, seen=1):
    make_class("pit")
    part = Part(key or uuid7(at=AT), Word(Verdict.DEFECT, class_code="pit", bbox_px=(3.0, 2.0, 2.0, 4.0)))
    first = Word(Verdict.DEFECT, bbox_px=(1.0, 2.0, 2.0, 4.0))
    split(task_id=task.pk, word=first, parts=[part], seen_revision=seen, actor=actor, now=AT)
    return part.new_task


def join(task, actor, found, *, seen=1):
    keys = [row.pk for row in found]
    return merge(task_id=task.pk, detections=keys, word=Word(Verdict.DEFECT), seen_revision=seen, actor=actor, now=AT)


def image_task(inspected):
    """The image as a whole, as the audit asks about it."""
    task = ReviewTask(
        id=uuid7(at=AT), site_id=inspected.image.site_id, kind="image", run=inspected.run, image=inspected.image,
        wafer=inspected.wafer, x_px=0, y_px=0, width_px=64, height_px=64, made_at=AT,
    )  # fmt: skip
    task.save(force_insert=True)
    return task


def others_on(image, actor):
    (card,) = selectors.cards_of([image.pk], actor=actor)
    return {one["id"] for one in card["others"]}


class TestSplitting:
    def test_decides_the_first_part_and_adds_the_others_with_a_link(self, task, ann):
        part = cut(task, ann)

        first = Annotation.objects.get(task=task)
        assert (first.change, first.width_px) == ("split", 2.0)
        assert said_of(part) == ("part", task.pk)
        assert (state_of(task.pk), state_of(part)) == ("decided", "decided")

    def test_is_taken_back_whole(self, task, ann):
        part = cut(task, ann)

        services.take_back(task_id=task.pk, actor=ann, now=AT)

        assert (state_of(task.pk), state_of(part)) == ("open", "withdrawn")

    def test_is_replaced_by_what_is_said_next(self, task, ann):
        part = cut(task, ann)

        services.decide(task_id=task.pk, word=Word(Verdict.NUISANCE), seen_revision=2, actor=ann, now=AT)

        assert (state_of(task.pk), state_of(part)) == ("decided", "withdrawn")

    def test_is_not_taken_back_where_a_part_is_closed(self, task, ann, bob):
        part = cut(task, ann)
        services.advance(task_id=part, to="accepted", seen_revision=2, actor=bob, now=AT)

        with pytest.raises(TaskLocked):
            services.take_back(task_id=task.pk, actor=ann, now=AT)

        assert state_of(task.pk) == "decided"

    def test_without_a_place_of_the_first_part_is_refused(self, task, ann):
        with pytest.raises(Invalid):
            split(task_id=task.pk, word=Word(Verdict.DEFECT), parts=[], seen_revision=1, actor=ann, now=AT)

    def test_is_opened_again_whole(self, task, ann, bob):
        part = cut(task, ann)

        services.reopen(task_id=task.pk, reason="look again", seen_revision=2, actor=bob, now=AT)

        assert (state_of(task.pk), state_of(part)) == ("open", "open")


class TestMerging:
    def test_makes_one_defect_with_the_box_round_all(self, task, ann, found):
        join(task, ann, found)

        said = Annotation.objects.get(task=task)
        assert (said.change, said.x_px, said.y_px, said.width_px, said.height_px) == ("joined", 1, 2, 39, 24)
        for row in found:
            assert said_of(task_key(row.pk)) == ("merged", task.pk)
            assert Annotation.objects.get(task=task_key(row.pk)).verdict == "nuisance"

    def test_takes_in_what_no_queue_has(self, task, ann, find):
        (loose,) = find(x_px=50)
        assert not ReviewTask.objects.filter(pk=task_key(loose.pk)).exists()

        join(task, ann, [loose])

        assert state_of(task_key(loose.pk)) == "decided"

    def test_is_taken_back_whole_and_leaves_the_others_to_anybody(self, task, ann, bob, found, queue_of, ask):
        join(task, ann, found)

        services.take_back(task_id=task.pk, actor=ann, now=AT)

        assert {state_of(task_key(row.pk)) for row in found} == {"open"}
        assert {one.detection_id for one in ask(queue_of(), bob, 3)} == {row.pk for row in found}

    def test_of_what_somebody_else_has_decided_changes_nothing(self, task, ann, bob, found):
        theirs = ReviewTask.objects.get(pk=task_key(found[0].pk))
        services.give_back(task_id=theirs.pk, ending="released", reason="", actor=ann, now=AT)
        services.decide(task_id=theirs.pk, word=Word(Verdict.DEFECT), seen_revision=1, actor=bob, now=AT)

        with pytest.raises(StaleTask):
            join(task, ann, found)

        assert Annotation.objects.count() == 1

    def test_of_what_somebody_else_holds_changes_nothing(self, task, ann, bob, found, queue_of, ask):
        services.give_back(task_id=task_key(found[0].pk), ending="skipped", reason="x", actor=ann, now=AT)
        ask(queue_of(), bob, 1)
        # Ann has had it, and may say so late; another detection she never had.
        (loose,) = [ReviewTask.objects.get(pk=task_key(found[0].pk))]
        loose.holds.exclude(reviewer_id=bob.user_id).delete()

        with pytest.raises(NotHeld):
            join(task, ann, found)

        assert not Annotation.objects.exists()

    def test_takes_detections_of_the_same_image_only(self, task, ann, site):
        with pytest.raises(NotFound):
            join(task, ann, [make_inspected(site).detection])

    def test_with_others_than_before_lets_go_of_those(self, task, ann, found):
        join(task, ann, found)

        join(task, ann, found[:1], seen=2)

        assert [state_of(task_key(row.pk)) for row in found] == ["decided", "open"]

    def test_is_opened_again_whole(self, task, ann, bob, found):
        join(task, ann, found)

        services.reopen(task_id=task.pk, reason="look again", seen_revision=2, actor=bob, now=AT)

        assert {state_of(task_key(row.pk)) for row in found} == {"open"}


class TestWhileOthersAreAskedApart:
    @pytest.fixture
    def blind(self, task):
        ReviewTask.objects.filter(pk=task.pk).update(wants=2)
        return task

    def words_of(self, key, actor):
        (card,) = selectors.cards_of([key], actor=actor)
        return [word["change"] for word in card["history"]], card["annotation"] and card["annotation"]["linked_to"]

    def test_parts_are_their_authors_alone(self, blind, ann, bob):
        part = cut(blind, ann)

        assert self.words_of(part, ann) == (["part"], str(blind.pk))
        assert self.words_of(part, bob) == ([], None)
        assert selectors.tasks_visible_to(ann).filter(pk=part).exists()
        assert not selectors.tasks_visible_to(bob).filter(pk=part).exists()

        services.decide(task_id=blind.pk, word=Word(Verdict.NUISANCE), seen_revision=1, actor=bob, now=AT)
        assert self.words_of(part, bob) == (["part"], str(blind.pk))
        assert selectors.tasks_visible_to(bob).filter(pk=part).exists()

    def test_what_is_merged_names_it_to_its_author_alone(self, blind, ann, bob, found):
        join(blind, ann, found[:1])
        merged = task_key(found[0].pk)

        assert self.words_of(merged, ann) == (["merged"], str(blind.pk))
        assert self.words_of(merged, bob) == ([], None)

    def test_what_is_merged_says_so_on_the_wafer_to_its_author_alone(self, blind, inspected, ann, bob, found):
        join(blind, ann, found[:1])

        def said(actor):
            items = selectors.items_of_wafer(inspected.wafer, layer=None, actor=actor)["items"]
            return next(one["said"] for one in items if one["detection"] == str(found[0].pk))

        assert (said(ann)["author"], said(bob)) == ("ann", None)

    def test_parts_are_on_the_whole_image_for_their_author_alone(self, blind, inspected, ann, bob):
        image = image_task(inspected)
        part = cut(blind, ann)

        assert str(part) in others_on(image, ann)
        assert str(part) not in others_on(image, bob)

        services.decide(task_id=blind.pk, word=Word(Verdict.NUISANCE), seen_revision=1, actor=bob, now=AT)
        assert str(part) in others_on(image, bob)
