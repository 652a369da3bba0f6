"""Golden sets, gates, validations and reports over REST; what was measured is written down here as a worker would."""

from datetime import timedelta

import pytest

from core.actors import service_account
from core.roles import Role
from domain.evaluation.gates import Gates, Measured, check
from inspection.serializers.models import CompatibilityOut, PerformanceOut
from models_admin import services
from models_admin.choices import WorkState
from models_admin.models import ValidationReport, ValidationRun
from models_admin.serializers.validation import GatesOut, GoldenSetOut, ReportOut, ValidationDetailOut, ValidationOut
from models_admin.validation import report as reports
from models_admin.validation.figures import class_table, count, drops, paired, truth_of
from models_admin.validation.reading import Reading
from tests.factories import AT, client_of, make_class, make_recipe, make_site, make_user
from tests.factories_onnx import CLASSES, write_detector
from tests.golden_data import freeze, scene_record
from tests.unit.models_admin.test_validation_figures import IMAGES, PERFECT, WORSE

pytestmark = pytest.mark.django_db
EXAMINER = service_account("examiner")
GOLDEN_SETS, VALIDATIONS, MODEL = "/api/v1/golden-sets/", "/api/v1/validations/", "/api/v1/models/visual_defects/"
SPEED = {
    name: {
        "clients": clients, "images": 8, "mean_ms": 41.0, "p50_ms": 40.0, "p95_ms": 55.0, "p99_ms": 60.0,
        "images_per_s": 20.0,
    }
    for name, clients in (("sequential", 1), ("concurrent", 4))
}  # fmt: skip


@pytest.fixture
def site():
    return make_site("FAB1")


@pytest.fixture
def engineer(site):
    return client_of(make_user(Role.MODEL_ENGINEER, site=site))


@pytest.fixture
def versions(tmp_path):
    """A version and one that came after it."""
    folders = [
        write_detector(tmp_path / number, version=number, seed=seed) for number, seed in (("1.0.0", 7), ("1.1.0", 8))
    ]
    return [services.register_version(folder=folder, actor=EXAMINER, now=AT) for folder in folders]


@pytest.fixture
def digest():
    return freeze([scene_record(1, defects=("particle",)), scene_record(2, defects=(), is_complete=False)])


def register(client, digest, **values):
    return client.post(
        GOLDEN_SETS, {"model": "visual_defects", "name": "FIRST", "sha256": digest, **values}, format="json"
    )


def ask(client, golden_set, version="1.1.0", **values):
    body = {"version": version, "golden_set": golden_set["id"], **values}
    return client.post(f"{MODEL}validate/", body, format="json")


def finish(run_id, *, champion=None):
    """Write the report of a validation as if the version missed what a champion finds; the report row."""
    run = ValidationRun.objects.select_related("version__model", "golden_set__site").get(pk=run_id)
    classes = class_table(IMAGES, ("scratch", "pit"))
    truth = truth_of(IMAGES, classes=classes)
    worse, perfect = (count(one, truth, own_classes=classes, classes=classes) for one in (WORSE, PERFECT))
    measured = Measured(
        images=3, accuracy=worse.accuracy, map50=worse.map50, ece=worse.ece, latency_p95_ms=55.0,
        drops=drops(worse, perfect, classes=classes) if champion else None,
    )  # fmt: skip
    document = reports.document(
        run=run, champion=champion, classes=classes,
        figures=[{**one.figures, "speed": SPEED} for one in (worse, perfect)],
        paired=paired(worse, perfect, classes=classes, images=IMAGES) if champion else None,
        gates=(0, Gates(), check(Gates(), measured)), reading=Reading(),
        measured={
            "at": AT.isoformat(), "seconds": 3.2, "champion_remembered": False, "code_version": "dev", "machine": "-",
        },
    )  # fmt: skip
    ValidationRun.objects.filter(pk=run_id).update(state=WorkState.DONE, finished_at=AT + timedelta(minutes=1))
    return ValidationReport.objects.create(
        run=run, version=run.version, champion=champion, has_passed=False, gate_number=0, document=document,
        sha256=reports.digest_of(document), created_at=AT,
    )  # fmt: skip


