"""Models over REST: the registry, and files that are examined before they become versions."""

import io
import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditEvent
from core.actors import service_account
from core.roles import Role
from models_admin import services
from models_admin.choices import IntakeState
from models_admin.errors import VersionUnusable
from models_admin.models import Deployment, ModelIntake, ModelVersion, TrafficRoute
from models_admin.serializers.documented import IntakeOut, ModelDetailOut, VersionDetailOut, VersionOut
from models_admin.services import quarantine
from tests.factories import AT, make_user
from tests.factories_onnx import CLASSES, detector, write_detector

pytestmark = pytest.mark.django_db
EXAMINER = service_account("examiner")
MODEL = "/api/v1/models/visual_defects/"
VERSIONS = f"{MODEL}versions/"
HOSTILE_CARD = """# Title

<script>alert(1)</script>

[run](javascript:alert(1)) ![picture](http://elsewhere/y.png)

|a|b|
|-|-|
|1|2|

## Limits
"""


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


@pytest.fixture
def first(tmp_path):
    """The version that is there already."""
    return services.register_version(folder=write_detector(tmp_path / "first"), actor=EXAMINER, now=AT)


def send(client, model=None, *, version="1.1.0", content=None, **values):
    content = (model or detector(seed=8)).SerializeToString() if content is None else content
    form = {"file": SimpleUploadedFile("model.onnx", content), "version": version, **values}
    return client.post(VERSIONS, form, format="multipart")


def examine(answer):
    """What a worker does with what was sent."""
    return services.examine_file(intake_id=UUID(answer.json()["id"]), actor=EXAMINER, now=AT)


class TestHandingIn:
    def test_a_file_is_examined_and_becomes_a_candidate(self, engineer, first):
        answer = send(engineer, card="# It sees more")
        examine(answer)

        intake = engineer.get(answer["Location"]).json()
        version = engineer.get(f"{VERSIONS}1.1.0/").json()
        assert (answer.status_code, answer.json()["state"], set(answer.json())) == (
            202, "waiting", set(IntakeOut().fields),
        )  # fmt: skip
        assert (intake["state"], intake["refusals"]) == ("registered", [])
        assert (version["status"], version["state"], version["card"]) == ("candidate", None, "# It sees more")
        assert version["graph"]["opset"] == 18
        assert set(version) == set(VersionDetailOut().fields)

    def test_what_is_not_said_is_as_in_the_newest_version(self, engineer, first):
        examine(send(engineer, description=json.dumps({"nms_iou": 0.3})))

        made = ModelVersion.objects.get(version="1.1.0").metadata
        assert made["nms_iou"] == 0.3
        assert made["thresholds"] == first.metadata["thresholds"]

    def test_every_rule_that_is_broken_is_named(self, engineer, first):
        model = detector()
        del model.graph.output[2:]
        answer = send(engineer, model)
        examine(answer)

        intake = engineer.get(answer["Location"]).json()
        assert intake["state"] == "refused"
        assert [(one["rule"], one["where"]) for one in intake["refusals"]] == [
            ("signature", "output class_scores"), ("signature", "output embedding"),
        ]  # fmt: skip
        assert not ModelVersion.objects.filter(version="1.1.0").exists()
        assert AuditEvent.objects.get(action="model_file.refuse").after["rules"] == ["signature"]

    def test_the_same_file_again_is_the_version_it_became(self, engineer, first):
        examine(send(engineer))

        again = send(engineer)

        assert (again.status_code, again.json()["version"], set(again.json())) == (
            200, "1.1.0", set(VersionOut().fields),
        )  # fmt: skip

    def test_the_same_file_while_it_is_examined_is_one_intake(self, engineer, first):
        assert send(engineer).json()["id"] == send(engineer).json()["id"]

    def test_a_version_never_gets_another_file(self, engineer, first):
        answer = send(engineer, version="1.0.0")

        assert (answer.status_code, answer.json()["code"]) == (409, "version_taken")

    def test_classes_in_another_order_are_refused_at_once(self, engineer, first):
        answer = send(engineer, description=json.dumps({"classes": [*CLASSES[1:], CLASSES[0]]}))

        assert (answer.status_code, answer.json()["refusals"][0]["rule"]) == (400, "classes")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"version": "2"}, "version"),
            ({"description": "{"}, "description"),
            ({"description": "[1]"}, "description"),
            ({"content": b""}, "file"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_cannot_be_is_named(self, engineer, first, values, field):
        answer = send(engineer, **values)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])

    def test_a_model_nobody_knows_needs_a_whole_description(self, engineer):
        answer = send(engineer)

        assert (answer.status_code, answer.json()["code"]) == (400, "artefact_refused")

    def test_is_for_model_engineers(self, client_as, first):
        assert send(client_as(Role.OPERATOR, Role.LEAD, Role.APPROVER)).status_code == 403
        assert not ModelIntake.objects.exists()


