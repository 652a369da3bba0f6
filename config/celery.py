"""The Celery application. Tasks are found in each app's `tasks` module and called by name."""

import os
import socket
from typing import Any

from celery import Celery, signals

from config import worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
COUNTS_FOLDER = worker_metrics.make_folder()
if COUNTS_FOLDER is not None:
    # The library looks here when it is first imported, and from then on counts into files.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS_FOLDER

TRAINING_QUEUE = "training"
app = Celery("waferdeck")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _sign_of_life(kind: str) -> None:
    from core import heartbeats
    from core.clock import now

    heartbeats.beat(kind=kind, name=f"{socket.gethostname()}:{os.getpid()}", now=now())


@signals.heartbeat_sent.connect
def worker_lives(**_: Any) -> None:
    """Every two seconds, by a worker's main process. One that only trains is no worker to whoever waits for results."""
    _sign_of_life("trainer" if set(app.amqp.queues.consume_from) == {TRAINING_QUEUE} else "worker")


@signals.worker_ready.connect
def worker_works(**_: Any) -> None:
    """Once, by a worker's main process, with its children under way."""
    if COUNTS_FOLDER is not None:
        worker_metrics.serve(COUNTS_FOLDER)


@signals.beat_init.connect
def clock_starts(**_: Any) -> None:
    """From now on every call that this process sends is a sign of the clock's life."""
    signals.before_task_publish.connect(clock_ticks)


def clock_ticks(**_: Any) -> None:
    _sign_of_life("beat")
