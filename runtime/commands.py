"""What the command line does."""

import argparse
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from runtime import environment, keys, ports, probes, procfs, stack, state
from runtime import logs as log_files
from runtime.layout import Layout
from runtime.privileges import OutOfReach
from runtime.supervisor import Supervisor
from runtime.triton import TritonMissing
from runtime.warden import Warden, clear_away

DEFAULT_PORT = 8000
# Whom `manage.py seed_demo` makes; a test holds the two together.
DEMO_USERS = (
    *("operator", "reviewer", "lead", "model_engineer", "approver", "auditor", "admin"),
    *("reviewer2", "lead2", "other (a reviewer of the second site)"),
)
# The longest orderly stop: web and workers end side by side, then the servers.
STOP_WITHIN_S = 50.0
# How long the warden of a killed supervisor may need to clear away.
CLEARED_WITHIN_S = 15.0


class CannotStart(Exception):
    """The instance cannot be started; the message says why and what to do."""


def up(layout: Layout, arguments: argparse.Namespace) -> int:
    """Start an instance and supervise it, here or (detached) in the background."""
    parts = arguments.only - arguments.without
    lock = _take_lock(layout)
    if lock is None:
        kept = state.read(layout.state_path)
        print(f"Waferdeck is already up{f' at {kept.address}' if kept.address else ''} ({layout.var_dir}).")
        return 0
    say_done = _nothing
    if arguments.detach:
        outcome, say_done = _detach(layout)
        if outcome is not None:
            return outcome
    return _supervise(layout, lock, parts=parts, host=arguments.host, port=arguments.port, say_done=say_done,
                      watch_parent=not arguments.detach)  # fmt: skip


def execute(layout: Layout, arguments: argparse.Namespace) -> int:
    """Run a program with the variables of an instance, started for it or (attached) up already."""
    program = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not program:
        raise CannotStart("exec needs a program to run: python -m runtime exec -- PROGRAM ARGS")
    if arguments.attach and state.read(layout.state_path).supervised():
        variables = _variables_of_running(layout)
        return subprocess.call(program, env=environment.for_any_process(layout) | variables)
    lock = _take_lock(layout)
    if lock is None:
        raise CannotStart(f"{layout.var_dir} is up already; use --attach, or another --var")
    return _supervise(layout, lock, parts=arguments.only - arguments.without, host="127.0.0.1", port=0,
                      scratch=arguments.scratch, command=program)  # fmt: skip


