"""Batches: every file gets its own answer."""

import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Site
from audit.models import AuditEvent
from core import jobs
from core.clock import now
from core.errors import IllegalTransition, Invalid, Overloaded, Unavailable
from core.idempotency import Attempt, Claim
from inspection import services
from inspection.errors import UnknownJob
from inspection.models import InspectionImage, InspectionJob, InspectionRun
from inspection.services import batches, job_progress, runs, work
from outbox.models import OutboxEvent
from tests.integration.inspection.conftest import SYSTEM
from tests.locks import until_others_wait

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(operator):
    def send(files, attempt=None, **upload):
        named = [services.BatchFile(name=f"{k}.png", data=data) for k, data in enumerate(files)]
        return services.create_batch(
            files=named, upload=services.Upload(**upload), label="", actor=operator, now=now(), attempt=attempt
        )

    return send


def elsewhere(work):
    """On another connection than the test's own."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as threads:
        return threads.submit(run).result(20)


class TestCreateBatch:
    def test_a_bad_file_fails_alone_and_says_why(self, deployed, send, png):
        job = send([png(1), b"GIF89a....", png(2)])
        services.drain(budget_s=20)

        job.refresh_from_db()
        states = list(job.items.values_list("state", "error_code"))
        assert (job.state, job.done, job.failed) == ("done", 2, 1)
        assert states == [("done", ""), ("failed", "unsupported_format"), ("done", "")]
        assert "GIF" in job.items.get(ordinal=1).error_detail

    def test_tells_success_rate_latency_and_throughput_when_it_is_over(self, deployed, send, png):
        job = send([png(1), png(2)])
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert job.summary["success_rate"] == 1.0
        assert job.summary["p95_ms"] >= job.summary["p50_ms"] > 0
        assert job.summary["throughput_per_s"] > 0

    def test_is_over_at_once_when_no_file_can_be_used(self, deployed, send):
        job = send([b"nothing", b"at all"])

        assert (job.state, job.failed) == ("done", 2)

    @pytest.mark.parametrize("count", [0, 101])
    def test_takes_1_to_100_files(self, site, send, count):
        with pytest.raises(Invalid, match="1 to 100"):
            send([b"x"] * count)

    def test_the_same_file_twice_in_one_batch_is_one_image_judged_for_both(self, deployed, send, png):
        job = send([png(1), png(1)], lot="L", wafer="W")
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done) == ("done", 2)
        assert InspectionImage.objects.count() == 1

    def test_refuses_an_external_id_that_comes_twice(self, site, operator, png):
        files = [services.BatchFile(name="a", data=png(k), external_id="same") for k in range(2)]

        with pytest.raises(Invalid, match="twice"):
            services.create_batch(files=files, upload=services.Upload(), label="", actor=operator, now=now())


class TestCancelJob:
    def test_cancels_what_waits_and_keeps_what_is_done(self, deployed, send, png, operator):
        job = send([png(k) for k in range(3)])
        InspectionRun.objects.filter(pk=job.items.get(ordinal=0).run_id).update(priority=0)
        (first,) = runs.claim_runs(owner="test", limit=1, actor=SYSTEM, now=now())
        work.execute(first)

        services.cancel_job(job_id=job.pk, actor=operator, now=now())

        job.refresh_from_db()
        assert (job.state, job.done, job.cancelled) == ("cancelled", 1, 2)
        assert job.finished_at is not None
        assert services.drain(budget_s=5) == 0

    def test_tried_again_it_is_done_in_the_end(self, deployed, send, png, operator):
        job = send([png(1), png(2)])
        (first,) = runs.claim_runs(owner="test", limit=1, actor=SYSTEM, now=now())
        work.execute(first)
        services.cancel_job(job_id=job.pk, actor=operator, now=now())

        services.retry_failed_items(job_id=job.pk, actor=operator, now=now())
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done, job.cancelled) == ("done", 2, 0)

    def test_one_run_alone_leaves_the_job_done(self, deployed, send, png, operator):
        job = send([png(1), png(2)])
        services.cancel_run(run_id=job.items.get(ordinal=0).run_id, actor=operator, now=now())
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done, job.cancelled) == ("done", 1, 1)

    def test_asks_the_database_no_more_for_many_than_for_few(self, site, send, png, operator):
        def cost(images):
            job = send([png(k) for k in range(images)], lot=f"L{images}")
            with CaptureQueriesContext(connection) as queries:
                services.cancel_job(job_id=job.pk, actor=operator, now=now())
            return sum("audit_event" not in query["sql"] for query in queries)

        assert cost(2) == cost(12)

    def test_tells_of_every_run_and_of_every_item(self, site, send, png, operator):
        job = send([png(k) for k in range(3)])
        OutboxEvent.objects.all().delete()

        services.cancel_job(job_id=job.pk, actor=operator, now=now())

        told = list(OutboxEvent.objects.order_by("seq").values_list("type", "payload"))
        runs_told = [payload for type, payload in told if type == "run.cancelled"]
        items_told = [payload for type, payload in told if type == "job.changed" and payload["item"]]
        assert {payload["standing"]["state"] for payload in runs_told} == {"cancelled"}
        assert [payload["cancelled"] for payload in items_told] == [1, 2, 3]
        assert [payload["item"]["ordinal"] for payload in items_told] == [0, 1, 2]
        recorded = AuditEvent.objects.filter(action="run.cancel").values_list("object_id", "before", "after")
        assert {key for key, _, _ in recorded} == {payload["run"] for payload in runs_told}
        assert {(before["state"], after["state"]) for _, before, after in recorded} == {("queued", "cancelled")}

    def test_another_sites_job_does_not_exist(self, site, send, png, stranger):
        job = send([png(1)])

        with pytest.raises(UnknownJob):
            services.cancel_job(job_id=job.pk, actor=stranger, now=now())


@pytest.mark.django_db(transaction=True)
class TestCancelInTheMiddle:
    """Nothing of a cancelled job is taken in afterwards, whenever the cancellation comes."""

    def assert_sound(self, job):
        job.refresh_from_db()
        states = list(job.items.values_list("state", "run__state"))
        assert job.state in ("cancelled", "done"), states
        assert (job.done, job.failed, job.cancelled) == tuple(
            sum(state == wanted for state, _ in states) for wanted in ("done", "failed", "cancelled")
        )
        assert job.done + job.failed + job.cancelled == job.total == len(states)
        assert not InspectionRun.objects.filter(job=job, state__in=["queued", "running"]).exists()

    def test_between_two_files(self, site, send, png, operator, monkeypatch):
        take, taken = batches.predict.take_image, []

        def cancelled_at_the_second(**values):
            taken.append(take(**values))
            if len(taken) == 2:
                services.cancel_job(job_id=InspectionJob.objects.get().pk, actor=operator, now=now())
            return taken[-1]

        monkeypatch.setattr(batches.predict, "take_image", cancelled_at_the_second)
        job = send([png(k) for k in range(4)])

        self.assert_sound(job)
        assert (len(taken), job.state, job.cancelled) == (2, "cancelled", 4), "what is not wanted is not even decoded"
        assert InspectionImage.objects.count() == 1

    def test_at_any_moment(self, site, send, png, operator):
        files = [png(k) for k in range(3)]
        for race in range(12):
            faults = []

            def cancel(race=race, faults=faults):
                try:
                    while not (job := InspectionJob.objects.filter(state="running").first()):
                        time.sleep(0.001)
                    time.sleep(race * 0.004)
                    services.cancel_job(job_id=job.pk, actor=operator, now=now())
                except IllegalTransition:
                    pass
                except Exception as fault:
                    faults.append(fault)
                finally:
                    connection.close()

            canceller = threading.Thread(target=cancel)
            canceller.start()
            job = send(files, lot=f"L{race}")
            canceller.join()

            assert faults == []
            self.assert_sound(job)


@pytest.mark.django_db(transaction=True)
class TestGivingUp:
    """What is given up is nobody else's at that moment: whoever holds the job decides about its items."""

    @pytest.fixture
    def begun(self, site, send, png, monkeypatch):
        """A batch whose upload broke off before any of its two files was taken in."""
        with monkeypatch.context() as broken:
            broken.setattr(batches, "_take_item", lambda *arguments, **values: None)
            return send([png(1), png(2)])

    @staticmethod
    def give_up():
        later = now() + 2 * job_progress.INTAKE_LIFETIME
        return elsewhere(lambda: batches.give_up_interrupted(actor=SYSTEM, now=later))

    def test_leaves_alone_what_is_taken_in_at_that_moment(self, begun, operator, png, monkeypatch):
        queue, given_up = runs.queue_run, []

        def queue_meanwhile(*arguments, **values):
            given_up.append(self.give_up())
            queue(*arguments, **values)

        monkeypatch.setattr(runs, "queue_run", queue_meanwhile)
        file = services.BatchFile(name="0.png", data=png(1))
        batches._take_item(begun, ordinal=0, file=file, upload=services.Upload(), actor=operator, now=now())

        item = begun.items.get(ordinal=0)
        assert (given_up, item.state, item.run is None) == ([0], "waiting", False)

    def test_leaves_alone_what_is_cancelled_at_that_moment(self, begun, operator, monkeypatch):
        check, given_up = batches.check_job_step, []

        def give_up_meanwhile(*arguments):
            given_up.append(self.give_up())
            check(*arguments)

        monkeypatch.setattr(batches, "check_job_step", give_up_meanwhile)
        services.cancel_job(job_id=begun.pk, actor=operator, now=now())

        assert given_up == [0]
        assert set(begun.items.values_list("state", "error_code")) == {("cancelled", "")}

    def test_twice_at_once_gives_up_once(self, begun):
        with ThreadPoolExecutor(max_workers=2) as threads:
            given_up = list(threads.map(lambda _: self.give_up(), range(2)))

        begun.refresh_from_db()
        assert (sum(given_up), begun.state, begun.failed) == (2, "done", 2)


