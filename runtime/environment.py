"""The variables Waferdeck reads, with the addresses of this instance's servers.

An embedded server overrides what the caller's environment says; one that is left out (`--without`) does not, so an
external server is used by naming it there.
"""

import os
import socket
from collections.abc import Collection, Mapping

from runtime import procfs
from runtime.keys import Keys
from runtime.layout import Layout, scripts_dir

DATABASE = "waferdeck"
OWNER_ROLE = "waferdeck_owner"
APP_ROLE = "waferdeck_app"
# Variables that the caller's environment may set in our place.
YIELDING = ("SECRET_KEY", "STORAGE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")


def for_django(*, layout: Layout, keys: Keys, ports: Mapping[str, int], servers: Collection[str]) -> dict[str, str]:
    """The variables of web, worker, beat and `manage.py`; the same names as in docker-compose.yml."""
    variables = {
        "SECRET_KEY": keys.django,
        "MODEL_REPOSITORY_DIR": str(layout.models_dir),
        "TRAINING_DIR": str(layout.training_dir),
        "STATIC_ROOT": str(layout.static_dir),
        "STORAGE_URL": layout.storage_dir.as_uri(),
    }
    if "web" in ports:
        names = ["127.0.0.1", "localhost", *own_names()]
        variables["ALLOWED_HOSTS"] = ",".join([*names, "[::1]"])
        variables["CSRF_TRUSTED_ORIGINS"] = ",".join(f"http://{name}:{ports['web']}" for name in names)
    if "postgres" in servers:
        place = f"127.0.0.1:{ports['postgres']}/{DATABASE}"
        variables["DATABASE_URL"] = f"postgresql://{APP_ROLE}:{keys.postgres_app}@{place}"
        variables["DATABASE_MIGRATION_URL"] = f"postgresql://{OWNER_ROLE}:{keys.postgres_owner}@{place}"
    if "redis" in servers:
        variables["REDIS_URL"] = f"redis://:{keys.redis}@127.0.0.1:{ports['redis']}/0"
    if "triton" in servers:
        variables["TRITON_GRPC_URL"] = f"127.0.0.1:{ports['triton_grpc']}"
        variables["TRITON_HTTP_URL"] = f"http://127.0.0.1:{ports['triton_http']}"
        variables["TRITON_METRICS_URL"] = f"http://127.0.0.1:{ports['triton_metrics']}/metrics"
    if "worker_metrics" in ports:
        variables["WORKER_METRICS_ADDRESS"] = f"127.0.0.1:{ports['worker_metrics']}"
    # Whoever starts us may say these differently, unless it is a program of another instance that only passes on
    # what that one was given.
    yielding = () if procfs.MARK in os.environ else YIELDING
    return {name: value for name, value in variables.items() if not (name in yielding and os.environ.get(name))}


def own_names() -> list[str]:
    """The names and addresses this machine has for others."""
    name = socket.gethostname()
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None, family=socket.AF_INET)}
    except OSError:
        found = set()
    return [name, *sorted(found - {"127.0.0.1"})]


def for_any_process(layout: Layout) -> dict[str, str]:
    """The caller's environment with our programs first, and nothing written outside the instance's folder."""
    return {
        **os.environ,
        "PATH": f"{scripts_dir()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TMPDIR": str(layout.tmp_dir),
        "XDG_CACHE_HOME": str(layout.cache_dir),
        "PYTHONUNBUFFERED": "1",
        # ONNX Runtime reports its use to its maker over the internet and keeps a database for it in the home folder.
        "ORT_DISABLE_TELEMETRY": "1",
        # One thread per process: the processes are what runs in parallel here.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
