"""A scorecard says how somebody decides; what measures them stays unspoilt, and can be contested."""

from datetime import timedelta

import pytest

from accounts.models import User
from annotations import selectors, services
from annotations.choices import AppealKind, AppealState, TaskKind, TaskState, Verdict
from annotations.errors import AlreadyAppealed, NothingToAppeal
from annotations.models import GoldItem, ReviewAppeal, ReviewTask
from annotations.services import Word
from audit.models import AuditEvent
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.ids import derived_uuid7
from core.roles import Role
from domain.shapes.kinds import Polygon
from tests.factories import AT, make_class, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db
DEFECT, NUISANCE = Word(verdict=Verdict.DEFECT, took_ms=1000), Word(verdict=Verdict.NUISANCE, took_ms=3000)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def lead(site):
    user = make_user(Role.LEAD, site=site, username="lea")
    return actor_of(user).__class__(**{**vars(actor_of(user)), "roles": frozenset({Role.LEAD})})


@pytest.fixture
def shared(inspected, find, queue_of, ann, bob, ask):
    """Six in the hands of both."""
    make_class("pit")
    find(5)
    queue = queue_of(overlap_share=1.0)
    tasks = ask(queue, ann, 6)
    ask(queue, bob, 6)
    return tasks


@pytest.fixture
def disputed(shared, ann, bob):
    decide(shared[0], ann, DEFECT)
    return decide(shared[0], bob, NUISANCE)


@pytest.fixture
def ruled(disputed, lead):
    """Bob said nuisance, Ann and the lead a defect."""
    return services.adjudicate(
        task_id=disputed.pk, word=DEFECT, reason="", seen_revision=disputed.revision, actor=lead, now=AT
    )


def decide(task, actor, word, *, now=AT):
    task.refresh_from_db()
    return services.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=actor, now=now)


def forget():
    for forgotten in (selectors.forget_overlap, selectors.forget_own_words, selectors.forget_answers):
        forgotten()


def card(actor, site, *, now=AT, is_own=False):
    forget()
    return selectors.scorecard_of(User.objects.get(pk=actor.user_id), site=site, days=30, is_own=is_own, now=now)


def behind(actor, figure, site, *, now=AT, is_own=False):
    forget()
    reviewer = User.objects.get(pk=actor.user_id)
    found = selectors.differing_from(reviewer, figure, site=site, days=30, is_own=is_own, now=now)
    return [task for task, _, _ in found]


def asked_again(original, actor, *, kind=TaskKind.GOLD, word=NUISANCE, now=AT):
    """The same once more, decided."""
    shown = {
        name: getattr(original, name)
        for name in ("site_id", "run_id", "image_id", "wafer_id", "detection_id", "defect_class_id", "confidence",
                     "severity", "band", "x_px", "y_px", "width_px", "height_px", "made_at")
    }  # fmt: skip
    check = ReviewTask.objects.create(
        id=derived_uuid7(parent=original.pk, label=f"{kind} {actor.username}"), kind=kind, original=original,
        asked_id=actor.user_id, **shown,
    )  # fmt: skip
    return decide(check, actor, word, now=now)


@pytest.fixture
def known(inspected, find, queue_of, ask, ann, lead):
    """Six items with a known answer: a scratch."""
    find(5)
    tasks = ask(queue_of(), ann, 6)
    for task in tasks:
        decided = decide(task, ann, DEFECT)
        services.advance(task_id=task.pk, to=TaskState.VALIDATED, seen_revision=decided.revision, actor=lead, now=AT)
        task.refresh_from_db()
        services.make_gold(task_id=task.pk, seen_revision=task.revision, actor=lead, now=AT)
    return tasks


def sliver(task):
    """A defect with the same box as the finding, of which it fills next to nothing."""
    left, top, right, bottom = task.x_px, task.y_px, task.x_px + task.width_px, task.y_px + task.height_px
    return Word(Verdict.DEFECT, shape=Polygon(((left, top), (right, bottom), (left, top + task.height_px / 4))))


