"""Deployments on a real Triton: up, away, back, wrong, twice."""

import threading

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from prometheus_client import REGISTRY

from audit.models import AuditEvent
from models_admin import deployment as on_triton
from models_admin import selectors, services
from models_admin.choices import LOADED, ON_THE_WAY, DeploymentState, RouteSlot, VersionStatus
from models_admin.errors import NoRoute, StaleRoute, UnknownVersion, VersionUnusable
from models_admin.models import Deployment, ModelVersion, PlaceRequest, TrafficRoute
from models_admin.services.reconciling import TRY_AGAIN_AFTER
from outbox.models import OutboxEvent
from tests.guards import unguarded
from tests.integration.models_admin.conftest import ACTOR, NOW
from tests.private_triton import eventually

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.runtime]


def route(recipe_code=""):
    selectors.forget_routes()
    return selectors.route_for(model_name="visual_defects", recipe_code=recipe_code)


def ready(version):
    name = f"visual_defects__{version.replace('.', '_')}"
    return on_triton.triton_control().is_model_ready(model_name=name)


def counted(name, **labels):
    """Of 1.1.0, since this process began."""
    labels |= {"model": "visual_defects", "version": "1.1.0"}
    return REGISTRY.get_sample_value(f"waferdeck_model_{name}", labels) or 0


def _rewrite(version, *, golden):
    """Let the recorded answers be others than the file gives."""
    with unguarded("model_version"):
        ModelVersion.objects.filter(pk=version.pk).update(golden=golden)


def state_of(version):
    return Deployment.objects.filter(version__version=version).latest("pk").state


class TestDeploy:
    def test_loads_tries_and_routes(self, triton, registered, deploy):
        version = registered("1.0.0")

        deployment = deploy("1.0.0")

        assert deployment.state == DeploymentState.ACTIVE
        assert ready("1.0.0")
        assert (route().triton_name, route().version_id, route().sha256) == (
            "visual_defects__1_0_0",
            version.pk,
            version.sha256,
        )
        answer = on_triton.triton_client().infer(
            model_name=route().triton_name, tiles=np.zeros((1, 1, 512, 512), np.uint8), deadline_s=5
        )
        assert len(answer) == 1

    def test_tells_every_step_once(self, triton, registered, deploy):
        registered("1.0.0")
        deploy("1.0.0")

        events = AuditEvent.objects.filter(object_type="deployment").order_by("object_version")
        steps = events.values_list("action", "after")

        assert [(action, after.get("state")) for action, after in steps] == [
            ("deployment.request", None),
            ("deployment.change", "loading"),
            ("deployment.change", "warming"),
            ("deployment.change", "trying"),
            ("deployment.change", "active"),
        ]
        assert AuditEvent.objects.filter(action="route.flip").count() == 1
        assert set(OutboxEvent.objects.values_list("type", flat=True)) == {"deployment.changed", "route.flipped"}

    def test_the_present_version_goes_on_until_the_next_has_proved_itself(self, triton, registered, deploy, clock):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")

        services.deploy_version(model_name="visual_defects", version="1.1.0", actor=ACTOR, now=clock())
        assert route().version == "1.0.0"
        deploy("1.1.0")

        assert (route().version, route().generation) == ("1.1.0", 2)
        assert state_of("1.0.0") == DeploymentState.DRAINING
        assert ready("1.0.0"), "requests routed a moment ago still want their answers"

    def test_back_is_the_same_function_and_needs_no_worker(self, triton, registered, deploy, clock):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")

        services.deploy_version(model_name="visual_defects", version="1.0.0", actor=ACTOR, now=clock(), reason="worse")

        assert route().version == "1.0.0"
        assert (state_of("1.0.0"), state_of("1.1.0")) == (DeploymentState.ACTIVE, DeploymentState.DRAINING)
        assert Deployment.objects.count() == 2

    def test_a_recipe_may_have_a_route_of_its_own(self, triton, registered, deploy):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0", recipe_code="METAL-1")

        assert (route().version, route("METAL-1").version, route("POLY-2").version) == ("1.0.0", "1.1.0", "1.0.0")
        assert state_of("1.0.0") == DeploymentState.ACTIVE

    def test_a_fallback_stands_behind_the_champion(self, triton, registered, deploy):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.1.0")
        deploy("1.0.0", slot=RouteSlot.FALLBACK)

        assert (route().version, route().fallback.version) == ("1.1.0", "1.0.0")
        assert {row.triton_name for row in selectors.serving_versions()} == {
            "visual_defects__1_0_0",
            "visual_defects__1_1_0",
        }

    def test_a_version_can_be_asked_for_by_name_while_it_is_loaded(self, triton, registered, deploy):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")

        assert selectors.route_to(model_name="visual_defects", version="1.0.0").triton_name == "visual_defects__1_0_0"


