"""Places, configurations, warm ways back and sudden deaths on a real Triton."""

import pytest

from models_admin import deployment as on_triton
from models_admin import selectors, services
from models_admin.choices import ON_THE_WAY, DeploymentState
from models_admin.models import ControlCall, Deployment, TrafficRoute
from models_admin.places import EVERYTHING
from models_admin.services import server
from models_admin.services.reconciling import DRAIN_FOR
from outbox.models import OutboxEvent
from serving import processes
from tests.integration.models_admin.conftest import ACTOR, NOW
from tests.private_triton import eventually

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.runtime]
MODEL = "visual_defects"
STEPS = ("publish", "load", "warm_up", "try_golden")


class Died(BaseException):
    """What a process that is killed leaves undone is what comes after this."""


def judging(**place):
    selectors.forget_routes()
    return selectors.route_for(model_name=MODEL, **place)


def ready(name):
    return on_triton.triton_control().is_model_ready(model_name=name)


def state_of(version):
    return Deployment.objects.filter(version__version=version).latest("pk").state


def change(clock, **values):
    config = selectors.config_in_force(selectors.models().get())
    return services.change_config(
        model_name=MODEL, values=values, seen_revision=config.revision, actor=ACTOR, now=clock()
    )


class TestRoutes:
    def test_lead_from_the_narrowest_place_to_the_widest(self, triton, registered, deploy):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        registered("1.2.0", seed=9)
        deploy("1.0.0")
        deploy("1.1.0", recipe_code="METAL-1")
        deploy("1.2.0", tool_code="EDGE-3", product_code="P-9")

        assert [
            judging(**codes).version
            for codes in (
                {},
                {"recipe_code": "METAL-1", "tool_code": "EDGE-3"},
                {"recipe_code": "METAL-1", "tool_code": "EDGE-3", "product_code": "P-9"},
                {"recipe_code": "POLY-2", "tool_code": "EDGE-3"},
                {"tool_code": "EDGE-3", "product_code": "P-9"},
            )
        ] == ["1.0.0", "1.1.0", "1.2.0", "1.0.0", "1.2.0"]

    def test_of_a_model_are_one_question_a_second(self, triton, registered, deploy, django_assert_num_queries):
        registered("1.0.0")
        deploy("1.0.0")
        selectors.forget_routes()

        with django_assert_num_queries(1):
            for tool in ("A", "B", "C"):
                selectors.route_for(model_name=MODEL, tool_code=tool, recipe_code="METAL-1")


class TestConfig:
    @pytest.fixture(autouse=True)
    def briefly_measured(self, monkeypatch):
        monkeypatch.setattr(on_triton.probe, "TOGETHER_S", 0.1)

    def test_that_is_changed_is_followed_beside_what_judges_and_both_are_measured(
        self, triton, registered, deploy, reconcile, clock
    ):
        registered("1.0.0")
        before = deploy("1.0.0")
        deploy("1.0.0", recipe_code="METAL-1")
        change(clock, instances=2, preferred_batches=[4], max_queue_delay_us=300, max_queue_size=9)

        reconcile()

        after = Deployment.objects.get(config_revision=1)
        assert (after.triton_name, after.state) == ("visual_defects__1_0_0__c1", DeploymentState.ACTIVE)
        assert {route.champion_id for route in TrafficRoute.objects.all()} == {after.pk}
        assert ready(before.triton_name), "requests routed a moment ago still want their answers"
        told = on_triton.triton_control().model_config(model_name=after.triton_name)
        assert told["instance_group"][0]["count"] == 2
        assert told["dynamic_batching"]["preferred_batch_size"] == [4]
        assert told["dynamic_batching"]["default_queue_policy"]["max_queue_size"] == 9
        (served,) = selectors.described_config(selectors.models().get())["served"]
        assert served["measured"]["before_revision"] == 0
        assert all(served["measured"][when]["tiles_per_s"] > 0 for when in ("before", "after"))

        clock.pass_by(seconds=DRAIN_FOR.total_seconds())
        assert reconcile().retired == [before.triton_name]
        assert [row.champion_id for row in TrafficRoute.objects.all()] == [after.pk, after.pk]

    def test_is_no_version_to_go_back_to(self, triton, registered, deploy, reconcile, clock):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        deploy("1.1.0")
        change(clock, max_queue_size=9)
        reconcile()
        assert judging().triton_name == "visual_defects__1_1_0__c1"

        services.roll_back(model_name=MODEL, place=EVERYTHING, actor=ACTOR, now=clock(), reason="worse")

        assert judging().triton_name == "visual_defects__1_0_0", "at once, by the configuration it is warm with"
        reconcile()
        assert judging().triton_name == "visual_defects__1_0_0__c1"

    def test_that_cannot_be_served_changes_nothing_and_is_not_tried_for_ever(
        self, triton, registered, deploy, reconcile, clock, monkeypatch
    ):
        registered("1.0.0")
        deploy("1.0.0")
        change(clock, instances=3)
        monkeypatch.setattr(on_triton.golden, "difference", lambda recorded, answered: "boxes of image 0 differ")

        reconcile()
        reconcile()

        assert judging().triton_name == "visual_defects__1_0_0"
        (failed,) = Deployment.objects.filter(config_revision=1)
        assert (failed.state, failed.error) == (DeploymentState.FAILED, "boxes of image 0 differ")


