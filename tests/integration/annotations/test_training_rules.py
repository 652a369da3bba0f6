"""Rules suggest, with their reasons, when enough is newly accepted; what comes of it is a person's doing."""

from datetime import timedelta

import pytest

from annotations import services
from annotations.datasets import freshness
from annotations.errors import StaleRule, SuggestionOver
from annotations.models import Annotation, ReviewStep, ReviewTask, TrainingSuggestion
from annotations.selectors import DatasetSelection
from audit.models import AuditEvent
from core.errors import Invalid
from core.ids import uuid7
from inspection.models import Layer
from outbox.models import OutboxEvent
from tests.factories import AT, make_class, make_inspected, make_rule, make_site

pytestmark = pytest.mark.django_db
EVERYTHING = DatasetSelection()


@pytest.fixture
def accept(site, ann):
    """So many tasks that somebody accepts, one after another."""

    def make(count, *, at=AT, state="accepted", at_site=site):
        for number in range(count):
            task = make_inspected(at_site).task
            moment = at + timedelta(seconds=number)
            Annotation.objects.create(
                id=uuid7(at=moment), task=task, number=1, author_id=ann.user_id, verdict="defect", change="confirmed",
                defect_class=make_class(), x_px=1, y_px=2, width_px=3, height_px=4, made_at=moment,
            )  # fmt: skip
            ReviewTask.objects.filter(pk=task.pk).update(state=state, annotation_number=1, revision=3)
            ReviewStep.objects.create(
                id=uuid7(at=moment), site_id=task.site_id, task=task, number=2, state="accepted",
                author_id=ann.user_id, made_at=moment,
            )  # fmt: skip

    return make


def weigh(*, after_days=0, seconds=60):
    services.weigh_rules(now=AT + timedelta(days=after_days, seconds=seconds))
    return list(TrainingSuggestion.objects.order_by("id"))


class TestARuleThatCounts:
    def test_suggests_when_enough_is_newly_accepted_and_says_why(self, site, accept):
        make_rule(site, least_new=2)
        accept(1)
        early = weigh()
        accept(1)

        (suggestion,) = weigh()

        assert early == []
        assert (suggestion.state, suggestion.new_words) == ("open", 2)
        (reason,) = suggestion.reasons
        assert (reason["code"], reason["text"]) == (
            "count", "2 annotations are newly accepted and there is no data set of this choice yet; 2 are enough.",
        )  # fmt: skip
        assert AuditEvent.objects.filter(action="training_suggestion.raise").count() == 1
        assert OutboxEvent.objects.filter(type="training.changed").exists()

    def test_is_not_kept_from_it_by_how_much_others_accept(self, site, accept, monkeypatch):
        monkeypatch.setattr(freshness, "MOST_COUNTED", 2)
        make_rule(site, least_new=2)
        accept(2)
        accept(2, at=AT + timedelta(minutes=1), at_site=make_site())

        assert len(weigh(seconds=300)) == 1

    def test_says_it_once(self, site, accept):
        make_rule(site)
        accept(1)

        assert len(weigh()) == len(weigh()) == 1

    def test_does_not_count_what_was_opened_again(self, site, accept):
        make_rule(site)
        accept(1, state="open")

        assert weigh() == []

    def test_counts_its_own_choice_only(self, site, accept):
        Layer.objects.create(site=site, code="M9")
        make_rule(site, selection=DatasetSelection(layers=("M9",)).as_dict())
        accept(1)

        assert weigh() == []

    def test_counts_from_the_newest_data_set_of_the_same_choice(self, site, ann, accept):
        make_rule(site, least_new=2)
        accept(2)
        services.freeze_dataset(site=site, code="D1", actor=ann, now=AT + timedelta(seconds=30))
        nothing = weigh()
        accept(2, at=AT + timedelta(seconds=40))

        (suggestion,) = weigh()

        assert nothing == []
        assert "since D1 was frozen" in suggestion.reasons[0]["text"]


class TestARuleWithASchedule:
    def test_suggests_after_its_days_if_there_is_anything_new(self, site, accept):
        make_rule(site, least_new=None, every_days=7)
        nothing_new = weigh(after_days=8)
        accept(1)
        early = weigh(after_days=6)

        (suggestion,) = weigh(after_days=7)

        assert nothing_new == early == []
        assert [reason["code"] for reason in suggestion.reasons] == ["schedule"]


class TestASuggestion:
    @pytest.fixture
    def suggestion(self, site, accept):
        make_rule(site)
        accept(1)
        return weigh()[0]

    def test_is_taken_by_freezing_the_very_choice(self, site, ann, suggestion):
        snapshot, _ = services.freeze_dataset(
            site=site, code="D1", selection=EVERYTHING, seed=5, actor=ann, now=AT + timedelta(minutes=2)
        )

        suggestion.refresh_from_db()
        assert (suggestion.state, suggestion.snapshot, suggestion.ended_by) == ("taken", snapshot, "ann")
        assert AuditEvent.objects.filter(action="training_suggestion.take").count() == 1

    def test_is_not_taken_by_freezing_something_else(self, site, ann, suggestion):
        selection = DatasetSelection(states=("decided", "accepted"))
        services.freeze_dataset(site=site, code="D1", selection=selection, actor=ann, now=AT)

        suggestion.refresh_from_db()
        assert suggestion.state == "open"

    def test_is_dismissed_with_a_reason_and_counts_anew(self, ann, suggestion, accept):
        later = AT + timedelta(minutes=2)
        services.dismiss_suggestion(suggestion_id=suggestion.pk, reason="Too much alike", actor=ann, now=later)
        quiet = weigh(seconds=180)
        accept(1, at=later)

        assert [one.state for one in quiet] == ["dismissed"]
        assert quiet[0].reason == "Too much alike"
        assert [one.state for one in weigh(seconds=180)] == ["dismissed", "open"]

    def test_is_not_dismissed_without_a_reason_or_twice(self, ann, suggestion):
        with pytest.raises(Invalid):
            services.dismiss_suggestion(suggestion_id=suggestion.pk, reason=" ", actor=ann, now=AT)
        services.dismiss_suggestion(suggestion_id=suggestion.pk, reason="No", actor=ann, now=AT)
        with pytest.raises(SuggestionOver):
            services.dismiss_suggestion(suggestion_id=suggestion.pk, reason="No", actor=ann, now=AT)

    def test_ends_with_its_rule(self, ann, suggestion):
        services.change_rule(rule_id=suggestion.rule_id, seen_version=1, is_archived=True, actor=ann, now=AT)

        suggestion.refresh_from_db()
        assert (suggestion.state, suggestion.reason) == ("dismissed", "Its rule was put away.")
        assert len(weigh()) == 1


class TestChangingARule:
    def test_is_refused_where_somebody_was_faster(self, site, ann):
        rule = make_rule(site)
        services.change_rule(rule_id=rule.pk, seen_version=1, least_new=9, actor=ann, now=AT)

        with pytest.raises(StaleRule):
            services.change_rule(rule_id=rule.pk, seen_version=1, least_new=8, actor=ann, now=AT)

    def test_never_leaves_one_that_suggests_nothing(self, site, ann):
        with pytest.raises(Invalid):
            services.change_rule(rule_id=make_rule(site).pk, seen_version=1, least_new=None, actor=ann, now=AT)
