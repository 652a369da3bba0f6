"""Comments over REST: who may, what is refused, and what the document says."""

from uuid import uuid4

import pytest
from django.urls import reverse

from annotations.api.talk import COMMENTS
from annotations.serializers import talk as shapes
from core.roles import Role
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script> <img src=x onerror=alert(1)>"


@pytest.fixture
def ann(site):
    return client_of(make_user(Role.REVIEWER, site=site, username="ann"))


@pytest.fixture
def body(inspected):
    return {
        "thread": str(uuid4()), "comment": str(uuid4()), "image": str(inspected.image.pk), "place_px": [1, 2, 0, 0],
        "text": "What is this?",
    }  # fmt: skip


def start(client, body, **values):
    return client.post(reverse("api:threads"), {**body, **values}, format="json")


class TestComments:
    def test_are_answered_with_the_thread_as_the_document_says_it(self, operator, body):
        made = start(operator, body)

        assert made.status_code == 201
        assert set(made.json()) == set(shapes.ThreadOut().fields)
        assert set(made.json()["comments"][0]) == set(shapes.CommentOut().fields)

    def test_stay_the_text_they_are(self, operator, body):
        start(operator, body, text=SCRIPT)

        answer = operator.get(reverse("api:thread", args=[body["thread"]]))

        assert answer.json()["comments"][0]["text"] == SCRIPT
        assert answer["Content-Type"] == "application/json"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"text": ""}, "text"),
            ({"text": "x" * 2001}, "text"),
            ({"text": "up\u202eside"}, "text"),
            ({"place_px": [1, 2]}, "place_px"),
            ({"place_px": [1, 2, 900, 0]}, "place_px"),
            ({"thread": "one"}, "thread"),
            ({"colour": "red"}, "colour"),
        ],
        ids=["empty", "long", "bidi", "short place", "beside", "id", "unknown"],
    )
    def test_that_cannot_be_are_refused_by_name(self, operator, body, values, field):
        answer = start(operator, body, **values)

        assert answer.status_code == 400
        assert field in answer.json()["fields"]

    def test_of_a_task_of_another_image_are_refused(self, operator, body, foreign):
        assert start(operator, body, task=str(foreign.task.pk)).status_code == 404

    def test_are_not_for_auditors(self, client_as, body):
        assert start(client_as(Role.AUDITOR), body).status_code == 403

    def test_are_as_many_within_a_minute_as_a_person_says(self, operator, body, monkeypatch):
        monkeypatch.setattr("annotations.api.talk.COMMENTS", type(COMMENTS)("comments", most=1, window_s=60))
        start(operator, body)

        more = start(operator, body, thread=str(uuid4()), comment=str(uuid4()))

        assert (more.status_code, more.json()["code"]) == (429, "too_much")

    def test_are_listed_by_image_and_by_having_a_part_in_them(self, operator, client_as, body, inspected):
        start(operator, body)
        place = reverse("api:threads")

        of_image = operator.get(place, {"image": str(inspected.image.pk)}).json()["results"]
        mine = operator.get(place, {"mine": "true", "state": "open"}).json()["results"]
        others = client_as(Role.LEAD).get(place, {"mine": "true"}).json()["results"]

        assert [one["id"] for one in of_image] == [body["thread"], str(inspected.thread.pk)]
        assert ([one["id"] for one in mine], others) == ([body["thread"]], [])


class TestMentions:
    def test_are_a_number_and_a_list_until_they_are_read(self, operator, ann, body):
        start(operator, body, text="@ann, look")
        unread = reverse("api:mentions_unread")
        before = ann.get(unread).json()
        (listed,) = ann.get(reverse("api:mentions")).json()["results"]

        after = ann.post(reverse("api:thread_read", args=[body["thread"]])).json()

        assert (before, after) == ({"unread": 1}, {"unread": 0})
        assert set(listed) == set(shapes.MentionOut().fields)
        assert (listed["is_read"], listed["thread"]["comments"][0]["text"]) == (False, "@ann, look")
        assert ann.get(reverse("api:mentions")).json()["results"][0]["is_read"]

    def test_of_who_cannot_see_the_image_are_refused_with_a_way_on(self, operator, body, foreign):
        make_user(Role.REVIEWER, site=foreign.site, username="far")

        answer = start(operator, body, text="@far, look")

        assert (answer.status_code, answer.json()["code"]) == (400, "mention_refused")
        assert "leave out the @" in answer.json()["detail"]

    def test_are_offered_of_who_can_see_the_image_alone(self, operator, ann, body, foreign):
        make_user(Role.REVIEWER, site=foreign.site, username="annabel")

        people = operator.get(reverse("api:people"), {"image": body["image"], "q": "ann"}).json()
        theirs = operator.get(reverse("api:people"), {"image": str(foreign.image.pk)})

        assert [one["username"] for one in people["people"]] == ["ann"]
        assert theirs.status_code == 404


class TestTheJournal:
    def test_answers_each_edit_by_itself(self, operator, body):
        edits = [
            {"seq": 1, "kind": "start", **body},
            {"seq": 2, "kind": "reply", "thread": body["thread"], "comment": str(uuid4()), "text": "@ghost"},
            {"seq": 3, "kind": "shout", "thread": body["thread"]},
            {"seq": 4, "kind": "resolve", "thread": body["thread"]},
        ]

        acks = operator.post(
            reverse("api:review_talk"), {"client": str(uuid4()), "edits": edits}, format="json"
        ).json()["acks"]

        assert [(ack["seq"], ack["state"]) for ack in acks] == [
            (1, "done"),
            (2, "refused"),
            (3, "refused"),
            (4, "done"),
        ]
        assert acks[3]["thread"]["state"] == "resolved"

    def test_of_somebody_else_is_refused_whole(self, operator, body):
        sent = {"client": str(uuid4()), "reviewer": "ann", "edits": [{"seq": 1, "kind": "start", **body}]}

        assert operator.post(reverse("api:review_talk"), sent, format="json").status_code == 403
