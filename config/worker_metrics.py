"""The worker's figures for Prometheus: its children count into files, its main process adds them up and serves them.

A worker without an address for its figures counts in memory, where nobody looks. See decision 13.
"""

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time

import structlog
from django.conf import settings

logger = structlog.get_logger(__name__)

TRY_AGAIN_S = 1.0


def make_folder() -> str | None:
    """Make the folder this process and those it forks count into; None where it is no worker that is asked for figures.

    It goes with this process.
    """
    if "worker" not in sys.argv or settings.WORKER_METRICS_ADDRESS is None:
        return None
    folder = tempfile.mkdtemp(prefix="worker-metrics-")
    # Forked children end without this.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def serve(folder: str) -> None:
    """Serve what was counted into a folder, as soon as the address is free; returns at once."""
    threading.Thread(target=_serve_when_free, args=(folder,), name="worker-metrics", daemon=True).start()


def _serve_when_free(folder: str) -> None:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    host, port = settings.WORKER_METRICS_ADDRESS
    while True:
        try:
            server, _ = start_http_server(port, addr=host, registry=registry)
        except OSError as fault:
            # On a reload the worker before us finishes what it has, and serves its figures until then.
            logger.info("worker_metrics_wait", address=f"{host}:{port}", error=str(fault))
            time.sleep(TRY_AGAIN_S)
        else:
            # A child that outlives us must not keep the address.
            os.register_at_fork(after_in_child=server.socket.close)
            return
