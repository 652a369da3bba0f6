"""What Prometheus is told after real work, and what is left of it when a part is away."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from core import heartbeats
from core.clock import now
from core.roles import Role
from inspection import services
from inspection.models import InspectionRun
from inspection.services import inference, prediction_cache, runs
from models_admin import deployment as triton
from models_admin.models import Deployment
from serving.client import TritonClient
from serving.retry import RetryPolicy
from tests.factories import client_of, make_user
from tests.integration.inspection.conftest import SYSTEM, VERSION

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
OURS = {"model": "visual_defects", "version": VERSION}

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(site):
    return client_of(make_user(Role.OPERATOR, site=site), scopes=("read",))


@pytest.fixture
def scrape(client):
    """Prometheus's look: samples by name and labels."""

    def look():
        answer = client.get(reverse("metrics"))
        assert answer.status_code == 200, answer.content
        return Page(answer.content.decode())

    return look


class Page:
    def __init__(self, text):
        self.text = text
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name, **labels):
        """The sample's value, 0 where nothing has been counted yet."""
        return self._samples.get((f"waferdeck_{name}", frozenset(labels.items())), 0)

    def has(self, name):
        return any(shown == f"waferdeck_{name}" for shown, _ in self._samples)

    def names(self):
        return set(re.findall(r"^# TYPE (waferdeck_\w+) ", self.text, re.MULTILINE))


@pytest.fixture
def growth(scrape, django_capture_on_commit_callbacks):
    """What a sample grows by while something is done and committed."""

    def grown(work, *wanted):
        before = scrape()
        with django_capture_on_commit_callbacks(execute=True):
            work()
        after = scrape()
        return [after.value(name, **labels) - before.value(name, **labels) for name, labels in wanted]

    return grown


@pytest.fixture
def predict(operator, png):
    def ask(seed=1, **upload):
        return services.predict_image(
            data=png(seed), file_name="a.png", upload=services.Upload(**upload), actor=operator, now=now()
        )

    return ask


@pytest.fixture
def batch(operator, png):
    def send(images):
        files = [services.BatchFile(name=f"{k}.png", data=png(100 + k)) for k in range(images)]
        upload = services.Upload(priority=2)
        return services.create_batch(files=files, upload=upload, label="", actor=operator, now=now())

    return send


class TestWork:
    def test_an_image_somebody_waits_for_is_counted_under_its_version(self, deployed, predict, growth):
        seconds = ("run_seconds_sum", {**OURS, "cached": "false"})

        asked, judged, took_s, missed = growth(
            predict,
            ("inference_seconds_count", OURS),
            ("run_seconds_count", {**OURS, "cached": "false"}),
            seconds,
            ("prediction_cache_misses_total", {}),
        )

        assert (asked, judged, missed) == (1, 1, 1)
        assert took_s == pytest.approx(InspectionRun.objects.get().timings_ms["total"] / 1000)

    def test_an_answer_from_the_cache_asks_no_model(self, deployed, predict, growth):
        predict(lot="A")

        found = growth(
            lambda: predict(lot="B"),
            ("inference_seconds_count", OURS),
            ("run_seconds_count", {**OURS, "cached": "true"}),
            ("prediction_cache_hits_total", {}),
        )

        assert found == [0, 1, 1]

    def test_a_worker_s_batch_is_counted_once_with_the_time_it_took(self, deployed, batch, growth):
        job = batch(3)

        asked, batches, took_s = growth(
            lambda: services.drain(budget_s=20),
            ("inference_seconds_count", OURS),
            ("batch_seconds_count", OURS),
            ("batch_seconds_sum", OURS),
        )

        job.refresh_from_db()
        assert (asked, batches) == (3, 1)
        assert took_s == pytest.approx((job.finished_at - job.created_at).total_seconds(), abs=1e-6)

    def test_a_server_that_is_away_is_an_error_of_its_kind_and_its_repeats(
        self, deployed, predict, growth, monkeypatch
    ):
        told = inference.triton()._on_retry
        with TritonClient(grpc_url="127.0.0.1:9", retry=RetryPolicy(tries=3), on_retry=told) as nobody:
            monkeypatch.setattr(inference, "triton", lambda: nobody)
            found = growth(
                predict,
                ("inference_errors_total", {**OURS, "code": "triton_unavailable"}),
                ("inference_retries_total", {"code": "triton_unavailable"}),
                ("queued_runs", {"kind": "interactive"}),
            )

        assert found == [1, 2, 1]

    def test_what_is_put_back_and_what_fails_say_why(self, deployed, batch, growth, settings):
        settings.RUN_MAX_ATTEMPTS = 2
        batch(1)

        def lose_twice():
            for _ in range(2):
                runs.claim_runs(owner="here", limit=1, actor=SYSTEM, now=now())
                InspectionRun.objects.update(lease_until=now() - timedelta(seconds=1))
                services.sweep(now=now())

        found = growth(
            lose_twice,
            ("lease_expiries_total", {}),
            ("put_back_runs_total", {"code": "worker_lost"}),
            ("failed_runs_total", {"code": "worker_lost"}),
        )

        assert found == [2, 1, 1]

    def test_a_loading_counts_by_its_outcome(self, deployed, growth, monkeypatch, tmp_path, settings):
        settings.TRITON_GRPC_URL = "127.0.0.1:9"
        settings.MODEL_REPOSITORY_DIR = tmp_path
        triton.triton_control.cache_clear()
        row = Deployment.objects.select_related("version__model").get()

        def load():
            with pytest.raises(Exception, match="cannot be reached"):
                triton.load(row)

        (failed,) = growth(load, ("model_loads_total", {**OURS, "outcome": "failed"}))
        triton.triton_control.cache_clear()

        assert failed == 1


