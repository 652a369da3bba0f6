"""Versions measured by golden sets on a real Triton: gates, the champion beside, loans, reports that stay."""

from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.utils.timezone import now as real_now

from audit.models import AuditEvent
from core.errors import Invalid
from domain.datasets.records import Split
from models_admin import deployment as on_triton
from models_admin import selectors, services
from models_admin.choices import VersionStatus, WorkState
from models_admin.errors import GoldenSetOver, GoldenSetTaken, StaleGates
from models_admin.models import GoldenAnswers, GoldenSet, ModelVersion, TritonLoan, ValidationReport, ValidationRun
from models_admin.services import lending, validating, work
from models_admin.validation import report
from tests.factories import make_site
from tests.golden_data import freeze, scene_record, white_record
from tests.integration.models_admin.conftest import ACTOR, NOW

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.runtime]
SHIPPED = Path(__file__).resolve().parents[3] / "model_zoo" / "visual_defects" / "2.3.0"
EASY = {"accuracy_least": 0.5, "map50_least": 0.0, "ece_most": 1.0, "images_least": 2, "latency_p95_most_ms": 60_000}


@pytest.fixture(autouse=True)
def _few_timed(monkeypatch):
    monkeypatch.setattr(validating, "TIMED_IMAGES", 2)


@pytest.fixture
def site():
    return make_site("FAB1")


@pytest.fixture
def golden(site):
    """Register a golden set of a few scenes. Returns it."""

    def golden(records=None, **values):
        usual = {
            "site": site, "model_name": "visual_defects", "name": "FIRST", "splits": {Split.TEST},
            "actor": ACTOR, "now": NOW,
        }  # fmt: skip
        sha256 = values.pop("sha256", None) or freeze(records or scenes())
        return services.register_golden_set(**{**usual, "sha256": sha256, **values})[0]

    return golden


def scenes(count=4):
    """Scenes that anybody sees a defect on, and a clean one."""
    found = [scene_record(number, defects=("particle", "stain", "bridge")) for number in range(1, count)]
    return [*found, scene_record(count, defects=())]


def ask(golden_set, version, **reading):
    run, _ = services.request_validation(
        model_name="visual_defects", version=version, golden_set=golden_set, reading=reading,
        actor=ACTOR, now=real_now(),
    )  # fmt: skip
    return run


def carry_out(run):
    return services.carry_out_validation(key=run.pk, actor=ACTOR, clock=real_now)


def validate(golden_set, version, **reading):
    run = carry_out(ask(golden_set, version, **reading))
    assert run.state == WorkState.DONE, (run.error_code, run.error_detail, run.waiting_for)
    return ValidationReport.objects.get(pk=run.pk)


def gates(**limits):
    number = selectors.gates_of(selectors.model_named("visual_defects"))[0]
    services.set_gates(
        model_name="visual_defects", limits=limits, seen_number=number, reason="test", actor=ACTOR, now=NOW
    )


def loaded():
    return {entry.name for entry in on_triton.triton_control().repository_index() if entry.state == "READY"}


def status_of(version):
    return ModelVersion.objects.get(version=version).status