class TestGoldenSets:
    def test_are_registered_listed_and_put_away(self, engineer, versions, digest):
        made = register(engineer, digest)
        again = register(engineer, digest)

        golden_set = made.json()
        assert (made.status_code, again.status_code, again.json()["id"]) == (201, 200, golden_set["id"])
        assert set(golden_set) == set(GoldenSetOut().fields)
        assert (golden_set["images"], golden_set["left_out"], golden_set["splits"]) == (1, {"incomplete": 1}, ["test"])
        retired = engineer.post(f"{made['Location']}retire/", {"reason": "too easy"}, format="json")
        assert retired.json()["retired_because"] == "too easy"
        assert [
            len(engineer.get(GOLDEN_SETS, {"retired": value}).json()["results"]) for value in ("true", "false")
        ] == [1, 0]

    def test_a_digest_that_names_nothing_is_refused_with_the_field(self, engineer, versions):
        refused = register(engineer, "0" * 64)

        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["sha256"])

    def test_of_another_site_do_not_exist(self, engineer, versions, digest):
        golden_set = register(engineer, digest).json()
        run = ask(engineer, golden_set).json()
        other = client_of(make_user(Role.MODEL_ENGINEER, site=make_site("FAB2")))

        assert other.get(GOLDEN_SETS).json()["results"] == other.get(VALIDATIONS).json()["results"] == []
        assert other.get(f"{GOLDEN_SETS}{golden_set['id']}/").status_code == 404
        assert other.get(f"{VALIDATIONS}{run['id']}/").status_code == 404
        assert ask(other, golden_set).status_code == 404


class TestValidations:
    def test_are_asked_for_once_followed_and_cancelled(self, engineer, versions, digest):
        golden_set = register(engineer, digest).json()

        asked, again = ask(engineer, golden_set), ask(engineer, golden_set)
        shown = engineer.get(asked["Location"]).json()
        cancelled = engineer.post(f"{asked['Location']}cancel/").json()

        assert (asked.status_code, again.status_code, asked.json()["id"]) == (202, 200, again.json()["id"])
        assert (set(asked.json()), set(shown)) == (set(ValidationOut().fields), set(ValidationDetailOut().fields))
        assert (shown["state"], shown["report"], cancelled["state"]) == ("queued", None, "cancelled")

    def test_a_profile_that_cannot_be_is_refused_with_the_field(self, engineer, versions, digest):
        golden_set = register(engineer, digest).json()

        refused = ask(engineer, golden_set, reading={"preprocessing": {"sharpen": True}})

        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["reading"])

    def test_a_version_that_was_rejected_is_not_measured(self, engineer, versions, digest):
        golden_set = register(engineer, digest).json()
        services.set_version_status(
            model_name="visual_defects", version="1.1.0", status="rejected", actor=EXAMINER, now=AT
        )  # fmt: skip

        assert ask(engineer, golden_set).json()["code"] == "version_unusable"


class TestReports:
    @pytest.fixture
    def done(self, engineer, versions, digest):
        run = ask(engineer, register(engineer, digest).json()).json()
        return finish(run["id"], champion=versions[0])

    def test_are_told_whole_and_by_the_newest_of_a_version(self, engineer, done):
        shown = engineer.get(f"{VALIDATIONS}{done.pk}/").json()
        newest = engineer.get(f"{MODEL}report/", {"version": "1.1.0"}).json()

        assert (shown["has_passed"], shown["report_sha256"], shown["report"]) == (False, done.sha256, done.document)
        assert newest == {"id": str(done.pk), "sha256": done.sha256, "report": done.document}
        assert set(newest) == set(ReportOut().fields)
        assert engineer.get(f"{MODEL}report/", {"version": "1.0.0"}).status_code == 404

    def test_are_files_that_are_the_same_every_time(self, engineer, done):
        first, second = (engineer.get(f"{VALIDATIONS}{done.pk}/report.pdf") for _ in range(2))

        assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
        assert first.content == second.content and first.content.startswith(b"%PDF-")
        assert 'filename="visual_defects-1.1.0-validation.pdf"' in first["Content-Disposition"]

    def test_a_file_of_what_is_not_done_is_a_conflict(self, engineer, versions, digest):
        run = ask(engineer, register(engineer, digest).json()).json()

        assert engineer.get(f"{VALIDATIONS}{run['id']}/report.pdf").json()["code"] == "no_report"


