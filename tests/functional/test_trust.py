"""What is said of reviewers and of the model is read by those who may, as the document says."""

import pytest
from django.urls import reverse

from annotations.serializers import trust as documented
from core.roles import Role

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