def down(layout: Layout, _: argparse.Namespace) -> int:
    """Stop an instance, whoever supervises it."""
    kept = state.read(layout.state_path)
    if kept.supervised():
        os.kill(kept.supervisor_pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        while kept.supervised() and time.monotonic() < deadline:
            time.sleep(0.05)
        if kept.supervised():
            print(f"It has not stopped within {STOP_WITHIN_S:g} s and is killed.", file=sys.stderr)
            procfs.send(kept.supervisor_pid, signal.SIGKILL)
    elif not layout.state_path.exists():
        print("Waferdeck is not up.")
        return 0
    lock = state.Lock(layout.lock_path)
    lock.take(wait_s=CLEARED_WITHIN_S)
    _clear_leftovers(layout)
    lock.release()
    print("Waferdeck is down.")
    return 0


def reload(layout: Layout, _: argparse.Namespace) -> int:
    """Tell the supervisor to replace web, worker and beat."""
    kept = state.read(layout.state_path)
    if not kept.supervised():
        print("Waferdeck is not up.", file=sys.stderr)
        return 3
    os.kill(kept.supervisor_pid, signal.SIGHUP)
    print("Reloading; `python -m runtime status` shows the new processes.")
    return 0


def status(layout: Layout, arguments: argparse.Namespace) -> int:
    """Print what runs. Says down when the supervisor is gone, whatever it wrote last."""
    kept = state.read(layout.state_path)
    if not kept.supervised():
        kept.phase, kept.supervisor_pid, kept.supervisor_started = "down", 0, 0
        for entry in kept.processes:
            if not (entry.pid and procfs.is_same(pid=entry.pid, started=entry.started)):
                entry.pid, entry.started = 0, 0
                entry.state = "stopped" if entry.kind == "service" else entry.state
    if arguments.json:
        print(json.dumps(kept.as_dict() | {"var": str(layout.var_dir)}, indent=2))
    else:
        _print_status(kept, layout)
    return 0 if kept.phase == "up" else 3


def logs(layout: Layout, arguments: argparse.Namespace) -> int:
    """Print the ends of the logs, and what is added."""
    log_files.show(layout.log_dir, names=arguments.names, lines=arguments.lines, follow=arguments.follow)
    return 0


# --- starting


def _nothing() -> None:
    pass


def _take_lock(layout: Layout) -> state.Lock | None:
    """The lock of the instance; None when a living supervisor has it."""
    lock = state.Lock(layout.lock_path)
    deadline = time.monotonic() + CLEARED_WITHIN_S
    while True:
        try:
            lock.take()
            return lock
        except state.Locked:
            # Either someone is at work, or a warden is still clearing away after somebody who was.
            kept = state.read(layout.state_path)
            if kept.supervised() and kept.phase != "stopping":
                lock.release()
                return None
            if time.monotonic() > deadline + (STOP_WITHIN_S if kept.supervised() else 0.0):
                raise CannotStart(f"{layout.lock_path} is held by a process that does not end") from None
            time.sleep(0.05)


def _detach(layout: Layout) -> tuple[int | None, Callable[[], None]]:
    """Split in two: the first returns an exit code when the second, in the background, is up or has failed."""
    layout.make()
    read_end, write_end = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(write_end)
        with os.fdopen(read_end) as told:
            lines = list(_echo(told))
        if lines and lines[-1] == "up":
            return 0, _nothing
        _, wait_status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(wait_status) or 1, _nothing
    os.close(read_end)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(write_end, 1)
    os.dup2(write_end, 2)
    os.close(write_end)

    def say_done() -> None:
        print("up", flush=True)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)

    return None, say_done


def _echo(told: Iterable[str]) -> Iterator[str]:
    """Print every line but the last word, and pass all of them on."""
    for line in told:
        text = line.rstrip("\n")
        if text != "up":
            print(text, flush=True)
        yield text


def _supervise(
    layout: Layout,
    lock: state.Lock,
    *,
    parts: set[str],
    host: str,
    port: int,
    scratch: bool = False,
    command: list[str] | None = None,
    say_done: Callable[[], None] = _nothing,
    watch_parent: bool = True,
) -> int:
    began = time.monotonic()
    layout.make()
    kept = state.read(layout.state_path)
    _clear_leftovers(layout)
    instance = secrets.token_hex(6)
    now = state.State(
        instance=instance,
        boot=procfs.boot_id(),
        supervisor_pid=os.getpid(),
        supervisor_started=procfs.started_ticks(os.getpid()) or 0,
        phase="starting",
        since=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        ports=kept.ports,
    )
    state.write(layout.state_path, now)
    # Before the web server's socket is opened, which the warden must not keep open.
    warden = Warden(state_path=layout.state_path)
    say = _reporter(layout.log_path("supervisor"), began=began, quiet=command is not None)
    try:
        listener = _web_listener(host=host, port=port, remembered=kept.ports) if "web" in parts else None
        built = stack.build(
            layout=layout,
            keys=keys.load_or_make(layout.keys_path),
            instance=instance,
            parts=parts,
            server_ports=stack.choose_ports(parts=parts, remembered=kept.ports),
            listener=listener,
            scratch=scratch,
            command=command or (),
        )
    except (TritonMissing, OutOfReach, FileNotFoundError, ports.PortTaken) as fault:
        now.phase = "down"
        state.write(layout.state_path, now)
        warden.dismiss()
        raise CannotStart(str(fault)) from fault
    now.address = built.address
    now.ports = built.ports | ({"web": listener.getsockname()[1]} if listener else {})

    def save(processes: list[state.ProcessState], phase: str) -> None:
        now.processes, now.phase = processes, phase
        state.write(layout.state_path, now)

    def on_ready() -> None:
        if command is None:
            ends_with = "Ctrl-C stops it." if watch_parent else "`python -m runtime down` stops it."
            _announce(built, parts=parts, say=say, ends_with=ends_with)
        say_done()

    # Started with nohup, we are meant to outlive who started us.
    parent = os.getppid() if watch_parent and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else None
    supervisor = Supervisor(
        built.specs,
        instance=instance,
        log_dir=layout.log_dir,
        save=save,
        say=say,
        on_ready=on_ready,
        watched_parent=parent,
    )
    exit_code = supervisor.run()
    if listener is not None:
        listener.close()
    warden.dismiss()
    clear_away(now)
    lock.release()
    return exit_code


