"""Queued runs: claimed once, fenced, handed on, and given up with a reason."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from core import image_store
from core.clock import now
from core.errors import IllegalTransition
from inspection import selectors, services
from inspection.errors import LostLease, RetryCannotHelp, TooLarge, UnknownRun
from inspection.models import Detection, InspectionRun
from inspection.services import inference, runs, work
from models_admin.errors import UnknownVersion
from serving.errors import TritonTimeout
from tests.integration.inspection.conftest import SYSTEM
from tests.live_stack import eventually

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(operator, png):
    """Queue a run over one image or several."""
    counter = iter(range(100))

    def queue(images: int = 1) -> InspectionRun:
        number = next(counter)
        files = [services.WaferImage(name=f"{k}.png", data=png(number * 100 + k)) for k in range(images)]
        upload = services.Upload(lot="Q", wafer=f"W{number:02d}")
        return services.queue_wafer(images=files, upload=upload, actor=operator, now=now())

    return queue


def claim_one() -> InspectionRun:
    (run,) = runs.claim_runs(owner="here", limit=1, actor=SYSTEM, now=now())
    return run


def let_lease_lapse(run: InspectionRun, *, seconds_ago: float = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inspection_run SET lease_until = clock_timestamp() - make_interval(secs => %s) WHERE id = %s",
            [seconds_ago, run.pk],
        )


class TestDrain:
    def test_judges_everything_that_waits(self, deployed, queued):
        waiting = [queued(), queued(images=3)]

        ended = services.drain(budget_s=20)

        assert ended == 2
        for run in waiting:
            run.refresh_from_db()
            assert (run.state, run.waiting_for, run.lease_until) == ("done", "", None)

    def test_numbers_the_findings_of_several_images_through(self, deployed, queued):
        run = queued(images=3)

        services.drain(budget_s=20)

        ordinals = list(Detection.objects.filter(run=run).order_by("ordinal").values_list("ordinal", flat=True))
        assert ordinals == list(range(len(ordinals)))
        assert Detection.objects.filter(run=run).values("image").distinct().count() == 3

    def test_while_triton_is_away_runs_wait_say_why_and_use_up_no_try(self, deployed, queued, triton_away):
        run = queued()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.failures) == ("queued", 0)
        assert run.waiting_for == "Triton does not answer; it is tried again by itself."
        assert run.not_before > now()

    def test_an_image_that_takes_too_long_while_triton_answers_uses_up_its_tries(
        self, deployed, queued, monkeypatch, settings
    ):
        def too_slow(*args, **kwargs):
            raise TritonTimeout("no answer in time")

        settings.RUN_MAX_ATTEMPTS = 2
        monkeypatch.setattr(runs, "backoff_s", lambda tries: 0.0)
        monkeypatch.setattr(inference, "judge_image", too_slow)
        run = queued()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", "triton_timeout")
        assert run.error_detail == "The model did not answer in time. Tried 2 times."

    def test_a_slow_image_does_not_hold_up_the_next_one(self, deployed, queued, monkeypatch):
        slow, quick = queued(), queued()
        judge = inference.judge_image

        def slow_once(decoded, *, image, **rest):
            if image.wafer_id == slow.wafer_id:
                raise TritonTimeout("no answer in time")
            return judge(decoded, image=image, **rest)

        monkeypatch.setattr(inference, "judge_image", slow_once)
        services.drain(budget_s=20)

        quick.refresh_from_db()
        assert quick.state == "done"

    def test_a_store_that_is_away_uses_up_no_try(self, deployed, queued, monkeypatch):
        def away(key):
            raise OperationalError("connection lost")

        monkeypatch.setattr(work.image_store, "get", away)
        run = queued()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.failures) == ("queued", 0)

    def test_a_file_that_vanished_fails_its_run_with_a_reason(self, deployed, queued, monkeypatch):
        run = queued()
        monkeypatch.setattr(work.image_store, "get", lambda key: (_ for _ in ()).throw(FileNotFoundError(key)))

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", "file_missing")

    def test_a_file_that_has_become_too_large_fails_its_run_at_once(self, deployed, queued, monkeypatch):
        def too_large(*arguments, **values):
            raise TooLarge("At most 1 MiB are taken.", reason="too_large")

        run = queued()
        monkeypatch.setattr(work, "decode_for_inspection", too_large)

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.error_code, run.failures) == ("failed", "too_large", 0)

    def test_a_run_that_breaks_every_time_is_set_aside(self, deployed, queued, monkeypatch, settings):
        settings.RUN_MAX_ATTEMPTS = 3
        monkeypatch.setattr(runs, "backoff_s", lambda tries: 0.0)
        monkeypatch.setattr(work, "_judge", lambda run: 1 / 0)
        run = queued()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.attempt, run.error_code) == ("failed", 3, "internal_error")
        assert "ZeroDivisionError" in run.error_detail


class TestClaimRuns:
    @pytest.mark.parametrize(
        "planner", ["", "SET LOCAL enable_hashjoin = off; SET LOCAL enable_hashagg = off; SET LOCAL enable_sort = off"]
    )
    def test_takes_no_more_than_it_was_asked_for_whatever_the_plan(self, site, queued, planner):
        for _ in range(6):
            queued()
        with connection.cursor() as cursor:
            cursor.execute(planner or "SELECT 1")

        sizes = [len(runs.claim_runs(owner="here", limit=1, actor=SYSTEM, now=now())) for _ in range(7)]

        assert sizes == [1, 1, 1, 1, 1, 1, 0]


class TestFencing:
    def test_a_late_result_of_a_lost_claim_is_dropped(self, deployed, queued):
        queued()
        slow = claim_one()
        let_lease_lapse(slow)
        services.sweep(now=now())
        quick = claim_one()

        assert work.execute(quick)
        assert work.execute(slow), "the slow worker goes on to its next run"

        run = InspectionRun.objects.get(pk=slow.pk)
        assert (run.state, run.attempt) == ("done", quick.attempt)
        assert Detection.objects.filter(run=run).count() == run.detection_count

    def test_a_lost_claim_cannot_be_renewed(self, site, queued):
        queued()
        slow = claim_one()
        let_lease_lapse(slow)
        services.sweep(now=now())
        claim_one()

        with pytest.raises(LostLease):
            runs.renew_lease(slow)

    def test_a_cancelled_runs_result_is_dropped(self, deployed, queued, operator):
        queued()
        run = claim_one()
        services.cancel_run(run_id=run.pk, actor=operator, now=now())

        work.execute(run)

        run.refresh_from_db()
        assert run.state == "cancelled"
        assert not Detection.objects.filter(run=run).exists()


def claim_before_the_server_started(run: InspectionRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inspection_run SET started_at = pg_postmaster_start_time() - interval '1 s' WHERE id = %s",
            [run.pk],
        )


class TestTheLease:
    """It is short, and renewed beside the work, by whose worker lives and gets on."""

    @pytest.fixture(autouse=True)
    def short(self, settings):
        settings.RUN_LEASE_S = 1

    @pytest.fixture
    def slow(self, monkeypatch):
        """Judging waits for the event that is given back; `begun` tells that it waits."""
        judge, go_on = inference.judge_image, threading.Event()
        go_on.begun = threading.Event()

        def slow(*args, **values):
            go_on.begun.set()
            assert go_on.wait(20)
            return judge(*args, **values)

        monkeypatch.setattr(inference, "judge_image", slow)
        return go_on

    @staticmethod
    def elsewhere(work):
        try:
            return work()
        finally:
            connection.close()

    @pytest.mark.django_db(transaction=True)
    def test_outlasts_an_image_that_takes_longer(self, deployed, queued, slow):
        run = queued()
        with ThreadPoolExecutor(1) as threads:
            drained = threads.submit(self.elsewhere, lambda: services.drain(budget_s=20))
            assert slow.begun.wait(20)
            time.sleep(2.5)
            lapsed = services.sweep(now=now())["lapsed"]
            slow.set()
            drained.result(20)

        run.refresh_from_db()
        assert (lapsed, run.state, run.attempt) == (0, "done", 1)

    @pytest.mark.django_db(transaction=True)
    def test_of_a_worker_that_hangs_runs_out(self, deployed, queued, slow, monkeypatch, settings):
        monkeypatch.setattr(work, "LONGEST_PREPARATION_S", 0)
        settings.INFERENCE_DEADLINE_MS = 100
        run = queued()
        with ThreadPoolExecutor(1) as threads:
            drained = threads.submit(self.elsewhere, lambda: services.drain(budget_s=0.1))
            assert slow.begun.wait(20)
            eventually(lambda: services.sweep(now=now())["lapsed"], within_s=5, what="the lease to lapse")
            slow.set()
            drained.result(20)

        run.refresh_from_db()
        assert (run.state, run.failures) == ("queued", 1)


class TestADatabaseThatWasAway:
    """An outage is nobody's fault, and ends every run it met as soon as it is over."""

    @pytest.mark.parametrize("outage", ["it was restarted", "nobody could look"])
    def test_is_not_the_fault_of_runs_whose_leases_lapsed(self, site, queued, settings, outage):
        settings.RUN_MAX_ATTEMPTS = 1
        queued()
        run = claim_one()
        if outage == "it was restarted":
            let_lease_lapse(run)
            claim_before_the_server_started(run)
        else:
            let_lease_lapse(run, seconds_ago=settings.RUN_LEASE_S + settings.SWEEP_EVERY_S + 1)

        services.sweep(now=now())

        run.refresh_from_db()
        assert (run.state, run.failures) == ("queued", 0)
        assert run.waiting_for.startswith("The database was away")

    @pytest.mark.django_db(transaction=True)
    def test_is_told_what_became_of_a_run_when_it_is_back(self, deployed, queued, monkeypatch):
        run, put_back, tries = queued(), runs.put_back, []

        def is_away(*args, **values):
            raise OperationalError("server closed the connection unexpectedly")

        def is_away_at_first(*args, **values):
            tries.append(1)
            if len(tries) < 3:
                connection.ensure_connection()
                connection.connection.close()
            put_back(*args, **values)

        monkeypatch.setattr(inference, "judge_image", is_away)
        monkeypatch.setattr(runs, "put_back", is_away_at_first)
        services.drain(budget_s=5)

        run.refresh_from_db()
        assert (len(tries), run.state, run.failures) == (3, "queued", 0)