class TestAnExaminer:
    def test_takes_each_file_once(self, engineer, first):
        answer = send(engineer)
        examine(answer)

        assert examine(answer) is None

    def test_that_dies_is_followed_by_another_and_by_a_refusal_in_the_end(self, engineer, first):
        send(engineer)
        later = AT
        for _ in range(quarantine.MOST_TRIES):
            ModelIntake.objects.update(state=IntakeState.EXAMINING, changed_at=later)
            later += 2 * quarantine.DEAD_AFTER
            services.examine_waiting(now=later)

        intake = ModelIntake.objects.get()
        assert (intake.state, intake.refusals[0]["rule"]) == ("refused", "memory")

    def test_that_was_called_dead_too_early_changes_nothing_any_more(self, engineer, first, monkeypatch):
        answer = send(engineer)

        def die_meanwhile(content, *, shape):
            services.examine_waiting(now=AT + 2 * quarantine.DEAD_AFTER)
            return found

        found = quarantine.examine(detector(seed=8).SerializeToString(), shape=quarantine.spec_of(first.metadata).shape)
        monkeypatch.setattr(quarantine, "examine", die_meanwhile)

        assert examine(answer) is None
        assert ModelIntake.objects.get().state == "waiting"

    def test_is_called_again_where_the_call_was_lost(self, engineer, first):
        answer = send(engineer)

        assert services.examine_waiting(now=AT) == [UUID(answer.json()["id"])]

    def test_files_that_were_refused_go_after_a_week_and_reasons_stay(self, engineer, first):
        answer = send(engineer, content=b"\x80\x04pickled")
        examine(answer)
        key = ModelIntake.objects.get().file_key

        services.examine_waiting(now=AT + quarantine.KEEP_REFUSED - timedelta(seconds=1))
        assert default_storage.exists(key)
        services.examine_waiting(now=AT + 1000 * quarantine.KEEP_REFUSED)

        intake = ModelIntake.objects.get()
        assert not default_storage.exists(key)
        assert (intake.file_key, intake.refusals[0]["rule"]) == ("", "format")


class TestReading:
    def test_models(self, engineer, first):
        (model,) = engineer.get("/api/v1/models/").json()["results"]

        assert (model["name"], model["versions"], model["newest"], model["champion"]) == (
            "visual_defects", 1, "1.0.0", None,
        )  # fmt: skip
        shown = engineer.get(MODEL).json()
        assert shown == {**model, "routes": []}
        assert set(shown) == set(ModelDetailOut().fields)

    def test_versions_newest_first(self, engineer, first):
        examine(send(engineer))

        page = engineer.get(VERSIONS).json()

        assert [one["version"] for one in page["results"]] == ["1.1.0", "1.0.0"]

    def test_a_page_of_versions_costs_as_much_as_one(self, engineer, first, django_assert_max_num_queries):
        for number in range(1, 4):
            examine(send(engineer, version=f"1.{number}.0", model=detector(seed=20 + number)))
        engineer.get(VERSIONS)

        with django_assert_max_num_queries(8):
            assert len(engineer.get(VERSIONS).json()["results"]) == 4

    def test_intakes_by_state(self, engineer, first):
        examine(send(engineer, content=b"\x80\x04pickled"))
        send(engineer, version="1.2.0")

        refused = engineer.get(f"{MODEL}intakes/", {"state": "refused"}).json()["results"]

        assert [one["version"] for one in refused] == ["1.1.0"]

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/models/nobody/",
            "/api/v1/models/nobody/versions/",
            f"{VERSIONS}9.9.9/",
            f"{MODEL}intakes/01a1fdfa-4600-7d0b-a77f-8d17e1ee7449/",
        ],
    )
    def test_what_is_not_there_is_said(self, engineer, first, path):
        assert engineer.get(path).status_code == 404


class TestSayingWhatBecameOfAVersion:
    def test_a_rejected_one_is_not_deployed_again_and_the_trail_says_why(self, engineer, first):
        answer = engineer.post(
            f"{VERSIONS}1.0.0/status/", {"status": "rejected", "reason": "It misses pits"}, format="json"
        )

        assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
        event = AuditEvent.objects.get(action="model_version.change")
        assert (event.after, event.reason) == ({"status": "rejected"}, "It misses pits")
        with pytest.raises(VersionUnusable):
            services.deploy_version(model_name="visual_defects", version="1.0.0", actor=EXAMINER, now=AT)

    def test_one_that_judges_is_left_alone(self, engineer, first):
        deployment = Deployment.objects.create(
            version=first, triton_name="visual_defects__1_0_0", state="active", requested_at=AT, changed_at=AT
        )
        TrafficRoute.objects.create(model=first.model, champion=deployment, changed_at=AT)

        answer = engineer.post(
            f"{VERSIONS}1.0.0/status/", {"status": "rejected", "reason": "It misses pits"}, format="json"
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "version_serves")
        assert "champion of everything" in answer.json()["detail"]
        assert ModelVersion.objects.get().status == "candidate"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"status": "validated", "reason": "x"}, 400),
            ({"status": "rejected"}, 400),
            ({"status": "archived", "reason": "x"}, 409),
        ],
    )
    def test_what_is_not_to_be_said(self, engineer, first, body, status):
        assert engineer.post(f"{VERSIONS}1.0.0/status/", body, format="json").status_code == status


class TestPages:
    @pytest.fixture
    def browser(self, client):
        client.force_login(make_user(Role.OPERATOR))
        return client

    def test_show_what_is_there(self, browser, first):
        refused = services.take_file(
            model_name="visual_defects", file=io.BytesIO(b"x"), file_name="a.onnx", card="", actor=EXAMINER, now=AT,
            description={"version": "1.1.0"},
        )  # fmt: skip

        for path in ("/models/", "/models/visual_defects/", "/models/visual_defects/versions/1.0.0/"):
            assert browser.get(path).status_code == 200
        page = browser.get(f"/models/visual_defects/intakes/{refused.pk}/").content.decode()
        assert "a.onnx, in quarantine" in page
        assert browser.get("/models/visual_defects/versions/9.9.9/").status_code == 404

    def test_a_card_is_text_whoever_wrote_it(self, browser, engineer, first):
        examine(send(engineer, card=HOSTILE_CARD))

        page = browser.get("/models/visual_defects/versions/1.1.0/").content.decode()
        shown = page[page.index('class="card"') : page.index("What it is")]

        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown
        assert 'href="javascript' not in shown
        assert "<img" not in shown
        assert "<td>1</td>" in shown
        assert "<h3>Limits</h3>" in shown
        assert "Title" not in shown