class TestLoadingAlone:
    def test_makes_a_version_answer_by_name_and_unloading_ends_that(
        self, triton, registered, deploy, reconcile, clock, settings
    ):
        # What an earlier test had loaded ends by itself, after Triton has said that it is gone.
        eventually(lambda: processes.figures_of(settings.TRITON_GRPC_URL).processes == 1, within_s=30)
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        asked = services.load_version(model_name=MODEL, version="1.1.0", actor=ACTOR, now=clock())
        services.carry_out_deployment(deployment_id=asked.pk, actor=ACTOR, clock=clock)
        assert (state_of("1.1.0"), judging().version) == (DeploymentState.DRAINING, "1.0.0")
        assert selectors.route_to(model_name=MODEL, version="1.1.0").triton_name == "visual_defects__1_1_0"

        server.forget_server()
        seen = services.server_state(now=clock(), visible_to=ACTOR)
        held = {row["version"]: (row["ready"], len(row["places"]), row["memory_bytes"] > 0) for row in seen["models"]}
        assert held == {"1.0.0": (True, 1, True), "1.1.0": (True, 0, True)}
        assert seen["processes"]["memory_bytes"] > 0

        services.unload_version(model_name=MODEL, version="1.1.0", actor=ACTOR, now=clock())
        assert reconcile().retired == [], "somebody may be on the way to it"
        clock.pass_by(seconds=DRAIN_FOR.total_seconds())

        assert reconcile().retired == ["visual_defects__1_1_0"]
        assert not ready("visual_defects__1_1_0")
        calls = ControlCall.objects.order_by("pk").values_list("kind", "outcome", "triton_name", "asked_by")
        assert list(calls) == [
            ("load", "done", "visual_defects__1_0_0", ACTOR.username),
            ("load", "done", "visual_defects__1_1_0", ACTOR.username),
            ("unload", "done", "visual_defects__1_1_0", ACTOR.username),
        ]
        load, unload = (
            ControlCall.objects.get(kind=kind, triton_name__endswith="1_1_0") for kind in ("load", "unload")
        )
        assert load.memory_after > load.memory_before
        assert unload.memory_after < unload.memory_before


class TestSuddenDeath:
    def test_of_the_worker_after_each_step_leaves_the_old_version_and_a_true_state(
        self, triton, registered, deploy, reconcile, clock, monkeypatch
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        services.deploy_version(model_name=MODEL, version="1.1.0", actor=ACTOR, now=NOW)
        seen = []
        for step in STEPS:
            with monkeypatch.context() as patch:
                original = getattr(on_triton, step)

                def die_after(row, original=original):
                    original(row)
                    raise Died

                patch.setattr(on_triton, step, die_after)
                with pytest.raises(Died):
                    reconcile()
            seen.append((state_of("1.1.0"), judging().version, ready("visual_defects__1_0_0")))

        assert seen == [(state, "1.0.0", True) for state in ("publishing", "loading", "warming", "trying")]
        reconcile()
        assert (state_of("1.1.0"), judging().version) == (DeploymentState.ACTIVE, "1.1.0")
        told = OutboxEvent.objects.filter(type="deployment.changed", payload__version="1.1.0").order_by("pk")
        assert [event.payload["state"] for event in told] == [
            "publishing", "loading", "warming", "trying", "active",
        ]  # fmt: skip

    @pytest.mark.parametrize("step", ["load", "try_golden"])
    def test_of_triton_before_a_step_is_waited_for_and_the_old_version_is_back_first(
        self, triton, registered, deploy, reconcile, clock, monkeypatch, step
    ):
        registered("1.0.0")
        registered("1.1.0", seed=8)
        deploy("1.0.0")
        with monkeypatch.context() as patch:
            original = getattr(on_triton, step)

            def kill_before(row):
                triton.kill()
                original(row)

            patch.setattr(on_triton, step, kill_before)
            waiting = deploy("1.1.0")
        assert waiting.state in ON_THE_WAY
        assert waiting.error.startswith("waiting for Triton")
        assert judging().version == "1.0.0"

        loaded = []
        original_load = on_triton.load
        monkeypatch.setattr(on_triton, "load", lambda row: (loaded.append(row.version.version), original_load(row)))

        def carried_out():
            reconcile()
            return state_of("1.1.0") == DeploymentState.ACTIVE

        eventually(lambda: on_triton.triton_control().is_live(), within_s=20)
        eventually(carried_out, within_s=30, every_s=0.2)
        assert loaded[0] == "1.0.0"
        assert ready("visual_defects__1_0_0")
        assert judging().version == "1.1.0"
