"""A scribble over REST becomes a shape, or a refusal that says what to do."""

import pytest
from django.urls import reverse

from core.roles import Role
from domain.shapes.said import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(client_as, inspected):
    def ask(image=None, *, role=Role.REVIEWER, **body):
        address = reverse("api:review_region", args=[(image or inspected.image).pk])
        return client_as(role).post(address, {"scribble_px": [[30, 30], [34, 31]], **body}, format="json")

    return ask


@pytest.mark.parametrize("how", ["scribble", "tap"])
def test_a_scribble_is_answered_with_a_shape(find, how):
    found = find(how=how, tolerance=200)

    assert found.status_code == 200, found.content
    assert read(found.json()["shape"])
    left, top, width, height = found.json()["bbox_px"]
    assert 0 <= left <= left + width <= 64
    assert 0 <= top <= top + height <= 64


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scribble_px": [[30, 300]]}, "scribble_px"),
        ({"scribble_px": []}, "scribble_px"),
        ({"scribble_px": [[1, 2, 3]]}, "scribble_px"),
        ({"tolerance": 0}, "tolerance"),
        ({"how": "guess"}, "how"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_name(find, body, field):
    refused = find(**body)

    assert refused.status_code == 400
    assert field in refused.json()["fields"]


def test_where_nothing_stands_out_it_says_what_to_do(find, monkeypatch):
    monkeypatch.setattr("annotations.services.regions.shape_of", lambda *_, **__: None)

    refused = find()

    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_found")
    assert "look wider" in refused.json()["detail"]


def test_an_image_of_another_site_is_not_there(find, foreign):
    assert find(foreign.image).status_code == 404


def test_it_is_for_who_reviews(find):
    assert find(role=Role.OPERATOR).status_code == 403