class TestThePresent:
    def test_tells_what_waits_by_where_it_came_from_and_for_how_long(self, deployed, batch, scrape):
        batch(2)
        InspectionRun.objects.update(queued_at="2020-01-01T00:00:00Z")

        page = scrape()

        assert page.value("queued_runs", kind="batch") == 2
        assert page.value("oldest_queued_seconds", kind="batch") > 3e7
        assert page.value("queued_runs", kind="interactive") == page.value("oldest_queued_seconds", kind="upload") == 0

    def test_tells_what_is_at_work_and_whose_lease_has_run_out(self, deployed, batch, scrape):
        batch(2)
        held, _ = runs.claim_runs(owner="here", limit=2, actor=SYSTEM, now=now())
        InspectionRun.objects.filter(pk=held.pk).update(lease_until="2020-01-01T00:00:00Z")

        page = scrape()

        assert (page.value("running_runs"), page.value("expired_leases")) == (2, 1)

    def test_tells_who_judges_and_whether_its_server_is_asked(self, deployed, predict, scrape, monkeypatch, settings):
        breaker = {"server": settings.TRITON_GRPC_URL, **OURS}
        closed = scrape()
        with TritonClient(grpc_url="127.0.0.1:9", retry=RetryPolicy(tries=1)) as nobody:
            monkeypatch.setattr(inference, "triton", lambda: nobody)
            for seed in range(5):
                predict(seed)
            opened = scrape()

        assert closed.value("serving_version", **OURS) == 1
        assert closed.has("breaker_open")
        assert (closed.value("breaker_open", **breaker), opened.value("breaker_open", **breaker)) == (0, 1)

    def test_tells_which_processes_live(self, site, scrape):
        heartbeats.beat(kind="worker", name="here:1", now=now())

        assert scrape().value("live_processes", kind="worker") >= 1

    def test_is_read_with_three_queries_however_much_there_is(self, deployed, batch):
        batch(5)

        with CaptureQueriesContext(connection) as asked:
            list(services.PresentFigures().collect())

        assert len(asked) == 3


class TestAnOutage:
    def test_of_the_database_takes_its_series_and_no_others(self, deployed, client, scrape):
        assert scrape().has("queued_runs")

        def without_database():
            away = connections["default"].copy()
            away.settings_dict["PORT"] = "9"
            connections["default"] = away
            return scrape()

        # On another thread, which has connections of its own; the token is remembered for some seconds.
        with ThreadPoolExecutor(max_workers=1) as threads:
            page = threads.submit(without_database).result(20)

        assert not page.has("queued_runs")
        assert (page.value("source_up", source="database"), page.value("source_up", source="redis")) == (0, 1)
        assert all(page.has(name) for name in ("prediction_cache_hits_total", "open_sockets", "lease_expiries_total"))

    def test_of_redis_takes_its_series_and_no_others(self, deployed, scrape, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        for known in (prediction_cache._redis, inference.triton):
            known.cache_clear()
        try:
            page = scrape()
        finally:
            for known in (prediction_cache._redis, inference.triton):
                known.cache_clear()

        assert not page.has("prediction_cache_hits_total")
        assert (page.value("source_up", source="database"), page.value("source_up", source="redis")) == (1, 0)
        assert page.has("queued_runs") and page.has("breaker_open")

    def test_of_triton_is_no_series_of_a_gpu(self, site, scrape, settings):
        settings.TRITON_METRICS_URL = "http://127.0.0.1:9/metrics"

        page = scrape()

        assert page.value("source_up", source="triton") == 0
        assert not page.names() & {"waferdeck_gpu_utilisation_ratio"}


class TestTheHandbook:
    def test_names_the_series_that_are_exported(self, deployed, scrape):
        rows = re.findall(r"^\| `(waferdeck_\w+)", OPERATIONS.read_text(), re.MULTILINE)

        assert sorted(rows) == sorted(scrape().names())

    def test_asks_in_its_alerts_for_nothing_else(self, deployed, scrape):
        asked = set(re.findall(r"waferdeck_\w+", OPERATIONS.read_text()))
        exported = scrape().names()

        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked - exported} <= exported
