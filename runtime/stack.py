"""Which units make up an instance, in the order they depend on each other."""

import os
import signal
import socket
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime import environment, ports, web, worker
from runtime.keys import Keys
from runtime.layout import PROJECT_DIR, Layout
from runtime.once import Once
from runtime.postgres import Postgres
from runtime.process import Command
from runtime.redis import Redis
from runtime.supervisor import COMMAND
from runtime.triton import Triton
from runtime.unit import TASK, Spec

SERVERS = ("postgres", "redis", "triton")
PARTS = (*SERVERS, "migrate", "seed", "web", "worker", "beat", "lot")
SERVER_PORTS = {
    "postgres": ("postgres",),
    "redis": ("redis",),
    "triton": ("triton_grpc", "triton_http", "triton_metrics"),
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
    """Ports of the embedded servers among `parts`. What is not started keeps the port it had."""
    names = [name for part in SERVERS if part in parts for name in SERVER_PORTS[part]]
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

    specs: list[Spec] = []
    if "redis" in parts:
        specs.append(Redis(layout=layout, keys=keys, port=bound["redis"], scratch=scratch).spec())
    if "triton" in parts:
        specs.append(Triton(layout=layout, ports=bound, instance=instance, scratch=scratch).spec())
    # A database elsewhere is not asked what it has: migrations and demo data look for themselves every time.
    once = Once(layout.done_path, database=lambda: "")
    if "postgres" in parts:
        postgres = Postgres(layout=layout, keys=keys, port=bound["postgres"], scratch=scratch)
        # Salted with a secret: the digest is readable by others, the password is not.
        also = f"{keys.django}\0{os.environ.get('WAFERDECK_DEMO_PASSWORD', '')}"
        once = Once(layout.done_path, database=postgres.fingerprint, also=also)
        specs += postgres.specs()
    present = {spec.name for spec in specs}

    def after(*names: str) -> tuple[str, ...]:
        return tuple(name for name in names if name in present)

    def add(spec: Spec) -> None:
        specs.append(spec)
        present.add(spec.name)

    # What runs is finished on stopping, and for that every server has to outlive those who use it.
    servers = after("roles", "redis", "triton")
    if "migrate" in parts:
        add(_manage("migrate", whole, "migrate", "--no-input", "--verbosity", "1", once=once, after=after("roles")))
    ready = (*servers, *after("migrate"))
    if "web" in parts and listener is not None:
        add(web.spec(listener=listener, address=address, environment=whole, folder=PROJECT_DIR, after=ready))
    if "worker" in parts:
        add(worker.worker_spec(environment=whole, folder=PROJECT_DIR, after=ready))
    # After those who do the work, which so have the machine to themselves while they start.
    ready = (*ready, *after("web", "worker"))
    if "beat" in parts:
        add(worker.beat_spec(environment=whole, folder=PROJECT_DIR, schedule=layout.beat_path, after=ready))
    if "seed" in parts:
        add(_manage("seed", whole, "seed_demo", once=once, after=ready))
    if "lot" in parts:
        ready = (*ready, *after("seed", "beat"))
        add(_manage("lot", whole, "run_demo_lot", once=once, after=ready, background=True))
    if command:
        add(_foreground(command, whole, after=tuple(present)))
    return Stack(specs=specs, ports=server_ports, address=address, django=django, listener=listener)


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
