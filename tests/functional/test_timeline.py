"""Deployments and who judged when, over REST."""

from datetime import timedelta

import pytest

from core.actors import service_account
from core.roles import Role
from models_admin import services
from models_admin.serializers.history import DeploymentDetailOut, DeploymentOut, LaneOut, TimelineOut
from tests.factories import AT, make_deployment

pytestmark = pytest.mark.django_db
ANNA = service_account("anna")
DEPLOYMENTS = "/api/v1/deployments/"


def at(hours):
    return AT + timedelta(hours=hours)


def deploy(version, *, hours, **options):
    values = {"model_name": "visual_defects", "actor": ANNA, "now": at(hours), **options}
    return services.deploy_version(version=version, **values)


@pytest.fixture
def operator(client_as):
    return client_as(Role.OPERATOR)


@pytest.fixture
def past():
    """1.0.0 for four hours, 1.1.0 since; a recipe of its own since the fifth hour; one that never judged."""
    rows = [make_deployment(version) for version in ("1.0.0", "1.1.0", "1.2.0")]
    make_deployment("2.0.0", model="thermal_spots", state="failed")
    deploy("1.0.0", hours=0)
    deploy("1.1.0", hours=4, reason="It sees particles.")
    deploy("1.0.0", hours=5, recipe_code="METAL-1")
    return rows


def versions(client, **query):
    answer = client.get(DEPLOYMENTS, query)
    assert answer.status_code == 200, answer.content
    return [row["version"] for row in answer.json()["results"]]


def test_deployments_say_what_they_hold_and_since_when(operator, past):
    rows = operator.get(DEPLOYMENTS, {"model": "visual_defects"}).json()["results"]
    newest, middle, oldest = rows

    assert set(newest) == set(DeploymentOut().fields)
    assert (newest["places"], newest["since"], newest["until"]) == ([], None, None)
    assert (middle["since"], middle["until"]) == (at(4).isoformat(), None)
    assert [(place["recipe"], place["slot"], place["taken_by"]) for place in oldest["places"]] == [
        ("METAL-1", "champion", "service:anna")
    ]
    assert (oldest["since"], oldest["until"]) == (at(0).isoformat(), None)


def test_they_are_found_by_model_state_and_time(operator, past):
    assert versions(operator) == ["2.0.0", "1.2.0", "1.1.0", "1.0.0"]
    assert versions(operator, model="thermal_spots") == ["2.0.0"]
    assert versions(operator, state="active") == ["1.1.0", "1.0.0"]
    assert versions(operator, since=at(1).isoformat(), until=at(4).isoformat()) == ["1.0.0"]
    assert versions(operator, since=at(4).isoformat(), until=at(5).isoformat()) == ["1.1.0"]
    assert versions(operator, model="visual_defects", limit=1) == ["1.2.0"]


def test_one_tells_every_step_it_took(operator, past):
    shown = operator.get(f"{DEPLOYMENTS}{past[1].pk}/").json()

    assert set(shown) == set(DeploymentDetailOut().fields)
    assert [(step["action"], step["state"], step["reason"]) for step in shown["steps"]] == [
        ("deployment.change", "active", ""),
        ("deployment.request", None, "It sees particles."),
    ]
    assert [(tenure["since"], tenure["until"]) for tenure in shown["tenures"]] == [(at(4).isoformat(), None)]
    assert operator.get(f"{DEPLOYMENTS}987654/").status_code == 404


def test_the_timeline_has_a_lane_for_every_place(operator, past):
    shown = operator.get(f"{DEPLOYMENTS}timeline/").json()
    general, metal = shown["lanes"]

    assert (set(shown), set(general)) == (set(TimelineOut().fields), set(LaneOut().fields))
    assert [(one["version"], one["since"], one["until"]) for one in general["tenures"]] == [
        ("1.0.0", at(0).isoformat(), at(4).isoformat()),
        ("1.1.0", at(4).isoformat(), None),
    ]
    assert (metal["recipe"], metal["slot"], metal["tenures"][0]["deployment"]) == ("METAL-1", "champion", past[0].pk)
    assert not shown["has_more"]


def test_of_a_window_only_who_held_a_place_within_it(operator, past):
    query = {"model": "visual_defects", "since": at(1).isoformat(), "until": at(3).isoformat()}
    lanes = operator.get(f"{DEPLOYMENTS}timeline/", query).json()["lanes"]

    assert [[one["version"] for one in lane["tenures"]] for lane in lanes] == [["1.0.0"], []]
    assert operator.get(f"{DEPLOYMENTS}timeline/", {"model": "thermal_spots"}).json()["lanes"] == []


def test_who_was_to_judge_at_a_time_is_one_question(operator, past):
    def judging(hours, **query):
        query = {"model": "visual_defects", "at": at(hours).isoformat(), **query}
        answer = operator.get(f"{DEPLOYMENTS}judging/", query)
        return answer.json().get("version") or answer.status_code

    assert [judging(hours) for hours in (-1, 1, 4)] == [404, "1.0.0", "1.1.0"]
    assert [judging(6, recipe=code, tool="T1") for code in ("METAL-1", "POLY-2")] == ["1.0.0", "1.1.0"]
