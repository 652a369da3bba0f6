"""A whole wafer under review over REST: what was found now, what became of each, and nobody's word before its time."""

from uuid import uuid4

import pytest
from django.urls import reverse

from annotations import services
from annotations.choices import Verdict
from annotations.models import ReviewTask
from annotations.selectors import task_key
from annotations.serializers.whole_wafer import WaferItemOut, WaferItemsOut
from core.roles import Role
from tests.factories import AT, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client_as, inspected):
    def ask(role=Role.REVIEWER, *, wafer=None, **query):
        address = reverse("api:review_wafer_items", args=[(wafer or inspected.wafer).pk])
        return client_as(role).get(address, query)

    return ask


@pytest.fixture
def bob(site):
    return actor_of(make_user(Role.REVIEWER, site=site, username="bob"))


def decide(inspected, actor):
    word = services.Word(Verdict.NUISANCE)
    return services.decide(task_id=inspected.task.pk, word=word, seen_revision=1, actor=actor, now=AT)


def test_says_what_was_found_and_that_nobody_has_said_anything(ask, inspected):
    body = ask().json()

    (item,) = body["items"]
    assert (item["task"], item["detection"]) == (str(inspected.task.pk), str(inspected.detection.pk))
    assert (item["state"], item["revision"], item["is_made"], item["said"]) == ("open", 1, True, None)
    assert [image["id"] for image in body["images"]] == [str(inspected.image.pk)]
    assert (body["layer"], body["layers"], body["is_more"]) == ("M1", ["M1"], False)
    assert (set(body), set(item)) == (set(WaferItemsOut().fields), set(WaferItemOut().fields))


def test_says_who_has_said_what(ask, inspected, bob):
    decide(inspected, bob)

    (item,) = ask().json()["items"]

    assert (item["state"], item["revision"]) == ("decided", 2)
    assert item["said"] == {"author": "bob", "verdict": "nuisance", "class_code": None}


def test_names_the_task_of_what_nobody_has_taken(ask, inspected):
    found = type(inspected.detection)(id=uuid4())
    for name in ("run_id", "image_id", "wafer_id", "defect_class_id", "confidence", "raw_score", "severity", "band"):
        setattr(found, name, getattr(inspected.detection, name))
    found.ordinal, found.top3_class_ids, found.top3_confidences = 7, [], []
    found.x_px = found.y_px = found.width_px = found.height_px = 3
    found.save(force_insert=True)

    loose = next(item for item in ask().json()["items"] if item["ordinal"] == 7)

    assert (loose["task"], loose["is_made"]) == (str(task_key(found.pk)), False)


def test_while_more_opinions_are_wanted_shows_nobody_the_words_of_others(ask, inspected, bob):
    ReviewTask.objects.filter(pk=inspected.task.pk).update(wants=2)
    decide(inspected, bob)

    (item,) = ask().json()["items"]

    assert (item["state"], item["said"], item["is_taken"]) == ("open", None, False)


def test_says_what_others_hold(ask, inspected, bob):
    services.next_tasks(queue_id=inspected.queue.pk, count=1, actor=bob, now=AT, chance=lambda: 1.0)

    assert ask().json()["items"][0]["is_taken"] is True


def test_takes_as_few_questions_however_much_was_said(client_as, inspected, bob, django_assert_max_num_queries):
    decide(inspected, bob)
    client = client_as(Role.REVIEWER)
    address = reverse("api:review_wafer_items", args=[inspected.wafer.pk])
    client.get(address)
    # Beside these, who asks: the wafer, its layers, findings, images, tasks, words and holds.
    with django_assert_max_num_queries(14):
        assert client.get(address).status_code == 200


def test_has_other_layers_by_name_only_where_it_was_inspected(ask):
    assert ask(layer="M1").status_code == 200
    assert ask(layer="M9").status_code == 404


def test_of_another_site_is_not_there(ask, foreign):
    assert ask(wafer=foreign.wafer).status_code == 404


def test_the_page_is_there_for_everybody_who_may_look(client, site, inspected):
    client.force_login(make_user(Role.OPERATOR, site=site))

    page = client.get(reverse("annotations:whole_wafer", args=[inspected.wafer.pk]))

    assert page.status_code == 200
    assert "Deciding needs another role" in page.content.decode()
