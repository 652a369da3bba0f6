"""The defect book over REST: everybody reads, reviewers add, leads write and put in order."""

from uuid import uuid4

import pytest
from django.urls import reverse

from annotations.serializers import book as shapes
from core.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client_as):
    return client_as(Role.LEAD)


def add(client, inspected, **values):
    body = {"id": str(uuid4()), "task": str(inspected.task.pk), "class_code": "scratch", "kind": "borderline", **values}
    return client.post(reverse("api:book_examples"), body, format="json")


def write(client, **values):
    body = {"definition": "A line.", "look_for": "Ends that taper.", "seen_version": 0, **values}
    return client.put(reverse("api:book_page", args=["scratch"]), body, format="json")


class TestTheBook:
    def test_has_a_page_for_every_class_as_the_document_says(self, operator, inspected):
        (page,) = operator.get(reverse("api:book")).json()["pages"]

        assert set(page) == set(shapes.BookPageOut().fields)
        assert set(page["examples"][0]) == set(shapes.ExampleOut().fields)
        assert page["counts"] == {"example": 1, "counter": 0, "borderline": 0}

    def test_shows_the_first_of_each_kind_and_the_page_all(self, operator, inspected, monkeypatch):
        monkeypatch.setattr("annotations.selectors.book.MOST_ON_CARD", 0)

        listed = operator.get(reverse("api:book")).json()["pages"][0]["examples"]
        paged = operator.get(reverse("api:book_page", args=["scratch"])).json()["examples"]

        assert (len(listed), len(paged)) == (0, 1)

    def test_has_no_page_of_a_class_that_is_not_there(self, operator, inspected):
        assert operator.get(reverse("api:book_page", args=["ghost"])).status_code == 404

    def test_is_filled_by_reviewers_once(self, client_as, inspected):
        reviewer = client_as(Role.REVIEWER)

        answers = [add(reviewer, inspected) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json()["id"] == answers[1].json()["id"]

    @pytest.mark.parametrize(
        "values", [{"kind": "joke"}, {"why": "x" * 301}, {"class_code": "ghost"}], ids=["kind", "why", "class"]
    )
    def test_takes_nothing_that_cannot_be(self, lead, inspected, values):
        assert add(lead, inspected, **values).status_code == 400

    def test_is_written_by_leads_and_tells_who_wrote_before(self, lead, inspected):
        written = write(lead)
        late = write(lead, definition="A dent.")

        assert (written.status_code, written.json()["version"]) == (200, 1)
        assert (late.status_code, late.json()["code"], late.json()["current"]["version"]) == (409, "stale_page", 1)

    def test_keeps_what_was_written(self, lead, operator, inspected):
        write(lead)
        write(lead, definition="A thin line.", seen_version=1)

        history = operator.get(reverse("api:book_history", args=["scratch"])).json()["results"]

        assert [one["definition"] for one in history] == ["A thin line.", "A line."]
        assert set(history[0]) == set(shapes.BookTextOut().fields)

    def test_is_put_in_order_by_leads(self, lead, inspected):
        moved = lead.post(reverse("api:book_move", args=[inspected.example.pk]), {"before": None}, format="json")
        retired = lead.post(reverse("api:book_retire", args=[inspected.example.pk]))

        assert (moved.status_code, retired.status_code) == (200, 200)
        assert lead.get(reverse("api:book")).json()["pages"][0]["examples"] == []
