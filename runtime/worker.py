"""Celery: the workers that run jobs, and the clock that starts the regular ones."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime.process import Command
from runtime.unit import Spec

PROCESSES = 2


def worker_spec(
    *, environment: Mapping[str, str], folder: Path, ports: Mapping[str, int], after: tuple[str, ...]
) -> Spec:
    """The unit that keeps the workers running."""
    return Spec(
        name="worker",
        command=lambda: _celery(
            environment,
            folder,
            *("worker", "--pool", "prefork", "--concurrency", str(PROCESSES), "--loglevel", "INFO"),
            # Chatter between workers that we have no use for.
            *("--without-gossip", "--without-mingle"),
        ),
        ports=ports,
        after=after,
        # Finish what runs; then hand it back: the job's row is found again by its lease.
        stop=((signal.SIGTERM, 15.0), (signal.SIGQUIT, 5.0)),
        reloads=True,
        overlaps=True,
    )


def trainer_spec(*, environment: Mapping[str, str], folder: Path, after: tuple[str, ...]) -> Spec:
    """The unit that keeps the worker running that does nothing but train; one run at a time, and nobody waits for it.

    It works in a thread, so that the process that is asked to end can tell the run to.
    """
    return Spec(
        name="trainer",
        command=lambda: _celery(
            environment,
            folder,
            *("worker", "--pool", "threads", "--concurrency", "1", "--queues", "training", "--loglevel", "INFO"),
            *("--hostname", "training@%h", "--without-gossip", "--without-mingle"),
        ),
        after=after,
        # What runs goes back to the queue with its checkpoint.
        stop=((signal.SIGTERM, 10.0), (signal.SIGQUIT, 3.0)),
        reloads=True,
        background=True,
    )


def beat_spec(*, environment: Mapping[str, str], folder: Path, schedule: Path, after: tuple[str, ...]) -> Spec:
    """The unit that keeps the clock running; never two at a time."""
    return Spec(
        name="beat",
        command=lambda: _celery(
            environment,
            folder,
            *("beat", "--loglevel", "INFO", "--schedule", str(schedule), "--pidfile", ""),
        ),
        after=after,
        stop=((signal.SIGTERM, 5.0),),
        reloads=True,
    )


def _celery(environment: Mapping[str, str], folder: Path, *arguments: str) -> Command:
    return Command(
        argv=[sys.executable, "-m", "runtime.programs.celery", "-A", "config", *arguments],
        environment=environment,
        folder=folder,
        reports_ready=True,
    )
