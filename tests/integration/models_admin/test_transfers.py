"""Versions from an MLflow registry and to it, with a real MLflow server."""

import io

import pytest
from django.utils.timezone import now as real_now

from core.errors import Conflict
from models_admin import services
from models_admin.choices import VersionStatus, WorkState
from models_admin.errors import MlflowAway, MlflowRefused
from models_admin.exchange.mlflow import Mlflow, shown_address
from models_admin.models import ModelVersion, Transfer
from models_admin.services.transfer_plan import mlflow
from tests.integration.models_admin.conftest import ACTOR
from tests.mlflow_server import MlflowServer

pytestmark = pytest.mark.usefixtures("committed")
NAME = "visual_defects"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    yield server
    server.stop()


@pytest.fixture
def remote(server, settings):
    settings.MLFLOW_URL = server.address
    return mlflow()


def carry_out(row):
    return services.carry_out_transfer(key=row.pk, actor=ACTOR, clock=real_now)


def export(version, *, name, alias=""):
    row, _ = services.request_export(
        model_name=NAME, version=version, name=name, alias=alias, actor=ACTOR, now=real_now()
    )
    return carry_out(row)


def bring(plan, *, by="alias champion"):
    row, _ = services.request_import(plan=plan, chosen_by=by, actor=ACTOR, now=real_now())
    return carry_out(row)


def put_version(remote, name, files):
    """A version of somebody else's making; its number."""
    experiment = remote.post("experiments/create", {"name": f"of {name}"})["experiment_id"]
    run = remote.post("runs/create", {"experiment_id": experiment})["run"]["info"]
    folder = run["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/")
    for path, content in files.items():
        remote.upload(f"{folder}/model/{path}", content)
    remote.post("registered-models/create", {"name": name})
    made = remote.post(
        "model-versions/create", {"name": name, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
    )
    return made["model_version"]["version"], run["run_id"]


class TestThereAndBack:
    def test_a_version_goes_there_once_and_comes_back_by_its_alias(self, remote, registered):
        ours = registered("1.0.0")
        sent = export("1.0.0", name="round", alias="champion")
        again = export("1.0.0", name="round")

        assert (sent.state, sent.error_detail) == (WorkState.DONE, "")
        assert (sent.remote_version, again.remote_version) == ("1", "1")
        (there,) = remote.versions("round")
        assert (there.aliases, there.tags["waferdeck.sha256"]) == (("champion",), ours.sha256)

        plan = services.plan_import(name="round", alias="champion", model_name=NAME)
        brought = bring(plan)

        assert (plan.version, plan.has_description, plan.faults) == ("1.1.0", True, ())
        assert (brought.state, brought.error_detail) == (WorkState.DONE, "")
        version = brought.made
        assert (version.version, version.status, version.sha256) == ("1.1.0", VersionStatus.CANDIDATE, ours.sha256)
        assert version.intakes.count() == 1, "it went through quarantine like any file"
        lineage = version.metadata["training"]
        assert lineage["mlflow_run"] == there.run_id == sent.remote_run
        assert lineage["mlflow"] == {
            "server": brought.server, "name": "round", "version": "1", "chosen_by": "alias champion",
            "transfer": str(brought.pk),
        }  # fmt: skip

    def test_the_newest_in_a_stage_is_taken(self, remote, registered):
        registered("1.0.0")
        export("1.0.0", name="staged")
        remote.post("model-versions/transition-stage", {"name": "staged", "version": "1", "stage": "Production"})

        assert services.plan_import(name="staged", stage="Production", model_name=NAME).remote_version == "1"
        with pytest.raises(MlflowRefused, match="stage Staging"):
            services.plan_import(name="staged", stage="Staging", model_name=NAME)


class TestWhatIsRefused:
    def test_a_dry_run_says_so_and_writes_nothing(self, remote, registered):
        registered("1.0.0")
        number, _ = put_version(remote, "pickled", {"model.pkl": b"\x80\x04."})

        taken = services.plan_import(name="pickled", version=number, model_name=NAME, as_version="1.0.0")
        foreign = services.plan_import(name="pickled", version=number, model_name="another")

        assert any("no ONNX" in fault for fault in taken.faults)
        assert any("1.0.0 of visual_defects exists" in fault for fault in taken.faults)
        assert any("model.json" in fault for fault in foreign.faults)
        assert not Transfer.objects.exists()

    def test_what_is_no_model_ends_in_quarantine_with_its_rule(self, remote, registered):
        registered("1.0.0")
        number, run_id = put_version(remote, "broken", {"model.onnx": b"not a graph", "card.md": b"# Broken"})

        failed = bring(services.plan_import(name="broken", version=number, model_name=NAME), by=f"version {number}")

        assert (failed.state, failed.error_code, failed.remote_run) == (WorkState.FAILED, "version_refused", run_id)
        assert "format" in failed.error_detail
        assert ModelVersion.objects.count() == 1

    def test_a_file_larger_than_said_is_not_taken(self, remote):
        _, run_id = put_version(remote, "large", {"model.onnx": b"x" * 3000})
        (version,) = remote.versions("large")
        folder = remote.folder_of(version)
        told = []

        with pytest.raises(MlflowRefused, match="larger"):
            remote.download(f"{folder}/model.onnx", to=io.BytesIO(), most=2000, tell=told.append)
        assert remote.files(folder) == {"model.onnx": 3000}
        assert version.run_id == run_id


class TestTheConnection:
    def test_is_the_server_of_the_settings_alone(self, settings):
        settings.MLFLOW_URL = ""
        with pytest.raises(MlflowRefused, match="MLFLOW_URL"):
            mlflow()
        assert shown_address("http://me:secret@mlflow.fab:5000/base") == "http://mlflow.fab:5000/base"

    def test_work_waits_while_nobody_answers(self, settings, registered):
        registered("1.0.0")
        settings.MLFLOW_URL = "http://127.0.0.1:9"

        with pytest.raises(MlflowAway):
            Mlflow(settings.MLFLOW_URL).server_version()
        waiting = export("1.0.0", name="later")

        assert (waiting.state, waiting.error_code) == (WorkState.QUEUED, "")
        assert "does not answer" in waiting.waiting_for

    def test_says_its_version_and_what_it_refuses(self, remote):
        assert remote.server_version()[0].isdigit()
        with pytest.raises(Conflict, match="404"):
            remote.versions("nothing-of-this-name")
