"""The supervisor with small shell scripts in place of servers. A program that `test_supervisor.py` starts."""

import os
import secrets
import signal
import sys
from pathlib import Path

from runtime import ports, web
from runtime.process import Command
from runtime.supervisor import Supervisor
from runtime.unit import TASK, Spec


def sh(folder: Path, script: str) -> Command:
    return Command(argv=["/bin/sh", "-c", script], environment=dict(os.environ), folder=folder)


def chain(folder: Path) -> list[Spec]:
    """database <- migration <- worker; each says when it is told to stop."""

    def server(name: str, seconds: float) -> Command:
        return sh(
            folder,
            f"trap 'sleep {seconds}; echo {name} >>ends; exit 0' TERM; touch {name}.up; while :; do sleep 0.02; done",
        )

    return [
        Spec(
            name="database",
            command=lambda: server("database", 0),
            probe=(folder / "database.up").exists,
        ),
        Spec(name="migration", kind=TASK, command=lambda: sh(folder, "test -e database.up"), after=("database",)),
        Spec(
            name="worker",
            command=lambda: server("worker", 0.3),
            probe=(folder / "worker.up").exists,
            after=("migration",),
        ),
    ]


def stubborn(folder: Path) -> list[Spec]:
    """A server that ignores every request to end, with a child in a session of its own."""
    script = "trap '' TERM; setsid sh -c 'echo $$ >grandchild; exec sleep 600' & touch up; while :; do sleep 0.02; done"
    return [
        Spec(
            name="stubborn",
            command=lambda: sh(folder, script),
            probe=lambda: (folder / "up").exists() and (folder / "grandchild").exists(),
            stop=((signal.SIGTERM, 0.2),),
        )
    ]


def frail(folder: Path) -> list[Spec]:
    """A server that is ready and dies three times, then stays."""
    script = "echo . >>starts; touch up; test $(wc -l <starts) -gt 3 && exec sleep 600; sleep 0.1; exit 7"
    return [Spec(name="frail", command=lambda: sh(folder, script), probe=(folder / "up").exists)]


def hopeless(folder: Path) -> list[Spec]:
    """A server that never gets ready: it says why and dies."""
    return [
        Spec(name="healthy", command=lambda: sh(folder, "exec sleep 600")),
        Spec(name="hopeless", command=lambda: sh(folder, "echo no such table; exit 3"), probe=lambda: False, tries=2),
    ]


def silent(folder: Path) -> list[Spec]:
    """A server that runs and never answers."""
    return [
        Spec(
            name="silent",
            command=lambda: sh(folder, "exec sleep 600"),
            probe=lambda: False,
            ready_within_s=0.2,
            tries=2,
        )
    ]


def page(folder: Path) -> list[Spec]:
    """A real web server with a stand-in application."""
    listener = ports.listener(host="127.0.0.1", port=int(sys.argv[3]))
    environment = {**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{Path(__file__).parent}"}
    return [
        web.spec(
            listener=listener,
            address="",
            environment=environment,
            folder=folder,
            after=(),
            application="stand_in_page:application",
        )
    ]


def main() -> int:
    scenario, folder = globals()[sys.argv[1]], Path(sys.argv[2])
    supervisor = Supervisor(
        scenario(folder),
        instance=secrets.token_hex(6),
        log_dir=folder,
        save=lambda processes, phase: None,
        say=lambda line: print(line, flush=True),
        on_ready=lambda: print("up", flush=True),
        watched_parent=os.getppid(),
    )
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
