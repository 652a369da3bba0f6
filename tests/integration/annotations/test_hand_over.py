"""A lead puts what one reviewer holds into another's hands."""

from datetime import timedelta

import pytest

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.errors import AlreadyTheirs, NotHeld
from annotations.models import ReviewHold, ReviewTask
from annotations.services import Word
from audit.models import AuditEvent
from core.errors import Invalid, NotFound
from core.roles import Role
from tests.factories import AT, make_site, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(site):
    return actor_of(make_user(Role.LEAD, site=site, username="lena"))


@pytest.fixture
def held(inspected, queue_of, ann, ask):
    """The queue, and its one task in Ann's hands."""
    queue = queue_of()
    (task,) = ask(queue, ann)
    return queue, task


def pass_on(task, *, by, holder="ann", to=None):
    return services.hand_over(task_id=task.pk, holder=holder, to=to, reason="shift ends", actor=by, now=AT)


class TestHandingOver:
    def test_gives_it_to_whoever_was_meant_and_to_nobody_else(self, held, ann, bob, lead, ask):
        queue, task = held

        pass_on(task, by=lead, to="bob")

        assert ask(queue, ann) == []
        assert ask(queue, bob, after_s=3600) == [task]

    def test_to_nobody_lets_anybody_have_it(self, held, bob, lead, ask):
        queue, task = held

        pass_on(task, by=lead)

        assert ask(queue, bob) == [task]
        assert ReviewTask.objects.get().seats_taken == 1

    def test_is_in_the_trail_with_its_reason(self, held, bob, lead):
        pass_on(held[1], by=lead, to="bob")

        told = AuditEvent.objects.filter(actor__username="lena")
        assert {(event.action, event.reason) for event in told} == {
            ("review_task.give_back", "shift ends"),
            ("review_task.hand_out", "shift ends"),
        }

    def test_keeps_what_the_first_says_late(self, held, ann, bob, lead):
        task = held[1]
        pass_on(task, by=lead, to="bob")

        decided = services.decide(
            task_id=task.pk, word=Word(verdict=Verdict.DEFECT), seen_revision=1, actor=ann, now=AT
        )

        assert decided.state == "decided"

    def test_of_what_is_not_held_any_more_is_refused(self, held, bob, lead):
        pass_on(held[1], by=lead, to="bob")

        with pytest.raises(NotHeld):
            pass_on(held[1], by=lead, to="bob")

    @pytest.mark.parametrize("to", ["nobody", "otto", "elsa"])
    def test_is_for_reviewers_of_the_site(self, held, site, lead, to):
        make_user(Role.OPERATOR, site=site, username="otto")
        make_user(Role.REVIEWER, site=make_site(), username="elsa")

        with pytest.raises(Invalid):
            pass_on(held[1], by=lead, to=to)
        assert ReviewHold.objects.get().ending == ""

    def test_to_who_did_not_want_it_is_refused(self, held, ann, bob, lead, ask):
        queue, task = held
        services.give_back(task_id=task.pk, ending="skipped", reason="", actor=ann, now=AT)
        ask(queue, bob)

        with pytest.raises(AlreadyTheirs):
            pass_on(task, by=lead, holder="bob", to="ann")

    def test_at_another_site_is_not_seen(self, held, bob):
        stranger = actor_of(make_user(Role.LEAD, site=make_site()))

        with pytest.raises(NotFound):
            pass_on(held[1], by=stranger, to="bob")


class TestHands:
    def test_say_who_holds_what_and_who_could(self, held, bob, lead):
        queue, task = held

        seen = selectors.hands_of(queue, actor=lead)

        assert [(one["task"], one["reviewer"]) for one in seen["hands"]] == [(str(task.pk), "ann")]
        assert seen["reviewers"] == ["ann", "bob", "lena"]
        assert seen["hands"][0]["until"] == (AT + timedelta(seconds=queue.lease_s)).isoformat()

    def test_leave_out_checks_which_are_their_reviewers_alone(self, held, ann, bob, lead):
        queue, task = held
        ReviewTask.objects.update(original=task, kind="gold", asked=ann.user_id)

        assert selectors.hands_of(queue, actor=lead)["hands"] == []
        with pytest.raises(NotFound):
            pass_on(task, by=lead, to="bob")

    @pytest.mark.parametrize("kind", ["detection", "gold"])
    def test_leave_out_ones_own_which_are_not_handed_over(self, held, ann, bob, kind):
        queue, task = held
        if kind == "gold":
            ReviewTask.objects.update(original=task, kind="gold", asked=ann.user_id)

        assert selectors.hands_of(queue, actor=ann)["hands"] == []
        with pytest.raises(Invalid):
            pass_on(task, by=ann, to="bob")