class TestValidating:
    def test_the_shipped_model_beside_a_champion_that_sees_nothing(self, triton, registered, deploy, golden):
        registered("1.0.0")
        deploy("1.0.0")
        services.register_version(folder=SHIPPED, actor=ACTOR, now=NOW)
        gates(**EASY)
        golden_set = golden()

        made = validate(golden_set, "2.3.0")

        document = made.document
        mine, theirs = document["figures"]["version"], document["figures"]["champion"]
        assert made.has_passed and status_of("2.3.0") == VersionStatus.VALIDATED
        assert (made.gate_number, document["gates"]["number"], document["champion"]["version"]) == (1, 1, "1.0.0")
        assert mine["map50"] > 0.5 > theirs["map50"]
        assert mine["speed"]["sequential"]["images"] == mine["speed"]["concurrent"]["images"] == 2
        assert mine["speed"]["concurrent"]["clients"] == 4 and mine["speed"]["sequential"]["p50_ms"] > 0
        assert document["paired"]["macro_f1"]["value"] > 0 and document["paired"]["flips"]
        assert document["golden_set"]["images"] == 4 and made.sha256 == report.digest_of(document)
        assert loaded() == {"visual_defects__1_0_0"}, "what was loaded for this is unloaded, the champion stays"
        assert not TritonLoan.objects.exists()

    def test_a_gate_that_fails_names_itself_and_leaves_a_candidate(self, triton, registered, golden):
        registered("1.0.0")
        golden_set = golden()

        made = validate(golden_set, "1.0.0")

        failed = {one["gate"]: one["words"] for one in made.document["gates"]["results"] if not one["has_passed"]}
        assert not made.has_passed and status_of("1.0.0") == VersionStatus.CANDIDATE
        assert {"images", "map50"} <= set(failed) and "4 images were judged" in failed["images"]
        assert (made.gate_number, made.champion) == (0, None)
        assert AuditEvent.objects.filter(action="validation.report", after__failed__contains="map50").exists()

    def test_the_champion_is_asked_once_for_the_same_images_and_reading(self, triton, registered, deploy, golden):
        for version, seed in (("1.0.0", 7), ("1.1.0", 8), ("1.2.0", 9)):
            registered(version, seed=seed)
        deploy("1.0.0")
        golden_set = golden(scenes(2))

        first, second = validate(golden_set, "1.1.0"), validate(golden_set, "1.2.0")

        remembered = [one.document["measured"]["champion_remembered"] for one in (first, second)]
        assert remembered == [False, True]
        assert GoldenAnswers.objects.count() == 3
        assert first.document["figures"]["champion"]["map50"] == second.document["figures"]["champion"]["map50"]

    def test_asked_twice_is_one_and_what_is_over_is_not_done_again(self, triton, registered, golden):
        registered("1.0.0")
        golden_set = golden(scenes(2))
        run, again = ask(golden_set, "1.0.0"), ask(golden_set, "1.0.0")

        carry_out(run)
        made = ValidationReport.objects.get(pk=run.pk)

        assert (run.pk, carry_out(run)) == (again.pk, None)
        assert ask(golden_set, "1.0.0").pk != run.pk, "what is over may be asked for again"
        # Who wrote the report may have died before saying so: whoever follows only says so.
        ValidationRun.objects.filter(pk=run.pk).update(state=WorkState.QUEUED, finished_at=None)
        assert carry_out(run).state == WorkState.DONE
        assert ValidationReport.objects.get(pk=run.pk).created_at == made.created_at

    def test_one_is_measured_at_a_time(self, registered, golden):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        golden_set = golden(scenes(2))
        first, second = ask(golden_set, "1.0.0"), ask(golden_set, "1.1.0")
        work.claim(ValidationRun, key=first.pk, actor=ACTOR, now=real_now())

        waiting = carry_out(second)

        assert (waiting.state, waiting.waiting_for) == (
            WorkState.QUEUED, "Another version is being measured; this one comes after it.",
        )  # fmt: skip

    def test_a_cancel_stops_it_and_gives_the_version_back(self, triton, registered, golden, monkeypatch):
        registered("1.0.0")
        run = ask(golden(), "1.0.0")
        step = work.Progress.step

        def and_somebody_cancels(self, done, total, doing=""):
            work.cancel(run, actor=ACTOR, now=real_now())
            step(self, done, total, doing)

        monkeypatch.setattr(work.Progress, "step", and_somebody_cancels)

        assert carry_out(run).state == WorkState.CANCELLED
        assert not loaded() and not ValidationReport.objects.exists()

    def test_a_version_that_answers_nonsense_fails_for_good(self, triton, registered, golden):
        registered("1.0.0", nan_above=254)

        run = carry_out(ask(golden([white_record(1)]), "1.0.0"))

        assert (run.state, run.error_code) == (WorkState.FAILED, "bad_answer")
        assert not loaded()

    def test_an_image_that_is_gone_is_named_as_the_reason(self, triton, registered, golden):
        registered("1.0.0")
        records = [scene_record(1, defects=(), sha256="f" * 64)]

        run = carry_out(ask(golden(records), "1.0.0"))

        assert (run.state, run.error_code) == (WorkState.FAILED, "image_missing")