@pytest.mark.django_db(transaction=True)
class TestLockOrder:
    """Whoever ends a run holds it and waits for its job; nobody waits for a run while he holds the job."""

    @pytest.fixture
    def worker(self, monkeypatch):
        """Fails a run on a connection of its own, and stops with the run locked until `go_on` is set."""
        held, go_on = threading.Event(), threading.Event()
        ended = job_progress.items_ended

        def fail(run):
            try:
                runs.fail_run(run, code="x", detail="y", actor=SYSTEM, now=now())
            finally:
                connection.close()

        def waits(runs, **values):
            if not held.is_set():
                held.set()
                assert go_on.wait(10)
            ended(runs, **values)

        monkeypatch.setattr(job_progress, "items_ended", waits)
        with ThreadPoolExecutor(max_workers=1) as threads:

            def start(run):
                work = threads.submit(fail, run)
                assert held.wait(10)
                return work

            yield SimpleNamespace(start=start, go_on=go_on)
            go_on.set()

    def test_a_run_that_is_new_and_ends_in_the_instant_of_cancelling_is_no_deadlock(
        self, site, send, png, operator, worker, monkeypatch
    ):
        job = send([png(1), png(2)])
        (late,) = runs.claim_runs(owner="test", limit=1, actor=SYSTEM, now=now())
        InspectionRun.objects.filter(pk=late.pk).update(job=None)
        lock_job, works = batches._for_update, []

        def lock_job_a_moment_later(*arguments):
            if not works:
                elsewhere(lambda: InspectionRun.objects.filter(pk=late.pk).update(job=job))
                works.append(worker.start(late))
            found = lock_job(*arguments)
            threading.Timer(0.3, worker.go_on.set).start()
            return found

        monkeypatch.setattr(batches, "_for_update", lock_job_a_moment_later)
        services.cancel_job(job_id=job.pk, actor=operator, now=now())
        works[0].result(10)

        job.refresh_from_db()
        assert (job.failed, job.cancelled, job.finished_at is None) == (1, 1, False)

    def test_trying_a_job_again_beside_one_of_its_runs_is_no_deadlock(self, site, send, png, operator, monkeypatch):
        job = send([png(1), png(2)])
        services.cancel_job(job_id=job.pk, actor=operator, now=now())
        run_id = job.items.get(ordinal=1).run_id
        held, restarted = threading.Event(), job_progress.item_restarted

        def restarts_slowly(run, **values):
            if not held.is_set():
                held.set()
                until_others_wait()
            restarted(run, **values)

        monkeypatch.setattr(job_progress, "item_restarted", restarts_slowly)
        with ThreadPoolExecutor(max_workers=1) as threads:
            one = threads.submit(elsewhere, lambda: services.retry_run(run_id=run_id, actor=operator, now=now()))
            assert held.wait(10)
            services.retry_failed_items(job_id=job.pk, actor=operator, now=now())
            one.result(10)

        assert set(InspectionRun.objects.filter(job=job).values_list("state", flat=True)) == {"queued"}


