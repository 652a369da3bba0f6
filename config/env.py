"""Every environment variable Waferdeck reads: its type, unit, range and meaning, in one table.

`python -m config.env` prints the table as Markdown; `docs/configuration.md` is that output. Django's settings
read nothing from the environment but through `load`, which reports all faults at once.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_DIR = Path(__file__).resolve().parent.parent
PREFIX = "WAFERDECK_"


class BadEnvironment(Exception):
    """One or more variables cannot be used; the message names each of them."""


@dataclass(frozen=True)
class Variable:
    """One variable: how its text becomes a value, and what a person must know to set it."""

    name: str
    kind: Callable[[str], Any]
    default: str | None
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    secret: bool = False

    def parse(self, text: str) -> Any:
        value = self.kind(text)
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"must be at least {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"must be at most {self.maximum:g}")
        return value


def boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be true or false")


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def host_and_port(text: str) -> tuple[str, int] | None:
    """None where the text is empty."""
    host, _, port = text.strip().rpartition(":")
    if not host and not port:
        return None
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        raise ValueError("must be host:port")
    return host.strip("[]"), int(port)


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "SECRET_KEY", str, None, "Signs sessions and tokens. Long, random, the same for all processes.", secret=True
    ),
    Variable("DEBUG", boolean, "false", "Django's debug pages. Never in production."),
    Variable("ALLOWED_HOSTS", words, "127.0.0.1,localhost,[::1]", "Host names the web server answers to."),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        words,
        "",
        "Origins (https://fab.example) whose forms and sockets are accepted besides the own host.",
    ),
    Variable(
        "SECURE_COOKIES",
        boolean,
        "false",
        "Cookies over HTTPS only, named __Host-, and HSTS on. Set it wherever TLS ends in front of Waferdeck.",
    ),
    Variable(
        "TRUSTED_PROXIES",
        int,
        "0",
        "How many reverse proxies stand in front; their X-Forwarded-For is believed.",
        "proxies",
        0,
        8,
    ),
    Variable(
        "DATABASE_URL",
        str,
        "postgresql://waferdeck@127.0.0.1:5432/waferdeck",
        "PostgreSQL 16 or later with pgvector, as the application.",
        secret=True,
    ),
    Variable(
        "DATABASE_MIGRATION_URL",
        str,
        "",
        "The same database as its owner, for `manage.py migrate`. Empty: DATABASE_URL.",
        secret=True,
    ),
    Variable(
        "DATABASE_POOL_MAX",
        int,
        "0",
        "Connections of a pool for this process. 0, which costs least: every thread keeps its own, and there are few.",
        "connections",
        0,
        200,
    ),
    Variable(
        "DATABASE_STATEMENT_TIMEOUT_MS",
        int,
        "15000",
        "A single statement may take this long, but for migrations.",
        "ms",
        100,
        600_000,
    ),
    Variable(
        "REDIS_URL",
        str,
        "redis://127.0.0.1:6379/0",
        "Broker, cache and live channel. Losing it loses speed, never data.",
        secret=True,
    ),
    Variable("TRITON_GRPC_URL", str, "127.0.0.1:8001", "Triton's gRPC address, host:port."),
    Variable(
        "TRITON_HTTP_URL",
        str,
        "http://127.0.0.1:8002",
        "Triton's HTTP address: whether it lives when gRPC does not answer.",
    ),
    Variable(
        "TRITON_METRICS_URL",
        str,
        "",
        "Triton's Prometheus address. Empty: no GPU and queue figures on the health page.",
    ),
    Variable(
        "MODEL_REPOSITORY_DIR", Path, "var/models", "Folder Triton loads models from; written by one service only."
    ),
    Variable(
        "STATIC_ROOT",
        Path,
        "var/static",
        "Folder with the pages' styles and scripts, as `manage.py collectstatic` put them there.",
    ),
    Variable(
        "STORAGE_URL",
        str,
        "file:var/storage",
        "Where images are kept: file:///folder (file:folder starts at the project), or"
        " s3://key:secret@host:port/bucket?tls=0, with key and secret in percent form.",
        secret=True,
    ),
    Variable(
        "UPLOAD_MAX_BYTES",
        int,
        str(64 * 2**20),
        "Largest image file. A frame of a stream ends at 8 MiB whatever this says.",
        "bytes",
        1024,
        2**31,
    ),
    Variable(
        "IMPORT_MAX_BYTES", int, str(32 * 2**20), "Largest file of labels that is imported.", "bytes", 1024, 2**28
    ),
    Variable("MODEL_MAX_BYTES", int, str(256 * 2**20), "Largest model file.", "bytes", 1024, 2**29),
    Variable("BATCH_MAX_BYTES", int, str(512 * 2**20), "Largest batch of images.", "bytes", 1024, 2**33),
    Variable(
        "IMAGE_MAX_PIXELS",
        int,
        "50000000",
        "Largest image, width times height; checked before decoding.",
        "pixels",
        4096,
        2**31,
    ),
    Variable(
        "DECODER_WORKERS",
        int,
        "2",
        "Child processes that decode untrusted images, per web or worker process.",
        "processes",
        1,
        64,
    ),
    Variable(
        "DECODER_WAITING",
        int,
        "64",
        "Images that may wait for a decoder before new ones are turned away.",
        "images",
        0,
        10_000,
    ),
    Variable(
        "PREDICT_CONCURRENCY", int, "4", "Images inspected at the same time by one web process.", "images", 1, 256
    ),
    Variable(
        "PREDICT_WAITING",
        int,
        "128",
        "Requests that may wait for a place before new ones get 503 with Retry-After.",
        "requests",
        0,
        10_000,
    ),
    Variable(
        "PREDICT_WAIT_MS",
        int,
        "5000",
        "How long a request waits for a place before 503 with Retry-After.",
        "ms",
        0,
        60_000,
    ),
    Variable(
        "IMAGES_PER_ACCOUNT",
        int,
        "12000",
        "Images one account may send within a minute, by whatever way, before 429 with Retry-After.",
        "images",
        200,
        600_000,
    ),
    Variable(
        "IMAGES_PER_ADDRESS",
        int,
        "60000",
        "The same for all accounts of one address, found behind TRUSTED_PROXIES.",
        "images",
        200,
        600_000,
    ),
    Variable(
        "INFERENCE_DEADLINE_MS", int, "5000", "All Triton calls of one image, retries included.", "ms", 50, 120_000
    ),
    Variable(
        "RUN_LEASE_S",
        int,
        "15",
        "A run whose worker has been silent this long is given to another; who works says so four times in it.",
        "s",
        5,
        3600,
    ),
    Variable(
        "RUN_MAX_ATTEMPTS", int, "5", "Tries before a run is set aside as failed, with its reason.", "tries", 1, 50
    ),
    Variable("SWEEP_EVERY_S", int, "5", "How often lost and waiting runs are looked for.", "s", 1, 600),
    Variable(
        "PREDICTION_CACHE_TTL_S",
        int,
        "3600",
        "How long an answer for the same pixels, model and recipe is reused; 0 turns the cache off.",
        "s",
        0,
        604_800,
    ),
    Variable(
        "TRITON_INSTANCES", int, "2", "Instances of each deployed model; one per core serves best.", "instances", 1, 64
    ),
    Variable("TRITON_GPU", boolean, "false", "Deploy model instances on the GPU."),
    Variable(
        "SOCKETS_PER_ACCOUNT", int, "20", "Sockets one account may hold open per web process.", "sockets", 1, 100_000
    ),
    Variable(
        "SOCKET_QUEUE",
        int,
        "256",
        "Events that may wait for one slow browser before it gets a gap marker instead.",
        "events",
        8,
        65_536,
    ),
    Variable(
        "CODE_VERSION", str, "", "Build named in every result's provenance. Empty: the git commit, where there is one."
    ),
    Variable(
        "WORKER_METRICS_ADDRESS",
        host_and_port,
        "",
        "Where a worker serves its figures to Prometheus, host:port, without asking who looks: an address that nobody"
        " outside reaches. Empty: nowhere.",
    ),
    Variable("LOG_LEVEL", str, "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Variable(
        "WAFERDECK_DEMO_PASSWORD",
        str,
        "demo",
        "Password of the demo users; used only by `manage.py seed_demo`.",
        secret=True,
    ),
    Variable("WAFERDECK_DATA_DIR", Path, "../shared/data", "Real data for training and tests; nothing else reads it."),
    Variable(
        "TRAINING_DIR",
        Path,
        "var/training",
        "Folder where training runs work: images, checkpoints. Gone when they end.",
    ),
    Variable(
        "MLFLOW_URL",
        str,
        "",
        "Address of an MLflow tracking server with a model registry, to import from and export to. Empty: none.",
        secret=True,
    ),
    Variable("TRAINING_THREADS", int, "2", "How many cores a training run uses.", "cores", 1, 256),
    Variable("MODEL_ZOO_DIR", Path, "model_zoo", "Folder of the models that ship with Waferdeck."),
)


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read every variable from `environ`.

    Returns:
        Values by variable name, defaults filled in. Paths are absolute (relative ones start at the project).

    Raises:
        BadEnvironment: some variables are missing, malformed or unknown to us; all of them are named.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for variable in VARIABLES:
        text = environ.get(variable.name) or variable.default
        if text is None:
            faults.append(f"{variable.name} is not set: {variable.description}")
            continue
        try:
            value = variable.parse(text)
        except ValueError as fault:
            shown = "(hidden)" if variable.secret else repr(text)
            faults.append(f"{variable.name}={shown}: {fault}")
            continue
        values[variable.name] = (PROJECT_DIR / value).resolve() if isinstance(value, Path) else value
    known = {variable.name for variable in VARIABLES}
    faults += [
        f"{name} is not a variable of Waferdeck"
        for name in environ
        if name.startswith(PREFIX) and name not in known | RUNTIME_NAMES
    ]
    if faults:
        raise BadEnvironment("The environment cannot be used:\n  " + "\n  ".join(faults))
    return values


# Read by the supervisor and by tests, never by Django; named here so that they are not reported as unknown.
RUNTIME_NAMES = frozenset({"WAFERDECK_VAR", "WAFERDECK_TEST_STACK"})


def as_markdown() -> str:
    """The table of `docs/configuration.md`."""
    lines = [
        "# Configuration",
        "",
        "Made by `python -m config.env > docs/configuration.md`; change `config/env.py`, not this file.",
        "",
        "Django reads these variables and nothing else; `make run` and `docker-compose.yml` set the same ones.",
        "",
        "| variable | default | unit | range | meaning |",
        "|---|---|---|---|---|",
    ]
    for variable in VARIABLES:
        low = "" if variable.minimum is None else f"{variable.minimum:g}"
        high = "" if variable.maximum is None else f"{variable.maximum:g}"
        bounds = f"{low} to {high}" if low or high else ""
        default = "required" if variable.default is None else f"`{variable.default}`" if variable.default else ""
        secret = " (secret)" if variable.secret else ""
        lines.append(f"| `{variable.name}` | {default} | {variable.unit} | {bounds} | {variable.description}{secret} |")
    return "\n".join(lines) + "\n"


def from_process() -> dict[str, Any]:
    """The values of this process's own environment."""
    return load(os.environ)


def of_gpu() -> dict[str, str]:
    """What of this process's environment says where a GPU and its libraries are, for a program that is told no more."""
    names = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES")
    return {name: os.environ[name] for name in names if name in os.environ}


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