class TestRefused:
    def test_nothing_deployed_is_said_so(self):
        with pytest.raises(NoRoute, match="visual_defects"):
            route()

    def test_an_unknown_version(self, registered):
        registered("1.0.0")

        with pytest.raises(UnknownVersion):
            services.deploy_version(model_name="visual_defects", version="9.9.9", actor=ACTOR, now=NOW)

    def test_a_rejected_version(self, registered):
        registered("1.0.0")
        services.set_version_status(
            model_name="visual_defects", version="1.0.0", status=VersionStatus.REJECTED, actor=ACTOR, now=NOW
        )

        with pytest.raises(VersionUnusable):
            services.deploy_version(model_name="visual_defects", version="1.0.0", actor=ACTOR, now=NOW)

    def test_a_route_that_has_changed_since(self, triton, registered, deploy, clock):
        registered("1.0.0")
        deploy("1.0.0", seen_generation=0)

        with pytest.raises(StaleRoute):
            deploy("1.0.0", seen_generation=0)

        assert route().generation == 1

    def test_a_version_whose_answers_differ_from_the_recorded_ones(self, triton, registered, deploy):
        registered("1.0.0")
        deploy("1.0.0")
        wrong = registered("1.1.0", seed=8)
        golden = {**wrong.golden, "scores": (np.array(wrong.golden["scores"]) + 0.1).tolist()}
        _rewrite(wrong, golden=golden)

        deployment = deploy("1.1.0")

        assert (deployment.state, route().version) == (DeploymentState.FAILED, "1.0.0")
        assert deployment.error.startswith("scores of image ")

    def test_a_version_whose_file_was_changed_in_the_store(self, triton, registered, deploy):
        version = registered("1.0.0")
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        default_storage.delete(version.artefact_key)
        default_storage.save(version.artefact_key, ContentFile(b"another model"))

        deployment = deploy("1.0.0")

        assert deployment.state == DeploymentState.FAILED
        assert "expected" in deployment.error

    def test_a_version_whose_file_is_gone_from_the_store(self, triton, registered, deploy):
        version = registered("1.0.0")
        default_storage.delete(version.artefact_key)

        deployment = deploy("1.0.0")

        assert deployment.state == DeploymentState.FAILED
        assert "not in the store" in deployment.error

    def test_a_repository_that_cannot_be_written_is_waited_for(
        self, triton, registered, deploy, reconcile, settings, tmp_path
    ):
        repository, settings.MODEL_REPOSITORY_DIR = settings.MODEL_REPOSITORY_DIR, tmp_path / "file" / "models"
        (tmp_path / "file").write_text("a disk that cannot be used")
        registered("1.0.0")

        waiting = deploy("1.0.0")
        settings.MODEL_REPOSITORY_DIR = repository
        reconcile()

        assert waiting.state == DeploymentState.PUBLISHING
        assert "waiting for the store and the disk" in waiting.error
        assert state_of("1.0.0") == DeploymentState.ACTIVE

    def test_a_failed_version_is_cleared_away_and_may_be_tried_again(self, triton, registered, deploy, reconcile):
        version = registered("1.0.0")
        sound = version.golden
        _rewrite(version, golden={**sound, "images": "others"})
        assert deploy("1.0.0").state == DeploymentState.FAILED

        reconcile()
        assert not ready("1.0.0")
        assert list(triton.repository.iterdir()) == []

        _rewrite(version, golden=sound)
        assert deploy("1.0.0").state == DeploymentState.ACTIVE


