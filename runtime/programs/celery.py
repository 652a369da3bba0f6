"""Run a Celery command (`worker`, `beat`) that says when it is ready."""

import sys
from typing import Any

from celery import signals
from celery.bin.celery import celery

from runtime.programs import ready


def _report(*_: Any, **__: Any) -> None:
    ready.report()


def main() -> None:
    signals.worker_ready.connect(_report, weak=False)
    signals.beat_init.connect(_report, weak=False)
    celery(args=sys.argv[1:], prog_name="celery", auto_envvar_prefix="CELERY")


if __name__ == "__main__":
    main()
