"""The defect book over REST: everybody reads, reviewers add, leads write and put in order."""

from uuid import uuid4

import pytest
from django.urls import reverse

from annotations.models import BookExample, ReviewEdit
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

    def test_is_filled_by_a_journal_too_once_however_often_it_comes(self, client_as, inspected):
        reviewer, item = client_as(Role.REVIEWER), str(uuid4())
        one = {"seq": 1, "kind": "add", "id": item, "task": str(inspected.task.pk), "class_code": "scratch",
               "shows": "borderline", "why": "It tapers."}  # fmt: skip
        sent = {
            "client": str(uuid4()),
            "edits": [one, {**one, "seq": 2, "class_code": "ghost"}, {"seq": 3, "kind": "x"}],
        }

        first, again = (reviewer.post(reverse("api:book_edits"), sent, format="json").json() for _ in range(2))

        assert [ack["state"] for ack in first["acks"]] == ["done", "refused", "refused"]
        assert set(first["acks"][0]["example"]) == set(shapes.ExampleOut().fields)
        assert (first["acks"][0]["example"]["id"], first["acks"][1]["problem"]["code"]) == (item, "invalid")
        assert again["acks"][:2] == first["acks"][:2]
        assert BookExample.objects.filter(kind="borderline").count() == 1
        assert ReviewEdit.objects.get(seq=1).outcome == {"seq": 1, "state": "done", "example": item}

    def test_is_filled_by_nobody_in_anothers_name(self, client_as, operator, inspected):
        sent = {"client": str(uuid4()), "reviewer": "ann", "edits": [{"seq": 1, "kind": "add"}]}
        for client in (client_as(Role.REVIEWER), operator):
            assert client.post(reverse("api:book_edits"), sent, format="json").status_code == 403

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