class TestOrder:
    def test_a_later_request_wins_whoever_finishes_first(self, triton, registered, clock):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        earlier, later = (
            services.deploy_version(model_name="visual_defects", version=version, actor=ACTOR, now=clock())
            for version in ("1.0.0", "1.1.0")
        )

        services.carry_out_deployment(deployment_id=later.pk, actor=ACTOR, clock=clock)
        services.carry_out_deployment(deployment_id=earlier.pk, actor=ACTOR, clock=clock)

        assert route().version == "1.1.0"
        assert state_of("1.0.0") == DeploymentState.DRAINING

    def test_a_later_request_that_fails_leaves_the_place_to_the_earlier_one(self, triton, registered, clock):
        registered("1.0.0")
        wrong = registered("1.1.0", seed=8)
        _rewrite(wrong, golden={**wrong.golden, "images": "others"})
        earlier, later = (
            services.deploy_version(model_name="visual_defects", version=version, actor=ACTOR, now=clock())
            for version in ("1.0.0", "1.1.0")
        )

        services.carry_out_deployment(deployment_id=later.pk, actor=ACTOR, clock=clock)
        services.carry_out_deployment(deployment_id=earlier.pk, actor=ACTOR, clock=clock)

        assert (route().version, state_of("1.1.0")) == ("1.0.0", DeploymentState.FAILED)
        assert PlaceRequest.objects.count() == 0

    def test_twelve_requests_at_once_make_one_deployment(self, triton, registered, clock):
        registered("1.0.0")
        barrier, keys, faults = threading.Barrier(12), [], []

        def run():
            barrier.wait()
            try:
                keys.append(
                    services.deploy_version(model_name="visual_defects", version="1.0.0", actor=ACTOR, now=NOW).pk
                )
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(12)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

        assert faults == []
        assert len(set(keys)) == Deployment.objects.count() == 1

    def test_two_workers_at_once_do_the_work_once(self, triton, registered, clock):
        registered("1.0.0")
        wanted = services.deploy_version(model_name="visual_defects", version="1.0.0", actor=ACTOR, now=NOW)
        barrier, outcomes = threading.Barrier(4), []

        def run():
            barrier.wait()
            try:
                done = services.carry_out_deployment(deployment_id=wanted.pk, actor=ACTOR, clock=clock)
                outcomes.append(done.state if done else "busy")
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

        assert set(outcomes) <= {DeploymentState.ACTIVE, "busy"}
        assert AuditEvent.objects.filter(action="route.flip").count() == 1


