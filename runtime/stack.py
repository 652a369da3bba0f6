"""Which units make up an instance, in the order they depend on each other."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runtime import environment, ports, web, worker
from runtime.keys import Keys
from runtime.layout import PROJECT_DIR, Layout
from runtime.once import Once, page_files
from runtime.postgres import Postgres
from runtime.process import Command
from runtime.redis import Redis
from runtime.supervisor import COMMAND
from runtime.triton import Triton
from runtime.unit import TASK, Spec

SERVERS = ("postgres", "redis", "triton")
PARTS = (*SERVERS, "migrate", "seed", "web", "worker", "trainer", "beat", "lot")
PORTS = {
    "postgres": ("postgres",),
    "redis": ("redis",),
    "triton": ("triton_grpc", "triton_http", "triton_metrics"),
    "worker": ("worker_metrics",),
}


@dataclass(frozen=True)
class Stack:
    """What to run, ready to be supervised."""

    specs: list[Spec]
    ports: dict[str, int]
    address: str
    django: dict[str, str]
    listener: socket.socket | None


def choose_ports(*, parts: Collection[str], remembered: dict[str, int]) -> dict[str, int]:
    """Ports of those among `parts` that listen, but the web server's. What is not started keeps the port it had."""
    names = [name for part, of_part in PORTS.items() if part in parts for name in of_part]
    return remembered | ports.choose(names, remembered=remembered)


def build(
    *,
    layout: Layout,
    keys: Keys,
    instance: str,
    parts: Collection[str],
    server_ports: dict[str, int],
    listener: socket.socket | None,
    scratch: bool = False,
    command: Sequence[str] = (),
) -> Stack:
    """Put an instance together.

    Args:
        instance: names this run of it.
        parts: which of PARTS to run.
        server_ports: from `choose_ports`.
        listener: the web server's socket, when `web` is among the parts.
        scratch: start with empty Redis and model repository, and trade durability for speed; for tests.
        command: a program to run in the foreground once everything else is up; its end is the end of all.

    Raises:
        TritonMissing, OutOfReach, FileNotFoundError: a server cannot be started here; the message says why.
    """
    bound = dict(server_ports)
    address = ""
    if listener is not None:
        host, port = listener.getsockname()[:2]
        bound["web"] = port
        address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    django = environment.for_django(layout=layout, keys=keys, ports=bound, servers=set(parts) & set(SERVERS))
    whole = environment.for_any_process(layout) | django

    fingerprint: Callable[[], str] = _of_a_database_elsewhere
    specs: list[Spec] = []
    if "redis" in parts:
        specs.append(Redis(layout=layout, keys=keys, port=bound["redis"], scratch=scratch).spec())
    if "triton" in parts:
        specs.append(Triton(layout=layout, ports=bound, instance=instance, scratch=scratch).spec())
    if "postgres" in parts:
        postgres = Postgres(layout=layout, keys=keys, port=bound["postgres"], scratch=scratch)
        fingerprint = postgres.fingerprint
        specs += postgres.specs()
    # Salted with a secret: the digest is readable by others, the password is not.
    also = f"{keys.django}\0{os.environ.get('WAFERDECK_DEMO_PASSWORD', '')}"
    once = Once(layout.done_path, database=fingerprint, also=also)
    specs += _product(
        parts=parts,
        layout=layout,
        variables=whole,
        bound=bound,
        listener=listener,
        address=address,
        once=once,
        servers=tuple(spec.name for spec in specs),
    )
    if command:
        specs.append(_foreground(command, whole, after=tuple(spec.name for spec in specs)))
    return Stack(specs=specs, ports=server_ports, address=address, django=django, listener=listener)


def _of_a_database_elsewhere() -> str:
    """It is not asked what it has: migrations and demo data look for themselves every time."""
    return ""


def _product(
    *,
    parts: Collection[str],
    layout: Layout,
    variables: dict[str, str],
    bound: Mapping[str, int],
    listener: socket.socket | None,
    address: str,
    once: Once,
    servers: tuple[str, ...],
) -> list[Spec]:
    """Waferdeck's own units. All need every server: what runs is finished on stopping, and needs them until then."""
    specs: list[Spec] = []

    def after(*names: str) -> tuple[str, ...]:
        present = {spec.name for spec in specs}
        return (*servers, *(name for name in names if name in present))

    if "migrate" in parts:
        specs.append(_manage("migrate", variables, "migrate", "--no-input", once=once, after=servers))
    if "web" in parts and listener is not None:
        specs.append(_static(layout, variables))
        working = after("migrate", "static")
        specs.append(
            web.spec(listener=listener, address=address, environment=variables, folder=PROJECT_DIR, after=working)
        )
    if "worker" in parts:
        specs.append(
            worker.worker_spec(
                environment=variables,
                folder=PROJECT_DIR,
                ports={"metrics": bound["worker_metrics"]},
                after=after("migrate"),
            )
        )
    # The rest after those who do the work, which so have the machine to themselves while they start.
    working = after("migrate", "web", "worker")
    if "beat" in parts:
        beat = worker.beat_spec(environment=variables, folder=PROJECT_DIR, schedule=layout.beat_path, after=working)
        specs.append(beat)
    if "trainer" in parts:
        alone = {name: value for name, value in variables.items() if name != "WORKER_METRICS_ADDRESS"}
        specs.append(worker.trainer_spec(environment=alone, folder=PROJECT_DIR, after=working))
    if "seed" in parts:
        specs.append(_manage("seed", variables, "seed_demo", once=once, after=working))
    if "lot" in parts:
        fed = (*working, *after("seed", "beat"))
        specs.append(_manage("lot", variables, "run_demo_lot", once=once, after=fed, background=True))
        specs.append(_manage("past", variables, "run_demo_past", once=once, after=(*fed, "lot"), background=True))
    return specs


def _static(layout: Layout, variables: dict[str, str]) -> Spec:
    """Collects what pages are served, beside the servers while they start; needs none of them."""
    once = Once(layout.done_path, database=lambda: "none", watched=page_files)
    spec = _manage("static", variables, "collectstatic", "--no-input", "--clear", once=once, after=())
    manifest = layout.static_dir / "staticfiles.json"
    return replace(spec, needed=lambda: not manifest.exists() or once.is_due("static"))


def _manage(
    name: str,
    variables: dict[str, str],
    *arguments: str,
    once: Once,
    after: tuple[str, ...],
    background: bool = False,
) -> Spec:
    argv = (sys.executable, str(PROJECT_DIR / "manage.py"), *arguments)
    return Spec(
        name=name,
        kind=TASK,
        command=lambda: Command(argv=argv, environment=variables, folder=PROJECT_DIR),
        needed=lambda: once.is_due(name),
        finish=lambda: once.done(name),
        after=after,
        background=background,
    )


def _foreground(argv: Sequence[str], variables: dict[str, str], *, after: tuple[str, ...]) -> Spec:
    def command() -> Command:
        return Command(
            argv=argv, environment=variables, folder=Path.cwd(), death_signal=signal.SIGTERM, foreground=True
        )

    return Spec(name=COMMAND, kind=TASK, command=command, after=after, stop=((signal.SIGTERM, 20.0),))