class TestSweep:
    def test_is_done_between_two_runs_as_well(self, deployed, queued):
        lost, waits = queued(), queued()
        let_lease_lapse(claim_one())

        assert services.drain(budget_s=20) == 2

        for run in (lost, waits):
            run.refresh_from_db()
            assert run.state == "done"

    def test_leaves_live_leases_alone(self, site, queued):
        queued()
        run = claim_one()

        assert services.sweep(now=now())["lapsed"] == 0
        run.refresh_from_db()
        assert run.state == "running"

    def test_a_worker_that_dies_of_the_same_run_every_time_is_not_fed_with_it_for_ever(self, site, queued, settings):
        settings.RUN_MAX_ATTEMPTS = 2
        queued()
        for _ in range(2):
            let_lease_lapse(claim_one())
            services.sweep(now=now())

        run = InspectionRun.objects.get()
        assert (run.state, run.error_code) == ("failed", "worker_lost")


class TestCancelAndRetry:
    def test_a_failed_run_can_be_queued_again_and_then_succeeds(self, deployed, queued, operator):
        run = queued()
        runs.fail_run(claim_one(), code="x", detail="y", actor=SYSTEM, now=now())

        services.retry_run(run_id=run.pk, actor=operator, now=now())
        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.error_code, run.failures) == ("done", "", 0)

    def test_a_finished_run_is_neither_cancelled_nor_retried(self, deployed, queued, operator):
        run = queued()
        services.drain(budget_s=20)

        with pytest.raises(IllegalTransition):
            services.cancel_run(run_id=run.pk, actor=operator, now=now())
        with pytest.raises(IllegalTransition):
            services.retry_run(run_id=run.pk, actor=operator, now=now())

    @pytest.mark.parametrize(
        ("code", "advice"),
        [("corrupt", "Send another in its place"), ("unknown_model_version", "by another version")],
    )
    def test_what_can_only_fail_again_is_refused(self, deployed, queued, operator, monkeypatch, code, advice):
        def not_loaded(*arguments, **values):
            raise UnknownVersion("Version 0.9.0 is not loaded.")

        monkeypatch.setattr(inference, "route_of", not_loaded)
        run = queued()
        runs.fail_run(claim_one(), code=code, detail="It is damaged.", actor=SYSTEM, now=now())

        with pytest.raises(RetryCannotHelp, match=advice):
            services.retry_run(run_id=run.pk, actor=operator, now=now())

        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", code)

    def test_a_run_whose_file_is_away_is_tried_again_once_it_is_back(self, deployed, queued, operator, monkeypatch):
        run = queued()
        runs.fail_run(claim_one(), code="file_missing", detail="Gone.", actor=SYSTEM, now=now())
        with monkeypatch.context() as without, pytest.raises(RetryCannotHelp, match="Send it again"):
            without.setattr(image_store, "exists", lambda key: False)
            services.retry_run(run_id=run.pk, actor=operator, now=now())

        services.retry_run(run_id=run.pk, actor=operator, now=now())

        run.refresh_from_db()
        assert run.state == "queued"

    @pytest.mark.parametrize(("code", "expected"), [("worker_lost", True), ("corrupt", False)])
    def test_a_card_says_whether_trying_again_may_help(self, deployed, queued, operator, code, expected):
        queued()
        runs.fail_run(claim_one(), code=code, detail="y", actor=SYSTEM, now=now())

        (card,) = selectors.wall_cards(operator)

        assert card["can_retry"] is expected

    def test_another_sites_run_does_not_exist(self, site, queued, stranger):
        run = queued()

        with pytest.raises(UnknownRun):
            services.cancel_run(run_id=run.pk, actor=stranger, now=now())


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_get_the_same_run(site, queued):
    wanted = {queued().pk for _ in range(12)}

    def claim(number: int) -> list:
        try:
            return [run.pk for run in runs.claim_runs(owner=f"w{number}", limit=2, actor=SYSTEM, now=now())]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = [pk for batch in pool.map(claim, range(8)) for pk in batch]

    assert sorted(claimed) == sorted(wanted)