class TestLoans:
    def test_the_reconciler_leaves_a_loan_alone_and_takes_back_what_lapsed(
        self, triton, registered, deploy, reconcile, clock
    ):
        version = registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")
        clock.pass_by(hours=30)

        with lending.lent(version, holder="test:1", actor=ACTOR, clock=clock) as name:
            assert reconcile().retired == [name]
            assert name in loaded(), "it is retired, but on loan"
            clock.pass_by(hours=2)
            assert reconcile().retired == [name]
            assert name not in loaded()

    def test_what_traffic_wants_meanwhile_stays(self, triton, registered, deploy, clock):
        version = registered("1.0.0")

        with lending.lent(version, holder="test:1", actor=ACTOR, clock=clock) as name:
            deploy("1.0.0")

        assert loaded() == {name}


class TestGoldenSets:
    def test_count_only_what_people_have_settled_whole(self, registered, golden):
        registered("1.0.0")
        records = [
            scene_record(1, defects=("particle",)),
            scene_record(2, defects=("stain",), is_complete=False),
            scene_record(3, defects=(), split=Split.TRAIN),
        ]

        made = golden(records)

        assert (made.images, made.left_out, made.splits) == (1, {"incomplete": 1}, ["test"])
        assert made.classes == {"particle": 1}

    def test_the_same_again_is_the_same_and_another_under_the_name_is_refused(self, registered, golden):
        registered("1.0.0")
        sha256 = freeze(scenes(2))
        first = golden(sha256=sha256)

        assert golden(sha256=sha256).pk == first.pk
        with pytest.raises(GoldenSetTaken):
            golden(sha256=freeze(scenes(3)))

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"sha256": "0" * 64}, "No data set has this digest"),
            ({"site": "OTHER"}, "No data set has this digest"),
            ({"splits": {Split.VALIDATION}}, "2 images are in other parts"),
        ],
    )
    def test_what_cannot_measure_anything_is_refused_with_why(self, registered, golden, values, words):
        registered("1.0.0")
        if "site" in values:
            values = {"site": make_site("OTHER")}

        with pytest.raises(Invalid, match=words):
            golden(scenes(2), **values)

    def test_a_retired_one_measures_nothing_more_and_stays(self, registered, golden):
        registered("1.0.0")
        made = golden()

        services.retire_golden_set(golden_set=made, reason="too easy", actor=ACTOR, now=NOW)

        assert GoldenSet.objects.get(pk=made.pk).retired_because == "too easy"
        with pytest.raises(GoldenSetOver):
            ask(made, "1.0.0")
        with pytest.raises(GoldenSetOver):
            services.retire_golden_set(golden_set=made, reason="again", actor=ACTOR, now=NOW)

    @pytest.mark.parametrize("column", ["images", "sha256"])
    def test_what_it_is_made_of_is_written_once(self, registered, golden, column):
        registered("1.0.0")
        made = golden(scenes(2))

        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(f"UPDATE golden_set SET {column} = '1' WHERE id = %s", [made.pk])


class TestGates:
    def test_a_change_is_a_version_and_names_what_it_changed(self, registered):
        registered("1.0.0")

        gates(accuracy_least=0.9)
        gates(ece_most=None)

        number, limits = selectors.gates_of(selectors.model_named("visual_defects"))
        assert (number, limits.accuracy_least, limits.ece_most, limits.map50_least) == (2, 0.9, None, 0.5)
        assert AuditEvent.objects.filter(action="gates.change").count() == 2

    def test_a_change_of_something_else_meanwhile_is_told(self, registered):
        registered("1.0.0")
        gates(accuracy_least=0.9)

        with pytest.raises(StaleGates) as refusal:
            services.set_gates(
                model_name="visual_defects", limits={}, seen_number=0, reason="", actor=ACTOR, now=NOW
            )  # fmt: skip
        assert refusal.value.extra["current"] == 1

    def test_a_limit_that_cannot_be_is_named(self, registered):
        registered("1.0.0")

        with pytest.raises(Invalid) as refusal:
            gates(accuracy_least=3)
        assert "accuracy_least" in refusal.value.extra["fields"]
