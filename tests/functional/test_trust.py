"""What is said of reviewers and of the model is read by those who may, as the document says."""

import pytest
from django.urls import reverse

from annotations.serializers import doubts, scorecards
from annotations.serializers import trust as documented
from core.roles import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client_as):
    return client_as(Role.LEAD)


@pytest.fixture
def reviewer(client_as):
    return client_as(Role.REVIEWER)


class TestAgreement:
    def test_is_for_leads(self, reviewer, lead, inspected):
        assert reviewer.get(reverse("api:review_agreement")).status_code == 403
        answer = lead.get(reverse("api:review_agreement"), {"days": 7})

        assert set(answer.json()) == set(documented.AgreementOut().fields)
        assert (answer.json()["days"], answer.json()["pairs"], answer.json()["overall"]["kappa"]["value"]) == (
            7,
            [],
            None,
        )

    @pytest.mark.parametrize("days", ["0", "91", "many"])
    def test_has_a_window_within_bounds(self, lead, inspected, days):
        assert lead.get(reverse("api:review_agreement"), {"days": days}).status_code == 400

    def test_of_two_who_saw_nothing_is_not_there(self, lead, inspected):
        answer = lead.get(reverse("api:review_differences"), {"first": "ann", "second": "bob"})

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestAScorecard:
    def test_is_ones_own(self, reviewer, inspected):
        answer = reviewer.get(reverse("api:review_scorecard"))

        assert set(answer.json()) == set(scorecards.ScorecardOut().fields)
        assert (answer.json()["decisions"], answer.json()["gold"]["agreed"]["value"]) == (0, None)

    def test_of_somebody_else_is_for_leads(self, reviewer, lead, inspected):
        whose = {"reviewer": inspected.appeal.author.username}

        assert reviewer.get(reverse("api:review_scorecard"), whose).status_code == 403
        assert lead.get(reverse("api:review_scorecard"), whose).json()["reviewer"] == whose["reviewer"]

    def test_of_another_site_is_not_there(self, lead, inspected, foreign):
        whose = {"reviewer": foreign.appeal.author.username}

        assert lead.get(reverse("api:review_scorecard"), whose).status_code == 404

    def test_lists_the_items_behind_a_figure(self, reviewer, inspected):
        answer = reviewer.get(reverse("api:review_scorecard_items"), {"figure": "rulings"})

        assert answer.json() == {"results": [], "total": 0}


class TestAnAppeal:
    def test_is_answered_by_a_lead_with_a_reason(self, reviewer, lead, inspected):
        path = reverse("api:review_appeal_answer", args=[inspected.appeal.pk])

        assert reviewer.post(path, {"outcome": "upheld", "answer": "So it is"}, format="json").status_code == 403
        assert lead.post(path, {"outcome": "upheld"}, format="json").status_code == 400
        answered = lead.post(path, {"outcome": "upheld", "answer": "So it is"}, format="json")

        assert set(answered.json()) == set(scorecards.AppealOut().fields)
        assert (answered.json()["state"], answered.json()["answer"]) == ("upheld", "So it is")

    def test_of_others_is_not_seen(self, reviewer, lead, inspected, foreign):
        appeals = [inspected.appeal, foreign.appeal]

        assert reviewer.get(reverse("api:review_appeals")).json()["results"] == []
        assert [one["id"] for one in lead.get(reverse("api:review_appeals")).json()["results"]] == [str(appeals[0].pk)]

    def test_without_a_ruling_has_nothing_to_contest(self, reviewer, inspected):
        body = {"task": str(inspected.task.pk), "kind": "ruling", "reason": "It is a pit."}

        answer = reviewer.post(reverse("api:review_appeals"), body, format="json")

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_appeal")


class TestQuality:
    def test_is_for_everybody(self, operator, inspected):
        answer = operator.get(reverse("api:review_quality"))

        assert set(answer.json()) == set(documented.QualityOut().fields)
        assert answer.json()["overall"]["missed"] == {
            "audit": {"value": None, "low": None, "high": None}, "naive": None, "answers": 0,
        }  # fmt: skip


class TestLabelErrors:
    def test_are_listed(self, reviewer, inspected):
        answer = reviewer.get(reverse("api:review_doubts"))

        assert set(answer.json()) == set(doubts.DoubtsOut().fields)
        assert answer.json()["results"] == []

    def test_of_what_is_not_settled_are_none_to_put_aside(self, lead, inspected):
        path = reverse("api:review_doubt_dismiss", args=[inspected.task.pk])

        answer = lead.post(path, {"seen_revision": 1}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


@pytest.mark.parametrize("page", ["agreement", "scorecard", "quality", "doubts"])
def test_pages_of_trust_stand_beside_those_of_review(page, client, site):
    client.force_login(make_user(Role.LEAD, site=site))

    answer = client.get(reverse(f"annotations:{page}"))

    assert answer.status_code == 200
    assert f'href="{reverse("annotations:decided")}"' in answer.content.decode()


@pytest.mark.parametrize("page", ["agreement", "scorecard", "doubts"])
def test_pages_of_trust_say_who_may(page, client, site):
    client.force_login(make_user(Role.OPERATOR, site=site))

    answer = client.get(reverse(f"annotations:{page}")).content.decode()

    assert "needs" in answer
    assert 'id="trouble"' not in answer