class TestAShape:
    """One rule says what is the same: that of disputes."""

    def test_is_held_against_a_known_answer(self, site, known, bob):
        for task in known[:4]:
            asked_again(task, bob, word=DEFECT)
        asked_again(known[4], bob, word=sliver(known[4]))

        assert card(bob, site, now=AT + DAY)["gold"]["agreed"]["value"] == 0.8

    def test_is_held_against_ones_own_earlier_word(self, site, known, ann):
        asked_again(known[0], ann, kind=TaskKind.REPEAT, word=sliver(known[0]), now=AT + DAY)

        assert card(ann, site, now=AT + 2 * DAY)["repeats"]["agreed"]["value"] == 0.0

    def test_is_held_against_that_of_peers(self, site, shared, ann, bob):
        decide(shared[0], ann, DEFECT)
        assert decide(shared[0], bob, sliver(shared[0])).state == TaskState.DISPUTED
        forget()

        (pair,) = selectors.agreement_of(site, days=30, now=AT)["pairs"]

        assert (pair["differ"], pair["boxes"]["f1"]["value"]) == (1, 0.0)

    def test_is_held_against_a_ruling(self, site, shared, ann, bob, lead):
        decide(shared[0], ann, NUISANCE)
        disputed = decide(shared[0], bob, sliver(shared[0]))
        services.adjudicate(
            task_id=disputed.pk, word=DEFECT, reason="", seen_revision=disputed.revision, actor=lead, now=AT
        )

        assert card(bob, site, now=AT + DAY)["rulings"]["agreed"]["value"] == 0.0


class TestAScorecard:
    def test_counts_decisions_and_how_long_they_took(self, site, shared, ann):
        for task, word in zip(shared[:3], [DEFECT, DEFECT, NUISANCE], strict=True):
            decide(task, ann, word)

        found = card(ann, site)

        assert (found["decisions"], found["median_ms"], found["is_sample"]) == (3, 1000.0, False)
        assert {one["class_code"]: one["decisions"] for one in found["classes"] if one["decisions"]} == {
            "scratch": 2, "nuisance": 1,
        }  # fmt: skip

    def test_leaves_out_what_was_taken_back(self, site, shared, ann):
        decide(shared[0], ann, DEFECT)
        services.take_back(task_id=shared[0].pk, actor=ann, now=AT)

        assert card(ann, site)["decisions"] == 0

    def test_compares_with_who_saw_the_same(self, site, shared, ann, bob):
        for task, word in zip(shared, [DEFECT] * 4 + [NUISANCE] * 2, strict=True):
            decide(task, ann, word)
            decide(task, bob, DEFECT if task != shared[0] else NUISANCE)

        found = card(ann, site)

        assert (found["peers"]["items"], found["peers"]["agreed"]["value"]) == (6, 0.5)
        assert set(behind(ann, "peers", site)) == {shared[0].pk, shared[4].pk, shared[5].pk}
        assert [(week["monday"], week["decisions"], week["peers"]["value"]) for week in found["weeks"]] == [
            ("2026-11-16", 6, 0.5)
        ]

    def test_tells_its_reviewer_of_days_that_are_over(self, site, shared, ann, bob):
        for actor, word in ((ann, DEFECT), (bob, NUISANCE)):
            decide(shared[0], actor, word)

        today, later = (card(ann, site, is_own=True, now=at) for at in (AT, AT + DAY))

        assert (today["decisions"], today["median_ms"], today["peers"]["items"]) == (0, None, 0)
        assert (sum(one["decisions"] for one in today["classes"]), today["weeks"]) == (0, [])
        assert behind(ann, "peers", site, is_own=True) == []
        assert (later["decisions"], later["peers"]["items"]) == (1, 1)
        assert behind(ann, "peers", site, is_own=True, now=AT + DAY) == [shared[0].pk]

    def test_compares_with_what_a_lead_decided_between(self, site, ruled, ann, bob):
        assert [card(who, site)["rulings"]["agreed"]["value"] for who in (ann, bob)] == [1.0, 0.0]
        assert (behind(ann, "rulings", site), behind(bob, "rulings", site)) == ([], [ruled.pk])

    def test_takes_few_queries_whatever_was_said(self, site, ruled, ann, django_assert_max_num_queries):
        forget()
        reviewer = User.objects.get(pk=ann.user_id)

        with django_assert_max_num_queries(4):
            selectors.scorecard_of(reviewer, site=site, days=30, is_own=False, now=AT)

    def test_is_read_by_its_reviewer_and_a_lead(self, site, ann, bob, lead):
        assert selectors.reviewer_read_by(ann, None, site=site).username == "ann"
        assert selectors.reviewer_read_by(lead, "ann", site=site).username == "ann"
        with pytest.raises(Forbidden):
            selectors.reviewer_read_by(bob, "ann", site=site)
        with pytest.raises(NotFound):
            selectors.reviewer_read_by(lead, "eve", site=site)