def _clear_leftovers(layout: Layout) -> None:
    """End what an earlier supervisor of this folder has left running."""
    kept = state.read(layout.state_path)
    if kept.instance:
        clear_away(kept)
        if kept.phase != "down":
            kept.phase = "down"
            state.write(layout.state_path, kept)


def _web_listener(*, host: str, port: int, remembered: dict[str, int]) -> socket.socket:
    """The web server's socket: on the port asked for, else on the last one, else on the first free from 8000."""
    if port:
        try:
            return ports.listener(host=host, port=port)
        except ports.PortTaken as fault:
            raise ports.PortTaken(f"{fault}; choose another with PORT=… (make run) or --port") from fault
    wanted = remembered.get("web", DEFAULT_PORT)
    for candidate in (wanted, *range(DEFAULT_PORT, DEFAULT_PORT + 100)):
        try:
            return ports.listener(host=host, port=candidate)
        except ports.PortTaken:
            continue
    raise ports.PortTaken(f"no free port from {DEFAULT_PORT} to {DEFAULT_PORT + 99} on {host}")


def _reporter(path: Path, *, began: float, quiet: bool) -> Callable[[str], None]:
    """Lines for people: into the supervisor's log with the time of day, and to the terminal with the time it took."""

    def say(line: str) -> None:
        with path.open("a") as file:
            file.write(f"{datetime.now(tz=UTC).isoformat(timespec='milliseconds')} {line}\n")
        # While a program of the user's is in the foreground, the terminal is its own.
        # A reader that went away (`make run | head`) is no reason to stop.
        with contextlib.suppress(OSError):
            print(f"[{time.monotonic() - began:6.1f} s] {line}", flush=True, file=sys.stderr if quiet else sys.stdout)

    return say


def _announce(built: stack.Stack, *, parts: set[str], say: Callable[[str], None], ends_with: str) -> None:
    """Say that everything is up, where, and who may log in."""
    if not built.address:
        say("everything is up")
        return
    say("readyz says yes" if _readyz(built.address) else f"up, but not yet ready for work: {built.address}/readyz")
    lines = ["", f"Waferdeck is up: {built.address}"]
    if "seed" in parts:
        chosen = os.environ.get("WAFERDECK_DEMO_PASSWORD")
        lines.append(f"Demo users: {', '.join(DEMO_USERS)}")
        lines.append(f"Password of each: {'what WAFERDECK_DEMO_PASSWORD says' if chosen else 'demo'}")
    lines += [ends_with, ""]
    with contextlib.suppress(OSError):
        print("\n".join(lines), flush=True)


def _readyz(address: str) -> bool:
    host, _, port = address.removeprefix("http://").rpartition(":")
    deadline = time.monotonic() + 5.0
    while not probes.http_ok(host=host, port=int(port), path="/readyz", timeout_s=2.0):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _variables_of_running(layout: Layout) -> dict[str, str]:
    kept = state.read(layout.state_path)
    running = {entry.name for entry in kept.processes if entry.kind == "service" and entry.pid}
    return environment.for_django(
        layout=layout,
        keys=keys.load_or_make(layout.keys_path),
        ports=kept.ports,
        servers=running & set(stack.SERVERS),
    )


def _print_status(kept: state.State, layout: Layout) -> None:
    place = f" at {kept.address}" if kept.address and kept.phase == "up" else ""
    print(f"Waferdeck is {kept.phase}{place} ({layout.var_dir})")
    rows = [("NAME", "STATE", "PID", "ADDRESS", "PORTS", "RESTARTS", "SINCE", "LAST EXIT")]
    for entry in kept.processes:
        shown = ", ".join(f"{name} {number}" for name, number in entry.ports.items())
        rows.append((entry.name, entry.state, str(entry.pid or ""), entry.address, shown, str(entry.restarts),
                     entry.since[:19], entry.last_exit))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