class TestPlaces:
    """One version may be asked for several places; each place goes to its own last request."""

    @pytest.fixture
    def ask(self, clock):
        """Ask for a version without carrying it out."""

        def ask(version, **options):
            return services.deploy_version(
                model_name="visual_defects", version=version, actor=ACTOR, now=clock(), **options
            )

        return ask

    @pytest.fixture
    def carry_out(self, clock):
        return lambda wanted: services.carry_out_deployment(deployment_id=wanted.pk, actor=ACTOR, clock=clock)

    def test_one_version_takes_two_routes_one_after_the_other(self, triton, registered, deploy):
        registered("1.0.0")

        deploy("1.0.0")
        deploy("1.0.0", recipe_code="METAL-1")

        routes = TrafficRoute.objects.values_list("recipe_code", "champion__version__version", "champion_decision")
        assert set(routes) == {("", "1.0.0", 1), ("METAL-1", "1.0.0", 2)}
        assert Deployment.objects.count() == 1

    def test_one_version_asked_for_two_routes_while_it_is_on_its_way_takes_both(
        self, triton, registered, ask, carry_out
    ):
        registered("1.0.0")
        wanted = ask("1.0.0")
        assert ask("1.0.0", recipe_code="METAL-1").pk == wanted.pk

        carry_out(wanted)

        assert (route().version, route("METAL-1").version) == ("1.0.0", "1.0.0")
        assert TrafficRoute.objects.count() == 2
        assert PlaceRequest.objects.count() == 0

    def test_two_routes_asked_for_at_the_same_moment_are_both_taken(self, triton, registered, carry_out):
        registered("1.0.0")
        barrier, keys, faults = threading.Barrier(2), [], []

        def run(recipe_code):
            barrier.wait()
            try:
                wanted = services.deploy_version(
                    model_name="visual_defects", version="1.0.0", recipe_code=recipe_code, actor=ACTOR, now=NOW
                )
                keys.append(wanted.pk)
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[code]) for code in ("", "METAL-1")]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert faults == []
        assert len(set(keys)) == 1

        carry_out(Deployment.objects.get())

        assert {row.recipe_code for row in TrafficRoute.objects.filter(champion_id=keys[0])} == {"", "METAL-1"}

    def test_a_request_is_not_swallowed_by_a_later_one_for_another_place(
        self, triton, registered, deploy, ask, carry_out
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        newer = ask("1.1.0")
        ask("1.0.0", recipe_code="METAL-1")

        carry_out(newer)

        assert (route().version, route("METAL-1").version) == ("1.1.0", "1.0.0")
        assert state_of("1.0.0") == DeploymentState.ACTIVE

    def test_an_older_request_that_finishes_after_a_newer_one_gets_only_its_other_place(
        self, triton, registered, ask, carry_out
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        older = ask("1.0.0")
        ask("1.0.0", recipe_code="METAL-1")
        newer = ask("1.1.0")

        carry_out(newer)
        carry_out(older)

        assert (route().version, route("METAL-1").version) == ("1.1.0", "1.0.0")
        assert (state_of("1.0.0"), state_of("1.1.0")) == (DeploymentState.ACTIVE, DeploymentState.ACTIVE)

    def test_asking_for_the_present_version_again_outdates_what_is_on_its_way(
        self, triton, registered, deploy, ask, carry_out
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        regretted = ask("1.1.0")
        ask("1.0.0")

        done = carry_out(regretted)

        assert (route().version, done.state) == ("1.0.0", DeploymentState.DRAINING)

    def test_a_fallback_that_is_promoted_falls_back_when_it_is_replaced(self, triton, registered, deploy):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.1.0")
        deploy("1.0.0", slot=RouteSlot.FALLBACK)

        deploy("1.0.0")
        assert (route().version, route().fallback) == ("1.0.0", None)
        deploy("1.1.0")

        assert (route().version, route().fallback.version) == ("1.1.0", "1.0.0")

    def test_a_fallback_that_is_ready_first_stands_in_for_its_champion(self, triton, registered, ask, carry_out):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        champion = ask("1.1.0")
        fallback = ask("1.0.0", slot=RouteSlot.FALLBACK)

        carry_out(fallback)
        assert (route().version, route().fallback) == ("1.0.0", None)
        carry_out(champion)

        assert (route().version, route().fallback.version) == ("1.1.0", "1.0.0")


class TestTritonAway:
    def test_a_request_waits_and_says_why_and_is_carried_out_afterwards(self, triton, registered, deploy, reconcile):
        registered("1.0.0")
        triton.stop()
        try:
            waiting = deploy("1.0.0")
            assert waiting.state in ON_THE_WAY
            assert waiting.error.startswith("waiting for Triton")
            assert reconcile().triton_away
        finally:
            triton.start()

        def carried_out():
            reconcile()
            return state_of("1.0.0") == DeploymentState.ACTIVE

        eventually(carried_out, within_s=30, every_s=0.5)
        assert route().version == "1.0.0"

    def test_that_goes_away_in_the_middle_of_a_round_ends_it_without_a_fault(self, triton):
        def stop_and_tell():
            triton.stop()
            return NOW

        try:
            done = services.reconcile_deployments(actor=ACTOR, clock=stop_and_tell)
        finally:
            triton.start()

        assert (done.triton_away, done.faults) == (True, {})

    def test_after_a_kill_every_active_and_draining_version_is_loaded_again(
        self, triton, registered, deploy, reconcile
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")
        loaded, reloaded = counted("loads_total", outcome="loaded"), counted("reloads_total")

        triton.kill()
        eventually(lambda: on_triton.triton_control().is_live() and not ready("1.1.0"), within_s=20)

        def loaded_again():
            reconcile()
            return ready("1.0.0") and ready("1.1.0")

        assert eventually(loaded_again, within_s=60, every_s=0.2) < 60
        assert (state_of("1.0.0"), state_of("1.1.0")) == (DeploymentState.DRAINING, DeploymentState.ACTIVE)
        assert AuditEvent.objects.filter(after__loaded_again="visual_defects__1_1_0").count() == 1
        assert counted("reloads_total") - reloaded == 1
        assert counted("loads_total", outcome="loaded") - loaded == 1

    def test_a_worker_that_died_half_way_is_succeeded(self, triton, registered, reconcile, clock):
        registered("1.0.0")
        wanted = services.deploy_version(model_name="visual_defects", version="1.0.0", actor=ACTOR, now=NOW)
        on_triton.publish(wanted)
        Deployment.objects.filter(pk=wanted.pk).update(state=DeploymentState.LOADING)

        reconcile()

        assert state_of("1.0.0") == DeploymentState.ACTIVE


class TestReconcile:
    def test_of_what_is_right_changes_nothing(self, triton, registered, deploy, reconcile):
        registered("1.0.0")
        deploy("1.0.0")
        events = AuditEvent.objects.count()

        done = reconcile()

        assert (done.loaded, done.advanced, done.retired, done.faults) == ([], [], [], {})
        assert AuditEvent.objects.count() == events

    def test_keeps_two_for_a_quick_way_back_and_retires_the_others(self, triton, registered, deploy, reconcile, clock):
        for minor in range(4):
            registered(f"1.{minor}.0", seed=minor)
            deploy(f"1.{minor}.0")
            clock.pass_by(seconds=1)
        assert reconcile().retired == []

        clock.pass_by(seconds=31)

        assert reconcile().retired == ["visual_defects__1_0_0"]
        assert [ready(f"1.{minor}.0") for minor in range(4)] == [False, True, True, True]
        assert not (triton.repository / "visual_defects__1_0_0").exists()

    def test_retires_after_a_day(self, triton, registered, deploy, reconcile, clock):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")
        clock.pass_by(hours=24)

        assert reconcile().retired == ["visual_defects__1_0_0"]
        assert deploy("1.0.0").state == DeploymentState.ACTIVE, "a retired version can be deployed afresh"

    def test_a_version_that_does_not_load_any_more_is_shown_and_tried_again_later(
        self, triton, registered, deploy, reconcile, clock
    ):
        registered("1.0.0")
        deploy("1.0.0")
        on_triton.triton_control().unload_model(model_name="visual_defects__1_0_0")
        (triton.repository / "visual_defects__1_0_0" / "1" / "model.onnx").write_bytes(b"rotten")

        done = reconcile()

        row = Deployment.objects.get()
        assert set(done.faults) == {"visual_defects__1_0_0"}
        assert (row.state, row.error.startswith("Triton does not load it")) == (DeploymentState.ACTIVE, True)
        assert reconcile().faults == {}, "not every few seconds"
        clock.pass_by(seconds=TRY_AGAIN_AFTER.total_seconds())
        assert set(reconcile().faults) == {"visual_defects__1_0_0"}

    def test_leaves_it_to_whoever_is_at_it(self, triton, reconcile):
        entered, leave = threading.Event(), threading.Event()

        def hold():
            with on_triton.deployer_lock() as is_held:
                assert is_held
                entered.set()
                leave.wait(20)
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        entered.wait(10)
        try:
            assert reconcile().busy
        finally:
            leave.set()
            holder.join()
        assert not reconcile().busy


class TestShipModels:
    def test_registers_all_and_deploys_the_newest_once(self, triton, settings, tmp_path):
        from django.core.management import call_command

        from tests.factories_onnx import write_detector

        settings.MODEL_ZOO_DIR = tmp_path
        for version in ("1.0.0", "1.10.0", "1.9.0"):
            write_detector(tmp_path / "visual_defects" / version, version=version)

        call_command("ship_models", verbosity=0)
        call_command("ship_models", verbosity=0)

        assert route().version == "1.10.0"
        assert ModelVersion.objects.filter(status=VersionStatus.VALIDATED).count() == 3
        assert selectors.deployments(states=LOADED).count() == 1