class TestKnownAnswers:
    def test_make_a_score_from_five_on(self, site, known, bob):
        for task in known[:4]:
            asked_again(task, bob, word=DEFECT)
        few = card(bob, site, now=AT + DAY)["gold"]
        asked_again(known[4], bob, word=NUISANCE)

        enough = card(bob, site, now=AT + DAY)["gold"]

        assert (few["items"], few["agreed"]["value"]) == (4, None)
        assert (enough["items"], enough["agreed"]["value"]) == (5, 0.8)

    def test_are_measured_by_what_was_known_when_they_were_given(self, site, known, ann, bob, lead):
        for task, word in zip(known[:5], [DEFECT] * 4 + [NUISANCE], strict=True):
            asked_again(task, bob, word=word)
        task = known[4]
        services.reopen(task_id=task.pk, reason="Dust", seen_revision=task.revision, actor=lead, now=AT + HOUR)
        decided = decide(task, ann, NUISANCE, now=AT + HOUR)
        services.advance(task_id=task.pk, to="validated", seen_revision=decided.revision, actor=lead, now=AT + HOUR)
        seen = decided.revision + 1
        services.make_gold(task_id=task.pk, seen_revision=seen, actor=lead, now=AT + HOUR)

        assert card(bob, site, now=AT + DAY)["gold"]["agreed"]["value"] == 0.8
        # What is contested is the answer they were measured by, and that is used no more.
        with pytest.raises(NothingToAppeal):
            contest(task, bob, kind=AppealKind.GOLD, now=AT + 8 * DAY)

    def test_do_not_count_before_the_day_is_over(self, site, known, bob):
        for task in known:
            asked_again(task, bob)

        assert card(bob, site)["gold"]["items"] == 0

    def test_are_not_decisions_and_not_seen_by_peers(self, site, known, bob):
        asked_again(known[0], bob)

        assert (card(bob, site)["decisions"], card(bob, site)["peers"]["items"]) == (0, 0)

    def test_are_told_after_a_week_to_who_said_another_thing(self, site, known, bob):
        asked_again(known[0], bob, word=NUISANCE)
        asked_again(known[1], bob, word=DEFECT)

        assert behind(bob, "gold", site, now=AT + 6 * DAY) == []
        assert behind(bob, "gold", site, now=AT + 8 * DAY) == [known[0].pk]

    def test_are_told_the_day_after_they_are_retired(self, site, known, bob, lead):
        asked_again(known[0], bob)
        services.retire_gold(task_id=known[0].pk, reason="Too easy", actor=lead, now=AT)

        assert behind(bob, "gold", site, now=AT + DAY) == [known[0].pk]


class TestRepeats:
    def test_are_held_against_the_earlier_word(self, site, known, ann):
        asked_again(known[0], ann, kind=TaskKind.REPEAT, word=DEFECT, now=AT + DAY)
        asked_again(known[1], ann, kind=TaskKind.REPEAT, word=NUISANCE, now=AT + DAY)

        found = card(ann, site, now=AT + 2 * DAY)["repeats"]

        assert (found["items"], found["agreed"]["value"]) == (2, 0.5)
        assert behind(ann, "repeat", site, now=AT + 2 * DAY) == [known[1].pk]


def contest(task, actor, *, kind=AppealKind.RULING, reason="It is resist.", now=AT):
    return services.make_appeal(task_id=task.pk, kind=kind, reason=reason, actor=actor, now=now)


