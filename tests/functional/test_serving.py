"""Deploying and serving over REST, as far as it needs no Triton: versions that are loaded as the database knows."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from core.roles import Role
from models_admin import services
from models_admin.models import ControlCall, Deployment, Model, ModelVersion, PlaceRequest, TrafficRoute
from models_admin.serializers import serving as shapes
from models_admin.services import server
from tests.factories import AT, make_deployment

pytestmark = pytest.mark.django_db
MODEL = "/api/v1/models/visual_defects/"
BACK = {"reason": "It misses scratches."}


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


@pytest.fixture
def loaded():
    """Three validated versions that Triton holds."""
    made = {version: make_deployment(version) for version in ("1.0.0", "1.1.0", "1.2.0")}
    ModelVersion.objects.update(status="validated")
    return made


def post(client, what, **values):
    return client.post(f"{MODEL}{what}/", values, format="json")


def put(client, what, **values):
    return client.put(f"{MODEL}{what}/", values, format="json")


def delete(client, what, **query):
    return client.delete(f"{MODEL}{what}/", query_params=query)


def champion(client, **place):
    wanted = {"recipe": "", "tool": "", "product": "", **place}
    routes = client.get(f"{MODEL}status/").json()["routes"]
    return next((row["champion"] for row in routes if {part: row[part] for part in wanted} == wanted), None)


class TestDeploy:
    def test_of_what_is_loaded_is_done_when_it_is_answered(self, engineer, loaded):
        answer = post(engineer, "deploy", version="1.1.0", tool="EDGE-3", reason="Its edges are another world.")

        assert (answer.status_code, answer.json()["state"], set(answer.json())) == (
            200, "active", set(shapes.BringingOut().fields),
        )  # fmt: skip
        assert answer["Location"] == f"/api/v1/deployments/{loaded['1.1.0'].pk}/"
        assert (champion(engineer), champion(engineer, tool="EDGE-3")) == (None, "1.1.0")
        event = AuditEvent.objects.get(action="deployment.request")
        assert (event.reason, event.after["tool"]) == ("Its edges are another world.", "EDGE-3")

    def test_of_what_is_not_loaded_is_taken_up(self, engineer, loaded):
        Deployment.objects.filter(version__version="1.1.0").update(state="retired")

        answer = post(engineer, "deploy", version="1.1.0", product="P-9")

        assert (answer.status_code, answer.json()["state"]) == (202, "publishing")
        (asked,) = answer.json()["asked_for"]
        assert (asked["product"], asked["slot"], set(asked)) == (
            "P-9", "champion", set(shapes.AskedPlaceOut().fields),
        )  # fmt: skip

    def test_of_what_no_gate_has_passed_takes_a_word_and_a_reason(self, engineer, loaded):
        ModelVersion.objects.filter(version="1.1.0").update(status="candidate")

        refused = post(engineer, "deploy", version="1.1.0", reason="It is urgent.")
        without_reason = post(engineer, "deploy", version="1.1.0", unvalidated=True)
        meant = post(engineer, "deploy", version="1.1.0", unvalidated=True, reason="It is urgent.")

        assert (refused.status_code, refused.json()["code"]) == (409, "version_not_validated")
        assert (without_reason.status_code, list(without_reason.json()["fields"])) == (400, ["reason"])
        assert (meant.status_code, champion(engineer)) == (200, "1.1.0")

    def test_twice_by_one_key_is_once(self, engineer, loaded):
        headers = {"Idempotency-Key": "deploy-once-1"}
        answers = [
            engineer.post(f"{MODEL}deploy/", {"version": "1.0.0"}, format="json", headers=headers) for _ in range(2)
        ]

        assert answers[0].json() == answers[1].json()
        assert Model.objects.get().decisions == 1

    def test_says_what_is_in_the_way(self, engineer, loaded):
        ModelVersion.objects.filter(version="1.2.0").update(status="rejected")
        post(engineer, "deploy", version="1.0.0")

        refused = {
            "stale_route": post(engineer, "deploy", version="1.1.0", seen_generation=0),
            "unknown_model_version": post(engineer, "deploy", version="9.9.9"),
            "version_unusable": post(engineer, "deploy", version="1.2.0"),
            "invalid": post(engineer, "deploy", version="1.1.0", slot="shadow"),
        }

        assert {code: answer.json()["code"] for code, answer in refused.items()} == {code: code for code in refused}
        assert champion(engineer) == "1.0.0"

    def test_is_for_engineers_and_approvers(self, client_as, loaded):
        assert post(client_as(Role.APPROVER), "deploy", version="1.0.0").status_code == 200
        assert post(client_as(Role.OPERATOR, Role.REVIEWER, Role.LEAD), "deploy", version="1.1.0").status_code == 403
        assert champion(client_as(Role.AUDITOR)) == "1.0.0"


class TestRollBack:
    @pytest.fixture
    def history(self, engineer, loaded):
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            post(engineer, "deploy", version=version)

    def test_leads_to_the_version_before_and_then_further_back(self, engineer, history):
        seen = []
        for _ in range(2):
            answer = post(engineer, "rollback", **BACK)
            seen.append((answer.status_code, answer.json()["version"], champion(engineer)))

        assert seen == [(200, "1.1.0", "1.1.0"), (200, "1.0.0", "1.0.0")]
        nothing = post(engineer, "rollback", **BACK)
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_earlier")
        assert AuditEvent.objects.filter(action="deployment.roll_back", reason=BACK["reason"]).count() == 2

    def test_never_leads_to_what_was_rolled_back_from(self, engineer, history):
        post(engineer, "rollback", **BACK)
        post(engineer, "deploy", version="1.0.0")

        assert post(engineer, "rollback", **BACK).json()["version"] == "1.1.0"

    def test_says_before_where_it_leads_and_how_soon(self, engineer, history, monkeypatch):
        # The suite's Triton has never heard of these versions.
        monkeypatch.setattr(services, "ready_names", lambda: {row.triton_name for row in Deployment.objects.all()})
        (route,) = engineer.get(f"{MODEL}status/").json()["routes"]
        assert route["champion_before"] == {"version": "1.1.0", "status": "validated", "is_warm": True}

        Deployment.objects.filter(version__version="1.1.0").update(state="retired")

        (route,) = engineer.get(f"{MODEL}status/").json()["routes"]
        assert route["champion_before"]["is_warm"] is False
        assert post(engineer, "rollback", **BACK).status_code == 202
        assert champion(engineer) == "1.2.0"

    def test_is_of_one_place(self, engineer, history):
        post(engineer, "deploy", version="1.0.0", recipe="METAL-1")
        post(engineer, "deploy", version="1.2.0", recipe="METAL-1")

        post(engineer, "rollback", recipe="METAL-1", **BACK)

        assert (champion(engineer), champion(engineer, recipe="METAL-1")) == ("1.2.0", "1.0.0")

    def test_wants_a_reason_and_the_state_that_was_looked_at(self, engineer, history):
        assert "reason" in post(engineer, "rollback").json()["fields"]
        assert post(engineer, "rollback", seen_generation=1, **BACK).json()["code"] == "stale_route"
        assert post(engineer, "rollback", tool="T9", **BACK).json()["code"] == "unknown_route"


class TestActivating:
    def test_takes_what_is_loaded_and_nothing_else(self, engineer, loaded):
        Deployment.objects.filter(version__version="1.1.0").update(state="retired")

        assert put(engineer, "version", version="1.0.0").status_code == 200
        refused = put(engineer, "version", version="1.1.0")

        assert (refused.status_code, refused.json()["code"]) == (409, "version_not_loaded")
        assert not PlaceRequest.objects.exists()

    def test_a_place_that_is_emptied_falls_to_the_wider_one(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0")
        post(engineer, "deploy", version="1.1.0", tool="EDGE-3")
        post(engineer, "deploy", version="1.2.0", tool="EDGE-3", slot="fallback")

        status = delete(engineer, "version", tool="EDGE-3", slot="fallback", **BACK).json()
        assert [row["fallback"] for row in status["routes"]] == [None, None]
        status = delete(engineer, "version", tool="EDGE-3", **BACK).json()

        assert [row["champion"] for row in status["routes"]] == ["1.0.0"]
        assert set(Deployment.objects.values_list("version__version", "state")) == {
            ("1.0.0", "active"), ("1.1.0", "draining"), ("1.2.0", "draining"),
        }  # fmt: skip

    def test_a_place_that_comes_back_is_not_taken_for_the_one_before(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0", tool="EDGE-3")
        seen = TrafficRoute.objects.get().generation
        delete(engineer, "version", tool="EDGE-3", **BACK)
        post(engineer, "deploy", version="1.1.0", tool="EDGE-3")

        assert post(engineer, "rollback", tool="EDGE-3", seen_generation=seen, **BACK).json()["code"] == "stale_route"

    def test_somebody_always_judges(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0")

        assert delete(engineer, "version", **BACK).json()["code"] == "last_route"


class TestLoadingAndUnloading:
    def test_what_is_loaded_without_a_place_judges_nowhere(self, engineer, loaded):
        Deployment.objects.filter(version__version="1.1.0").update(state="retired")

        answer = post(engineer, "load", version="1.1.0")

        assert (answer.status_code, answer.json()["state"], answer.json()["asked_for"]) == (202, "publishing", [])
        assert post(engineer, "load", version="1.0.0").status_code == 200

    def test_what_judges_stays_and_says_where(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0", recipe="METAL-1")

        refused = delete(engineer, "unload", version="1.0.0")

        assert (refused.status_code, refused.json()["code"]) == (409, "version_in_use")
        assert refused.json()["places"] == [{"recipe": "METAL-1", "tool": "", "product": ""}]
        assert "METAL-1" in refused.json()["detail"]

    def test_what_does_not_is_to_leave_unless_it_is_wanted_again(self, engineer, loaded):
        answer = delete(engineer, "unload", version="1.1.0")
        leaving = {row["version"]: row["leaves"] for row in answer.json()["versions"]}

        assert (answer.status_code, leaving) == (202, {"1.0.0": False, "1.1.0": True, "1.2.0": False})
        assert delete(engineer, "unload", version="9.9.9").status_code == 404
        assert post(engineer, "deploy", version="1.1.0").json()["leaves"] is False


class TestConfig:
    def test_is_as_the_settings_say_until_somebody_changes_it(self, engineer, loaded):
        config = engineer.get(f"{MODEL}config/").json()
        assert (config["revision"], config["made_at"], set(config)) == (0, None, set(shapes.ConfigOut().fields))

        changed = put(engineer, "config", seen_revision=0, instances=3, preferred_batches=[8, 4, 8], reason="Faster?")

        after = changed.json()
        assert (changed.status_code, after["revision"], after["preferred_batches"]) == (202, 1, [4, 8])
        assert after["max_queue_size"] == config["max_queue_size"]
        event = AuditEvent.objects.get(action="serving_config.change")
        assert (event.before["instances"], event.after["instances"], event.reason) == (
            config["instances"], 3, "Faster?",
        )  # fmt: skip

    def test_is_changed_by_who_has_seen_it(self, engineer, loaded):
        put(engineer, "config", seen_revision=0, instances=3)

        assert put(engineer, "config", seen_revision=0, instances=4).json()["code"] == "stale_config"
        assert put(engineer, "config", seen_revision=1, instances=3).status_code == 200

    def test_names_what_cannot_be(self, engineer, loaded):
        wrong = {"preferred_batches": [9], "instances": 0, "max_queue_delay_us": 10**9, "config": "x"}
        for field, value in wrong.items():
            answer = put(engineer, "config", seen_revision=0, **{field: value})
            assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


class TestMetadata:
    def test_of_the_model_may_be_changed_and_of_a_version_not(self, engineer, loaded):
        shown = engineer.get(f"{MODEL}metadata/").json()
        assert (shown["version"], shown["revision"], set(shown)) == ("1.2.0", 1, set(shapes.MetadataOut().fields))

        changed = put(engineer, "metadata", seen_revision=1, description="Finds defects.", contact="vision@fab")

        assert (changed.json()["description"], changed.json()["revision"]) == ("Finds defects.", 2)
        assert put(engineer, "metadata", seen_revision=1, contact="me").json()["code"] == "stale_model"
        assert engineer.get(f"{MODEL}metadata/", {"version": "1.0.0"}).json()["version"] == "1.0.0"
        assert AuditEvent.objects.get(action="model.change").before == {"description": "", "contact": ""}


class TestStatus:
    def test_says_of_every_version_where_it_serves(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0", recipe="METAL-1", product="P-9")
        ModelVersion.objects.filter(version="1.2.0").update(status="rejected")
        Deployment.objects.filter(version__version="1.2.0").update(state="failed", error="scores differ")

        status = engineer.get(f"{MODEL}status/").json()
        served = {row["version"]: row for row in status["versions"]}

        assert set(status) == set(shapes.StatusOut().fields)
        assert set(served["1.0.0"]) == set(shapes.ServedVersionOut().fields)
        assert served["1.0.0"]["places"] == [
            {"recipe": "METAL-1", "tool": "", "product": "P-9", "slot": "champion", "generation": 1}
        ]
        assert (served["1.2.0"]["state"], served["1.2.0"]["error"]) == ("failed", "scores differ")
        assert set(status["routes"][0]) == set(shapes.RouteOut().fields)
        assert [step["state"] for step in served["1.0.0"]["steps"]] == ["active"]

    def test_a_configuration_that_fails_does_not_make_its_version_one_that_failed(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0")
        row = loaded["1.0.0"]
        Deployment.objects.create(
            version=row.version, triton_name=f"{row.triton_name}__c1", config_revision=1, state="failed",
            requested_by="anna", requested_at=AT, changed_at=AT,
        )  # fmt: skip

        versions = engineer.get(f"{MODEL}versions/").json()["results"]

        assert {one["version"]: one["state"] for one in versions}["1.0.0"] == "active"

    @pytest.mark.parametrize("what", ["status", "config", "metadata"])
    def test_of_a_model_nobody_knows(self, engineer, what):
        assert engineer.get(f"{MODEL}{what}/").status_code == 404


class TestServer:
    @pytest.fixture(autouse=True)
    def looked_at_afresh(self):
        server.forget_server()

    def test_shows_what_should_be_there_and_what_is(self, engineer, loaded):
        post(engineer, "deploy", version="1.0.0", tool="EDGE-3")

        shown = engineer.get("/api/v1/server/").json()
        (held,) = [row for row in shown["models"] if row["version"] == "1.0.0"]

        assert set(shown) == set(shapes.ServerOut().fields)
        assert set(held) == set(shapes.HeldModelOut().fields)
        assert (held["ready"], held["places"][0]["tool"], held["deployment_state"]) == (False, "EDGE-3", "active")

    def test_keeps_what_triton_says_of_itself_among_who_answer_for_models(self, client_as, engineer, loaded):
        said = {row["reason"] for row in engineer.get("/api/v1/server/").json()["models"]}
        told = {row["reason"] for row in client_as(Role.OPERATOR).get("/api/v1/server/").json()["models"]}

        assert said == {"the server does not list it"}
        assert told == {""}


class TestControlCalls:
    def test_newest_first_and_by_outcome(self, engineer, loaded):
        for number, outcome in enumerate(("done", "failed", "done")):
            ControlCall.objects.create(
                kind="load", outcome=outcome, triton_name="visual_defects__1_0_0", version=loaded["1.0.0"].version,
                asked_by="anna", began_at=AT + timedelta(seconds=number), took_ms=12.5, memory_before=1, memory_after=3,
            )  # fmt: skip

        calls = engineer.get("/api/v1/server/calls/", {"outcome": "done"}).json()["results"]

        assert [call["began_at"] for call in calls] == [(AT + timedelta(seconds=s)).isoformat() for s in (2, 0)]
        assert set(calls[0]) == set(shapes.ControlCallOut().fields)