class TestWaking:
    @pytest.fixture
    def calls(self, monkeypatch):
        made = []
        monkeypatch.setattr(jobs, "enqueue", lambda task, **_: made.append(task))
        return made

    @pytest.mark.django_db(transaction=True)
    def test_a_batch_calls_the_workers_once_for_ten_files_and_when_it_is_in(self, site, send, png, calls):
        send([png(k) for k in range(12)])

        assert calls == ["inspection.drain"] * 3

    @pytest.mark.django_db(transaction=True)
    def test_many_runs_of_one_transaction_call_once(self, site, send, png, operator, calls):
        job = send([png(k) for k in range(3)])
        services.cancel_job(job_id=job.pk, actor=operator, now=now())
        calls.clear()

        services.retry_failed_items(job_id=job.pk, actor=operator, now=now())

        assert calls == ["inspection.drain"]

    @pytest.mark.django_db(transaction=True)
    def test_a_call_outlives_one_that_was_taken_back(self, calls):
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                jobs.enqueue_on_commit("a.task", n=1)
                raise ZeroDivisionError
            jobs.enqueue_on_commit("a.task", n=1)
            jobs.enqueue_on_commit("a.task", n=1)
            jobs.enqueue_on_commit("a.task", n=2)

        assert calls == ["a.task", "a.task"]