def reply(appeal, actor, outcome=AppealState.UPHELD):
    return services.answer_appeal(appeal_id=appeal.pk, outcome=outcome, answer="The book says so.", actor=actor, now=AT)


@pytest.fixture
def other_lead(lead, site):
    user = make_user(Role.LEAD, site=site, username="leo")
    return lead.__class__(**{**vars(lead), "user_id": user.pk, "username": "leo"})


class TestAnAppeal:
    def test_against_a_ruling_waits_and_is_in_the_trail(self, ruled, bob, site):
        appeal = contest(ruled, bob)

        assert (appeal.state, appeal.author_id) == (AppealState.OPEN, bob.user_id)
        assert AuditEvent.objects.filter(action="review_appeal.make", object_id=str(appeal.pk)).count() == 1

    def test_takes_a_reason(self, ruled, bob):
        with pytest.raises(Invalid):
            contest(ruled, bob, reason=" ")

    def test_is_made_once_at_a_time(self, ruled, bob):
        contest(ruled, bob)

        with pytest.raises(AlreadyAppealed):
            contest(ruled, bob)

    def test_is_for_who_had_an_opinion_under_a_ruling(self, shared, ruled, lead, bob):
        with pytest.raises(NothingToAppeal):
            contest(ruled, lead)
        with pytest.raises(NothingToAppeal):
            contest(shared[1], bob)

    def test_that_is_overturned_opens_the_task_again(self, ruled, bob, lead):
        answered = reply(contest(ruled, bob), lead, AppealState.OVERTURNED)

        ruled.refresh_from_db()
        assert (answered.state, answered.answer) == (AppealState.OVERTURNED, "The book says so.")
        assert ruled.state == TaskState.OPEN

    def test_is_upheld_by_somebody_other_than_who_ruled(self, ruled, bob, lead, other_lead):
        appeal = contest(ruled, bob)
        with pytest.raises(Forbidden):
            reply(appeal, lead)

        assert reply(appeal, other_lead).state == AppealState.UPHELD
        ruled.refresh_from_db()
        assert ruled.state == TaskState.VALIDATED

    def test_is_answered_once(self, ruled, bob, other_lead):
        appeal = contest(ruled, bob)
        reply(appeal, other_lead)

        with pytest.raises(Conflict):
            reply(appeal, other_lead, AppealState.OVERTURNED)

    def test_is_taken_back_by_its_author_alone(self, ruled, ann, bob):
        appeal = contest(ruled, bob)
        with pytest.raises(NotFound):
            services.withdraw_appeal(appeal_id=appeal.pk, actor=ann, now=AT)

        withdrawn = services.withdraw_appeal(appeal_id=appeal.pk, actor=bob, now=AT)

        assert withdrawn.state == AppealState.WITHDRAWN
        assert contest(ruled, bob).state == AppealState.OPEN

    def test_against_a_known_answer_waits_until_it_is_told(self, known, bob):
        asked_again(known[0], bob)
        with pytest.raises(NothingToAppeal):
            contest(known[0], bob, kind=AppealKind.GOLD, now=AT + DAY)
        forget()

        assert contest(known[0], bob, kind=AppealKind.GOLD, now=AT + 8 * DAY).state == AppealState.OPEN

    def test_that_overturns_a_known_answer_retires_it(self, known, bob, other_lead):
        asked_again(known[0], bob)

        reply(contest(known[0], bob, kind=AppealKind.GOLD, now=AT + 8 * DAY), other_lead, AppealState.OVERTURNED)

        assert GoldItem.objects.get(task=known[0]).retired_at == AT

    def test_is_seen_by_its_author_and_leads(self, ruled, ann, bob, lead):
        contest(ruled, bob)

        seen = [selectors.appeals_visible_to(who).count() for who in (ann, bob, lead)]
        assert seen == [0, 1, 1]

    def test_says_why_for_ever(self, ruled, bob):
        appeal = contest(ruled, bob)

        with pytest.raises(Exception, match="append-only"):
            ReviewAppeal.objects.filter(pk=appeal.pk).update(reason="I never said that.")
