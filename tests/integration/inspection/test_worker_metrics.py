"""A real worker's figures: counted in the children it forks, served by its main process, handed on at a reload."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from core import jobs
from core.clock import now
from inspection.models import InspectionRun
from inspection.services import runs
from tests.factories import make_inspected
from tests.live_stack import eventually

PROJECT_DIR = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def start_worker(address, tmp_path):
    """Start a worker on the test's own database, whose figures are at `address`."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("DATABASE_URL not set: run through `python -m runtime exec`")
    whole = urlsplit(os.environ["DATABASE_MIGRATION_URL"] or os.environ["DATABASE_URL"])
    own = {
        "DATABASE_URL": whole._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "STORAGE_URL": tmp_path.as_uri(),
        "WORKER_METRICS_ADDRESS": address,
        "TMPDIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    started = []

    def start():
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "prefork", "--concurrency", "1"],
            cwd=PROJECT_DIR,
            env={**os.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        stop(worker)


def stop(worker):
    worker.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(30)
    worker.kill()


def lost_file():
    """Queue a run whose file is not in the worker's store."""
    run = make_inspected().run
    InspectionRun.objects.filter(pk=run.pk).update(state="queued", job=None, queued_at=now())
    jobs.enqueue(runs.DRAIN)


def failures(address):
    """How many runs failed for want of their file, as told at `address`."""
    page = requests.get(f"http://{address}/metrics", timeout=5).text
    found = [
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if (sample.name, sample.labels) == ("waferdeck_failed_runs_total", {"code": "file_missing"})
    ]
    return sum(found)


def test_are_counted_in_its_children_and_go_with_it(start_worker, address, tmp_path):
    first = start_worker()
    eventually(lambda: failures(address) == 0, within_s=60, what="the first worker's page")
    lost_file()
    eventually(lambda: failures(address) == 1, within_s=30, what="the failure to be told")
    assert list(tmp_path.glob("worker-metrics-*/counter_*.db"))

    second = start_worker()
    lost_file()
    eventually(lambda: InspectionRun.objects.filter(state="failed").count() == 2, within_s=30, what="the second run")
    assert failures(address) in (1, 2), "the first still serves what it has counted"
    stop(first)
    lost_file()
    eventually(lambda: failures(address) >= 1, within_s=30, what="the second worker's page at the same address")
    stop(second)

    assert not list(tmp_path.glob("worker-metrics-*"))
    assert settings.WORKER_METRICS_ADDRESS is None
