"""From opinions to what a model may learn from: agreement, disputes, second eyes, acceptance, and the way back."""

import pytest

from annotations import selectors, services
from annotations.choices import TASK_STEPS, TaskState, Verdict, check_task_step
from annotations.errors import StaleTask, TaskLocked
from annotations.models import QueueEntry, ReviewStep, ReviewTask
from annotations.services import Word
from audit.models import AuditEvent
from core.errors import Forbidden, IllegalTransition, Invalid
from core.roles import Role
from tests.factories import AT, make_class, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db
DEFECT, NUISANCE = Word(verdict=Verdict.DEFECT), Word(verdict=Verdict.NUISANCE)


@pytest.fixture
def lead(site):
    return actor_of(make_user(Role.LEAD, site=site, username="lea"))


@pytest.fixture
def shared(inspected, queue_of, ann, bob, ask):
    """In the hands of both Ann and Bob, who do not see each other."""
    queue = queue_of(overlap_share=1.0)
    (task,) = ask(queue, ann)
    assert ask(queue, bob) == [task]
    return task


@pytest.fixture
def disputed(shared, ann, bob):
    decide(shared, ann, DEFECT)
    return decide(shared, bob, NUISANCE)


@pytest.fixture
def decided(inspected, queue_of, ann, ask):
    (task,) = ask(queue_of(), ann)
    return decide(task, ann, DEFECT)


def decide(task, actor, word, *, seen=1):
    return services.decide(task_id=task.pk, word=word, seen_revision=seen, actor=actor, now=AT)


def advance(task, actor, to=TaskState.ACCEPTED):
    return services.advance(task_id=task.pk, to=to, seen_revision=task.revision, actor=actor, now=AT)


def rule(task, actor, word=NUISANCE, *, seen=None):
    return services.adjudicate(
        task_id=task.pk, word=word, reason="resist residue", seen_revision=seen or task.revision, actor=actor, now=AT
    )


class TestSteps:
    @pytest.mark.parametrize("before", list(TaskState))
    @pytest.mark.parametrize("after", list(TaskState))
    def test_are_those_of_the_table_and_no_others(self, before, after):
        if after in TASK_STEPS[before]:
            check_task_step(before, after)
        else:
            with pytest.raises(IllegalTransition):
                check_task_step(before, after)


class TestOverlap:
    def test_of_a_share_is_drawn_by_key(self, inspected, find, queue_of):
        find(200)
        queue_of(overlap_share=0.25, overlap_reviewers=3)

        wants = list(ReviewTask.objects.values_list("wants", flat=True))
        assert set(wants) == {1, 3}
        assert 30 <= wants.count(3) <= 72

    def test_waits_for_the_last_opinion(self, shared, ann):
        waiting = decide(shared, ann, DEFECT)

        assert (waiting.state, waiting.annotation_number) == ("open", 0)

    def test_decides_where_all_agree(self, shared, ann, bob):
        decide(shared, ann, DEFECT)

        both = decide(shared, bob, Word(verdict=Verdict.DEFECT, bbox_px=(1.0, 2.0, 3.0, 3.5)))

        assert (both.state, both.annotation_number) == ("decided", 2)

    @pytest.mark.parametrize(
        "other",
        [
            NUISANCE,
            Word(verdict=Verdict.DEFECT, class_code="pit"),
            Word(verdict=Verdict.DEFECT, bbox_px=(40, 40, 5, 5)),
        ],
        ids=["verdict", "class", "place"],
    )
    def test_disputes_where_they_differ(self, shared, ann, bob, other):
        make_class("pit")
        decide(shared, ann, DEFECT)

        both = decide(shared, bob, other)

        assert (both.state, both.annotation_number) == ("disputed", 0)
        assert not QueueEntry.objects.filter(is_open=True).exists()

    def test_of_three_wants_every_two_at_one_place(self, inspected, queue_of, ann, bob, lead, ask):
        queue = queue_of(overlap_share=1.0, overlap_reviewers=3)
        boxes = ((10.0, 10.0, 10.0, 10.0), (13.0, 10.0, 10.0, 10.0), (7.0, 10.0, 10.0, 10.0))
        for actor, box in zip((ann, bob, lead), boxes, strict=True):
            (task,) = ask(queue, actor)
            last = decide(task, actor, Word(verdict=Verdict.DEFECT, bbox_px=box))

        assert last.state == "disputed"

    def test_is_blind_until_all_have_spoken(self, shared, ann, bob, lead):
        decide(shared, ann, DEFECT)

        seen = {actor.username: selectors.cards_of([shared.pk], actor=actor)[0] for actor in (ann, bob, lead)}
        assert [len(seen[name]["history"]) for name in ("ann", "bob", "lea")] == [1, 0, 0]
        decide(shared, bob, NUISANCE)
        (card,) = selectors.cards_of([shared.pk], actor=bob)
        assert [row["author"] for row in card["opinions"]] == ["ann", "bob"]

    def test_ends_a_dispute_when_somebody_changes_their_mind(self, disputed, bob):
        assert decide(disputed, bob, DEFECT, seen=disputed.revision).state == "decided"


