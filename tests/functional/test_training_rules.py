"""Rules of training over REST."""

import pytest
from django.urls import reverse

from annotations.models import TrainingRule
from annotations.serializers.training import RuleOut, SuggestionOut
from core.roles import Role
from tests.factories import make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


def make(client, **values):
    return client.post(reverse("api:training_rules"), {"code": "ENOUGH", **values}, format="json")


class TestRules:
    def test_are_made_listed_and_put_away(self, engineer, inspected):
        made = make(engineer, least_new=500, selection={"layers": ["M1"]})
        body = made.json()
        address = reverse("api:training_rule_change", args=[body["id"]])
        changed = engineer.post(address, {"seen_version": 1, "is_archived": True}, format="json").json()

        assert (made.status_code, make(engineer, least_new=9).status_code) == (201, 200)
        assert set(body) == set(RuleOut().fields)
        assert (body["least_new"], body["selection"]["states"]) == (500, ["accepted"])
        assert (changed["version"], changed["is_archived"]) == (2, True)
        listed = [
            [row["code"] for row in engineer.get(reverse("api:training_rules"), {"archived": is_so}).json()["results"]]
            for is_so in (True, False)
        ]
        assert listed == [["ENOUGH"], []]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({}, "least_new"),
            ({"least_new": 0}, "least_new"),
            ({"least_new": 100_001}, "least_new"),
            ({"every_days": 0}, "every_days"),
            ({"least_new": 1, "selection": {"states": ["decided"]}}, "selection"),
            ({"least_new": 1, "selection": {"layers": ["M9"]}}, "selection"),
        ],
        ids=str,
    )
    def test_that_cannot_be_are_refused_by_name(self, engineer, inspected, values, field):
        answer = make(engineer, **values)

        assert (answer.status_code, field in answer.json()["fields"]) == (400, True)

    def test_changed_by_somebody_else_answer_409(self, engineer, site):
        rule = make_rule(site)
        TrainingRule.objects.filter(pk=rule.pk).update(version=2)

        answer = engineer.post(
            reverse("api:training_rule_change", args=[rule.pk]), {"seen_version": 1, "least_new": 4}, format="json"
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "stale_rule")


class TestSuggestions:
    def test_are_listed_and_dismissed_with_a_reason(self, engineer, inspected):
        key = inspected.suggestion.pk
        address = reverse("api:training_suggestion_dismiss", args=[key])
        listed = engineer.get(reverse("api:training_suggestions"), {"state": "open"}).json()["results"]
        without = engineer.post(address, {}, format="json")
        dismissed = engineer.post(address, {"reason": "Not yet"}, format="json")
        again = engineer.post(address, {"reason": "Not yet"}, format="json")

        assert [row["id"] for row in listed] == [str(key)]
        assert set(listed[0]) == set(SuggestionOut().fields)
        assert (without.status_code, list(without.json()["fields"])) == (400, ["reason"])
        assert (dismissed.json()["state"], dismissed.json()["reason"]) == ("dismissed", "Not yet")
        assert (again.status_code, again.json()["code"]) == (409, "suggestion_over")

    def test_of_another_site_are_not_there(self, engineer, foreign):
        answer = engineer.post(
            reverse("api:training_suggestion_dismiss", args=[foreign.suggestion.pk]), {"reason": "x"}, format="json"
        )

        assert answer.status_code == 404
        assert engineer.get(reverse("api:training_suggestions")).json()["results"] == []