class TestAnUploadThatBrokeOff:
    def test_ends_with_what_was_taken_in(self, deployed, send, png, monkeypatch):
        taken_in = batches._take_item

        def dies_at_the_second(job, *, ordinal, **values):
            if ordinal:
                raise KeyboardInterrupt
            taken_in(job, ordinal=ordinal, **values)

        monkeypatch.setattr(batches, "_take_item", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            send([png(1), png(2)])
        services.drain(budget_s=20)

        services.sweep(now=now() + job_progress.INTAKE_LIFETIME)

        job = InspectionJob.objects.get()
        assert (job.state, job.done, job.failed) == ("done", 1, 1)
        assert job.items.get(ordinal=1).error_code == "upload_interrupted"
        assert "Send the same request again" in job.items.get(ordinal=1).error_detail

    def test_is_not_given_up_while_it_may_still_go_on(self, deployed, send, png, monkeypatch):
        monkeypatch.setattr(batches, "_take_item", lambda *args, **values: None)
        send([png(1)])

        services.sweep(now=now() + job_progress.INTAKE_LIFETIME * 0.9)

        assert InspectionJob.objects.get().state == "running"

    def test_is_gone_on_with_also_after_it_was_given_up(self, deployed, send, png, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(batches, "_take_item", lambda *args, **values: None)
            begun = send([png(1), png(2)])
        services.sweep(now=now() + job_progress.INTAKE_LIFETIME)

        job = send([png(1), png(2)], attempt=Attempt(claim=Claim(user_id=1, key="k", attempt=2, made=str(begun.pk))))
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.pk, job.state, job.done, job.failed) == (begun.pk, "done", 2, 0)
        assert AuditEvent.objects.get(action="job.restart").after["items"] == [0, 1]

    def test_is_not_gone_on_with_after_it_was_cancelled(self, site, send, png, operator, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(batches, "_take_item", lambda *args, **values: None)
            begun = send([png(1)])
        services.cancel_job(job_id=begun.pk, actor=operator, now=now())

        job = send([png(1)], attempt=Attempt(claim=Claim(user_id=1, key="k", attempt=2, made=str(begun.pk))))

        assert (job.state, job.cancelled) == ("cancelled", 1)

    @pytest.mark.django_db(transaction=True)
    def test_is_not_given_up_while_a_file_of_it_is_taken_in_however_slowly(self, site, send, png, monkeypatch):
        monkeypatch.setattr(job_progress, "INTAKE_LIFETIME", timedelta(seconds=0.6))
        take, given_up = batches.predict.take_image, []

        def slowly(**values):
            time.sleep(1.2)
            given_up.append(elsewhere(lambda: batches.give_up_interrupted(actor=SYSTEM, now=now())))
            return take(**values)

        monkeypatch.setattr(batches.predict, "take_image", slowly)
        job = send([png(1)])

        assert (given_up, job.failed) == ([0], 0)


class TestAnOutageDuringABatch:
    """It is not the files' fault: they are waited for, and whoever sends them is told to come again."""

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (OSError(errno.ENOSPC, "No space left on device"), "unavailable"),
            (Unavailable("Images cannot be decoded right now."), "unavailable"),
            (Overloaded("Too many images are being decoded.", retry_after_s=2), "overloaded"),
        ],
        ids=["full disk", "no decoder", "busy"],
    )
    def test_leaves_what_is_not_taken_in_waiting(self, site, send, png, monkeypatch, fault, code):
        take = batches.predict.take_image

        def fails_at_the_second(*, file_name, **values):
            if file_name == "1.png":
                raise fault
            return take(file_name=file_name, **values)

        monkeypatch.setattr(batches.predict, "take_image", fails_at_the_second)
        with pytest.raises(Unavailable, match="1 of 3 files of this batch are taken in") as told:
            send([png(1), png(2), png(3)])

        job = InspectionJob.objects.get()
        assert (told.value.code, told.value.extra["job"]) == (code, str(job.pk))
        assert told.value.retry_after_s
        assert set(job.items.values_list("state", "error_code")) == {("waiting", "")}
        assert [item.run_id is None for item in job.items.all()] == [False, True, True]