class TestADispute:
    def test_is_decided_by_a_lead_over_the_opinions(self, disputed, lead):
        ruled = rule(disputed, lead)

        assert (ruled.state, ruled.annotation_number) == ("validated", 3)
        (card,) = selectors.cards_of([ruled.pk], actor=lead)
        assert [row["layer"] for row in card["history"]] == ["opinion", "opinion", "adjudication"]
        assert [row["verdict"] for row in card["opinions"]] == ["defect", "nuisance"]
        assert AuditEvent.objects.get(action="review_task.adjudicate").reason == "resist residue"

    def test_is_one_again_when_the_lead_takes_that_back(self, disputed, lead):
        rule(disputed, lead)

        again = services.take_back(task_id=disputed.pk, actor=lead, now=AT)

        assert (again.state, again.annotation_number) == ("disputed", 0)
        assert rule(again, lead, DEFECT).state == "validated"

    def test_is_not_decided_by_who_is_in_it(self, disputed, ann):
        with pytest.raises(Forbidden):
            rule(disputed, ann)

    def test_is_not_decided_by_who_has_not_seen_the_last_word(self, disputed, lead):
        with pytest.raises(StaleTask):
            rule(disputed, lead, seen=2)

    def test_is_needed_for_a_ruling(self, decided, lead):
        with pytest.raises(TaskLocked, match="it is decided"):
            rule(decided, lead)


class TestADecision:
    def test_is_validated_and_accepted_by_others(self, decided, bob, lead):
        validated = advance(decided, bob, TaskState.VALIDATED)
        accepted = advance(validated, lead)

        assert accepted.state == "accepted"
        assert list(ReviewStep.objects.values_list("state", "author__username")) == [
            ("validated", "bob"), ("accepted", "lea"),
        ]  # fmt: skip

    @pytest.mark.parametrize("to", [TaskState.VALIDATED, TaskState.ACCEPTED])
    def test_is_not_passed_on_by_who_made_it(self, decided, ann, to):
        with pytest.raises(Forbidden):
            advance(decided, ann, to)

    def test_that_is_accepted_twice_is_accepted(self, decided, lead):
        assert advance(advance(decided, lead), lead).state == "accepted"
        assert ReviewStep.objects.count() == 1

    def test_that_is_not_made_yet_cannot_be_accepted(self, shared, lead):
        with pytest.raises(IllegalTransition):
            advance(ReviewTask.objects.get(), lead)

    @pytest.mark.parametrize("to", [TaskState.VALIDATED, TaskState.ACCEPTED])
    def test_that_is_validated_or_accepted_is_locked(self, decided, ann, lead, to):
        locked = advance(decided, lead, to)

        with pytest.raises(TaskLocked):
            decide(locked, ann, NUISANCE, seen=locked.revision)
        with pytest.raises(TaskLocked):
            services.take_back(task_id=locked.pk, actor=ann, now=AT)


class TestOpeningAgain:
    def reopen(self, task, actor, reason="wrong layer"):
        return services.reopen(task_id=task.pk, reason=reason, seen_revision=task.revision, actor=actor, now=AT)

    def test_asks_for_fresh_opinions_and_keeps_the_old_ones_to_be_read(self, decided, ann, lead, ask, queue_of):
        accepted = advance(decided, lead)

        opened = self.reopen(accepted, lead)

        assert (opened.state, opened.annotation_number) == ("open", 0)
        assert ask(queue_of(), ann) == [decided]
        (card,) = selectors.cards_of([decided.pk], actor=ann)
        assert (len(card["history"]), card["opinions"]) == (1, [])
        assert [(step["state"], step["reason"]) for step in card["steps"]] == [
            ("accepted", ""), ("open", "wrong layer"),
        ]  # fmt: skip
        assert decide(opened, ann, NUISANCE, seen=opened.revision).state == "decided"

    def test_needs_a_reason(self, decided, lead):
        with pytest.raises(Invalid, match="Say why"):
            self.reopen(decided, lead, reason="  ")

    def test_of_what_is_open_is_refused(self, shared, lead):
        opened = ReviewTask.objects.get()

        with pytest.raises(IllegalTransition):
            services.reopen(task_id=opened.pk, reason="x", seen_revision=opened.revision, actor=lead, now=AT)
