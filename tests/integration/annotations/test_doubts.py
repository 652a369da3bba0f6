"""Settled words that look-alikes and models contradict are listed once, until somebody has looked."""

from datetime import timedelta

import pytest

from annotations import selectors, services
from annotations.choices import TaskKind, TaskState
from annotations.errors import StaleTask
from annotations.models import Annotation, ReviewHold, ReviewTask
from annotations.services.checks import _check_of
from audit.models import AuditEvent
from core.errors import Forbidden
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from inspection.models import Detection
from tests.factories import AT, make_class, make_inspected, make_review, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(site):
    return actor_of(make_user(Role.LEAD, site=site, username="lea"))


@pytest.fixture
def author(site):
    return make_user(Role.REVIEWER, site=site, username="rex")


def settled(site, author, *, said, model="scratch", confidence=0.9):
    """A detection that looks like every other, and what a person said of it."""
    made = make_inspected(site)
    detection = Detection.objects.create(
        id=derived_uuid7(parent=made.run.pk, label="looks alike"), run=made.run, image=made.image, wafer=made.wafer,
        ordinal=1, defect_class=make_class(model), confidence=confidence, raw_score=0.5, top3_class_ids=[],
        top3_confidences=[], severity="major", band="review", x_px=1, y_px=2, width_px=3, height_px=4,
        embedding=[1.0] + [0.0] * 63,
    )  # fmt: skip
    _, task = make_review(detection)
    Annotation.objects.create(
        id=uuid7(at=AT), task=task, number=1, author=author, verdict="defect", change="confirmed", made_at=AT,
        defect_class=make_class(said), x_px=1, y_px=2, width_px=3, height_px=4,
    )  # fmt: skip
    ReviewTask.objects.filter(pk=task.pk).update(state="decided", annotation_number=1, revision=2)
    task.refresh_from_db()
    return task


@pytest.fixture
def odd(site, author):
    """A pit among four scratches that look the same, of which the model said scratch."""
    for _ in range(4):
        settled(site, author, said="scratch")
    return settled(site, author, said="pit")


def doubts(site, lead):
    selectors.forget_doubts()
    return selectors.doubts_of(site, days=30, actor=lead, now=AT)


def hold_check(task, actor):
    """The actor is just asked about it once more."""
    check = _check_of(task, TaskKind.GOLD, reviewer_id=actor.user_id, now=AT)
    check.save(force_insert=True)
    ReviewHold.objects.create(
        id=uuid7(at=AT), task=check, reviewer_id=actor.user_id, taken_at=AT, held_until=AT + timedelta(minutes=1)
    )


def dismiss(task, actor, *, seen=2):
    return services.dismiss_doubt(task_id=task.pk, seen_revision=seen, reason="It is a pit", actor=actor, now=AT)


class TestDoubts:
    def test_are_of_words_that_both_contradict(self, site, lead, odd):
        report = doubts(site, lead)

        (one,) = report["results"]
        assert (report["compared"], report["total"], one["task"]["id"]) == (5, 1, str(odd.pk))
        assert one["neighbours_say"] == {"scratch": 4}
        assert [(call["class_code"], call["confidence"]) for call in one["versions"]] == [("scratch", 0.9)]
        assert len(one["neighbours"]) == 3

    def test_are_not_told_to_who_is_just_asked_about_them_once_more(self, site, lead, odd, ann):
        near = doubts(site, lead)["results"][0]["neighbours"][0]["id"]
        hold_check(ReviewTask.objects.get(pk=near), ann)
        (one,) = doubts(site, ann)["results"]
        assert near not in {card["id"] for card in one["neighbours"]}

        hold_check(odd, ann)
        assert (doubts(site, ann)["results"], doubts(site, lead)["total"]) == ([], 1)

    def test_are_none_where_the_model_sees_what_the_person_saw(self, site, lead, author):
        for _ in range(4):
            settled(site, author, said="scratch")
        settled(site, author, said="pit", model="pit")

        assert doubts(site, lead)["results"] == []

    def test_that_were_put_aside_stay_so_for_that_word(self, site, lead, odd):
        stain = make_class("stain")
        dismiss(odd, lead)

        assert doubts(site, lead)["results"] == []
        ReviewTask.objects.filter(pk=odd.pk).update(annotation_number=2)
        Annotation.objects.create(
            id=uuid7(at=AT), task=odd, number=2, author_id=lead.user_id, verdict="defect", change="reclassed",
            made_at=AT, defect_class=stain, x_px=1, y_px=2, width_px=3, height_px=4,
        )  # fmt: skip
        assert doubts(site, lead)["total"] == 1

    def test_are_put_aside_once_and_in_the_trail(self, site, lead, odd):
        dismiss(odd, lead)
        dismiss(odd, lead)

        assert AuditEvent.objects.filter(action="doubt.dismiss", object_id=str(odd.pk)).count() == 1

    def test_are_not_put_aside_by_whose_word_it_is(self, site, odd, author):
        with pytest.raises(Forbidden):
            dismiss(odd, actor_of(author))

    def test_are_not_put_aside_unseen(self, site, lead, odd):
        with pytest.raises(StaleTask):
            dismiss(odd, lead, seen=1)

    def test_end_with_opening_it_again(self, site, lead, odd):
        services.reopen(task_id=odd.pk, reason="Looks like a scratch", seen_revision=2, actor=lead, now=AT)

        odd.refresh_from_db()
        assert odd.state == TaskState.OPEN
        assert doubts(site, lead)["results"] == []