class TestRetryFailedItems:
    def test_cancelled_items_are_judged_after_all(self, deployed, send, png, operator):
        job = send([png(1), png(2)])
        services.cancel_job(job_id=job.pk, actor=operator, now=now())

        services.retry_failed_items(job_id=job.pk, actor=operator, now=now())
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done, job.cancelled) == ("done", 2, 0)

    def test_files_that_were_cancelled_before_they_came_cannot_be_tried_again(
        self, site, send, png, operator, monkeypatch
    ):
        monkeypatch.setattr(batches, "_take_item", lambda *args, **values: None)
        job = send([png(1)])
        services.cancel_job(job_id=job.pk, actor=operator, now=now())

        with pytest.raises(Invalid, match="cancelled before they were taken in"):
            services.retry_failed_items(job_id=job.pk, actor=operator, now=now())

    def test_what_can_only_fail_again_is_left_out(self, site, send, png, operator):
        job = send([png(1), png(2)])
        failed = {}
        for code in ("worker_lost", "corrupt"):
            (run,) = runs.claim_runs(owner="test", limit=1, actor=SYSTEM, now=now())
            runs.fail_run(run, code=code, detail="y", actor=SYSTEM, now=now())
            failed[code] = run.pk

        services.retry_failed_items(job_id=job.pk, actor=operator, now=now())

        job.refresh_from_db()
        states = dict(job.items.values_list("run_id", "state"))
        assert states == {failed["worker_lost"]: "waiting", failed["corrupt"]: "failed"}
        assert (job.state, job.failed) == ("running", 1)

    def test_refused_files_cannot_be_tried_again(self, deployed, send, operator):
        job = send([b"nothing"])

        with pytest.raises(Invalid, match="sent anew"):
            services.retry_failed_items(job_id=job.pk, actor=operator, now=now())


class TestReinspectImages:
    @pytest.fixture
    def images(self, deployed, send, png):
        send([png(1), png(2)])
        services.drain(budget_s=20)
        return list(InspectionImage.objects.order_by("pk"))

    def again(self, ids, actor, **upload):
        return services.reinspect_images(
            image_ids=ids, upload=services.Upload(**upload), label="again", actor=actor, now=now()
        )

    def test_judges_stored_images_by_another_recipe(self, images, site, operator):
        services.create_recipe(site=site, code="STRICT", actor=operator, now=now())

        job = self.again([image.pk for image in images], operator, recipe="STRICT")
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done, job.failed) == ("done", 2, 0)
        judged = InspectionRun.objects.filter(job=job)
        assert {run.recipe_version.recipe.code for run in judged} == {"STRICT"}
        assert {run.wafer_id for run in judged} == {image.wafer_id for image in images}

    def test_an_id_that_leads_nowhere_fails_alone(self, images, operator):
        job = self.again([images[0].pk, uuid4()], operator)
        services.drain(budget_s=20)

        job.refresh_from_db()
        assert (job.state, job.done, job.failed) == ("done", 1, 1)
        assert job.items.get(ordinal=1).error_code == "unknown_image"

    def test_another_sites_images_do_not_exist(self, images, stranger):
        services.create_recipe(
            site=Site.objects.get(pk=min(stranger.site_ids)), code="DEFAULT", actor=stranger, now=now()
        )

        job = self.again([images[0].pk], stranger)

        assert (job.state, job.failed) == ("done", 1)
        assert job.items.get().error_code == "unknown_image"

    @pytest.mark.parametrize("count", [0, 101])
    def test_refuses_none_and_too_many(self, images, operator, count):
        with pytest.raises(Invalid, match="1 to 100"):
            self.again([uuid4() for _ in range(count)], operator)
