"""The random audit: whole images drawn by a known chance, whatever was found on them."""

import pytest

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.models import AuditedImage, QueueEntry, ReviewTask
from annotations.selectors import Selection
from annotations.services import Word
from annotations.services.auditing import draw_images, number_of
from annotations.services.intake import enlist
from core.errors import IllegalTransition, Invalid
from core.ids import uuid7
from tests.factories import AT

pytestmark = pytest.mark.django_db
REVIEW_ONLY = Selection(bands=("review",))


@pytest.fixture
def draw(inspected, queue_of):
    """Draws of the image's run for a queue, as the intake does."""

    def draw(rate: float = 1.0, *, selection: Selection = REVIEW_ONLY, code: str = "AUDIT", **values):
        queue = queue_of(code, selection=selection, audit_rate=rate, **values)
        audited = draw_images({inspected.image.pk: inspected.run}, queues=[queue], now=AT)
        enlist(list(inspected.run.detections.all()), queues=[queue], audited=audited, now=AT)
        return queue

    return draw


class TestDrawing:
    def test_takes_all_that_was_found_and_the_image_itself(self, inspected, find, draw):
        find(band="accept", confidence=0.1), find(band="review")

        queue = draw()

        taken = QueueEntry.objects.filter(queue=queue, is_audit=True).values_list("task__kind", "task__band")
        assert sorted(taken) == [
            ("detection", "accept"), ("detection", "reject"), ("detection", "review"), ("image", "")
        ]  # fmt: skip

    def test_writes_down_with_which_chance(self, inspected, queue_of):
        queues = [queue_of("A", audit_rate=1.0), queue_of("B", audit_rate=0.0, selection=REVIEW_ONLY)]

        drawn = draw_images({inspected.image.pk: inspected.run}, queues=queues, now=AT)

        assert drawn == {inspected.image.pk: queues[:1]}
        assert AuditedImage.objects.get().inclusion == 1.0

    def test_is_for_queues_of_the_layer_tool_and_recipe_only(self, inspected, site, queue_of):
        from inspection.models import Tool

        Tool.objects.create(site=site, code="T9")
        other = queue_of("A", audit_rate=1.0, selection=Selection(tools=("T9",)))

        assert draw_images({inspected.image.pk: inspected.run}, queues=[other], now=AT) == {}

    def test_with_a_rate_draws_that_share(self, queue_of):
        numbers = [number_of(uuid7(at=AT)) for _ in range(4000)]

        assert sum(number < 0.1 for number in numbers) / 4000 == pytest.approx(0.1, abs=0.02)

    def test_a_changed_rate_leaves_what_was_drawn(self, inspected, draw, ann):
        queue = draw(0.999999)

        services.change_queue(queue_id=queue.pk, seen_version=1, audit_rate=0.0, actor=ann, now=AT)

        assert AuditedImage.objects.get().inclusion == 0.999999

    def test_a_changed_selection_leaves_what_was_drawn_in_the_queue(self, inspected, draw, ann, ask):
        queue = draw()
        changed = services.change_queue(
            queue_id=queue.pk, seen_version=1, selection=Selection(bands=("accept",)), actor=ann, now=AT
        )

        assert {task.kind for task in ask(changed, ann, 6)} == {"image", "detection"}

    def test_twice_makes_nothing_twice(self, inspected, draw, queue_of):
        queue = draw()

        draw_images({inspected.image.pk: inspected.run}, queues=[queue], now=AT)

        assert (AuditedImage.objects.count(), ReviewTask.objects.filter(kind="image").count()) == (1, 1)


class TestHandingOut:
    def test_comes_between_by_chance(self, inspected, find, draw, ann):
        find(band="review")
        queue = draw()

        def first(chance):
            _, (key,) = services.next_tasks(queue_id=queue.pk, count=1, actor=ann, now=AT, chance=lambda: chance)
            services.give_back(task_id=key, ending="released", reason="", actor=ann, now=AT)
            return QueueEntry.objects.get(queue=queue, task=key)

        assert first(0.9).task.band == "review"
        assert first(0.0).task_id == min(QueueEntry.objects.filter(is_audit=True).values_list("task_id", flat=True))

    def test_comes_last_where_the_queue_has_work_of_its_own(self, inspected, find, draw, ann):
        (own,) = find(band="review")
        queue = draw()

        _, keys = services.next_tasks(queue_id=queue.pk, count=6, actor=ann, now=AT, chance=lambda: 0.99)

        assert len(keys) == 3
        assert ReviewTask.objects.get(pk=keys[0]).detection_id == own.pk


class TestAWholeImage:
    @pytest.fixture
    def image(self, inspected, draw, ann):
        draw()
        return ReviewTask.objects.get(kind="image")

    def test_is_complete_by_one_word(self, image, ann):
        done = services.decide(task_id=image.pk, word=Word(Verdict.COMPLETE), seen_revision=1, actor=ann, now=AT)

        assert done.state == "decided"
        (card,) = selectors.cards_of([image.pk], actor=ann)
        assert (card["class_code"], card["detection"], card["annotation"]["verdict"]) == (None, None, "complete")
        assert card["bbox_px"] == [0, 0, 64, 64]

    def test_shows_what_people_have_added_there(self, image, ann, bob):
        (found,) = ReviewTask.objects.filter(kind="detection")
        word = Word(Verdict.DEFECT, "scratch", (2, 2, 6, 6))
        added, taken_back = uuid7(at=AT), uuid7(at=AT)
        for key in (added, taken_back):
            services.add_missed(beside=found.pk, new_task=key, word=word, actor=bob, now=AT)
        services.take_back(task_id=taken_back, actor=bob, now=AT)

        whole, of_one = selectors.cards_of([image.pk, found.pk], actor=ann)

        assert [one["id"] for one in whole["others"]] == [str(found.detection_id), str(added)]
        assert (whole["others"][1]["confidence"], whole["others"][1]["bbox_px"]) == (None, [2, 2, 6, 6])
        assert str(added) not in [one["id"] for one in of_one["others"]]

    def test_says_only_that(self, image, ann):
        with pytest.raises(Invalid, match="whole image"):
            services.decide(task_id=image.pk, word=Word(Verdict.NUISANCE), seen_revision=1, actor=ann, now=AT)

    def test_is_all_that_is_complete(self, image, ann):
        (found,) = ReviewTask.objects.filter(kind="detection")

        with pytest.raises(Invalid, match="one place"):
            services.decide(task_id=found.pk, word=Word(Verdict.COMPLETE), seen_revision=1, actor=ann, now=AT)

    def test_can_be_asked_again(self, image, ann):
        services.decide(task_id=image.pk, word=Word(Verdict.COMPLETE), seen_revision=1, actor=ann, now=AT)

        back = services.take_back(task_id=image.pk, actor=ann, now=AT)

        assert (back.state, back.seats_taken) == ("open", 1)

    def test_of_an_earlier_run_is_not_asked_any_more(self, image, ann):
        ReviewTask.objects.filter(pk=image.pk).update(state="withdrawn")

        with pytest.raises(IllegalTransition):
            services.decide(task_id=image.pk, word=Word(Verdict.COMPLETE), seen_revision=1, actor=ann, now=AT)

    def test_is_not_among_the_decisions_of_defects(self, image, ann):
        services.decide(task_id=image.pk, word=Word(Verdict.COMPLETE), seen_revision=1, actor=ann, now=AT)

        assert image.pk not in set(selectors.tasks_visible_to(ann).values_list("pk", flat=True))