class TestGates:
    def test_are_read_changed_and_guarded_against_older_looks(self, engineer, versions):
        before = engineer.get(f"{MODEL}gates/").json()
        body = {"limits": {"accuracy_least": 0.9, "ece_most": None}, "seen_number": 0, "reason": "pilot line"}

        changed = engineer.put(f"{MODEL}gates/", body, format="json").json()
        late = engineer.put(f"{MODEL}gates/", body, format="json")

        assert (before["number"], before["limits"]["accuracy_least"], before["changed_by"]) == (0, 0.95, None)
        assert (changed["number"], changed["limits"]["accuracy_least"], changed["limits"]["ece_most"]) == (1, 0.9, None)
        assert changed["limits"]["map50_least"] == before["limits"]["map50_least"]
        assert (late.status_code, late.json()["code"], late.json()["current"]) == (409, "stale_gates", 1)
        assert set(changed) == set(GatesOut().fields)

    def test_a_limit_out_of_range_is_refused(self, engineer, versions):
        body = {"limits": {"accuracy_least": 1.2}, "seen_number": 0, "reason": "no"}

        assert engineer.put(f"{MODEL}gates/", body, format="json").status_code == 400


class TestAgainstARecipe:
    @pytest.fixture
    def recipe(self, site):
        for code in CLASSES:
            make_class(code)
        return make_recipe(site, "M3")

    def fit(self, client, version="1.1.0", recipe="M3"):
        answer = client.post(f"{MODEL}compatibility/", {"version": version, "recipe": recipe}, format="json").json()
        return answer, {one["check"]: one["fit"] for one in answer.get("checks", [])}

    def test_what_was_never_measured_is_a_warning_and_what_was_rejected_a_refusal(self, engineer, versions, recipe):
        answer, checks = self.fit(engineer)
        services.set_version_status(
            model_name="visual_defects", version="1.0.0", status="rejected", actor=EXAMINER, now=AT
        )  # fmt: skip

        assert set(answer) == set(CompatibilityOut().fields)
        assert (answer["fit"], checks["signature"], checks["classes"]) == ("warn", "ok", "ok")
        assert (checks["preprocessing"], checks["freshness"], checks["status"]) == ("warn", "warn", "warn")
        assert self.fit(engineer, "1.0.0")[0]["fit"] == "refuse"

    def test_a_class_that_nobody_has_defined_is_a_refusal(self, engineer, versions, site):
        make_recipe(site, "M3")

        assert self.fit(engineer)[1]["classes"] == "refuse"

    def test_a_recipe_that_is_not_there_is_named(self, engineer, versions):
        assert "fields" in self.fit(engineer, recipe="NO")[0]

    def test_performance_has_every_version_with_its_newest_report(self, engineer, versions, digest):
        finish(ask(engineer, register(engineer, digest).json()).json()["id"])

        told = engineer.get(f"{MODEL}performance/").json()

        assert set(told) == set(PerformanceOut().fields)
        newest, first = told["versions"]
        assert (newest["version"], newest["runs"], newest["validation"]["p95_ms"]) == ("1.1.0", None, 55.0)
        assert first["validation"] is None

    def test_drift_says_that_nothing_is_watched(self, engineer, versions):
        told = engineer.get(f"{MODEL}drift/").json()

        assert (told["is_watched"], told["statistics"]) == (False, []) and told["reason"]

    def test_a_version_that_is_not_loaded_is_not_timed(self, engineer, versions, recipe):
        refused = engineer.post(f"{MODEL}benchmark/", {"version": "1.1.0", "recipe": "M3"}, format="json")

        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["model"])
