"""The life of an instance, with the real servers, which are killed."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from runtime import procfs
from runtime.keys import load_or_make

pytestmark = [pytest.mark.runtime, pytest.mark.timeout(120)]

SERVERS = "postgres,redis,triton"


def variables(instance):
    """What a program started with the instance's variables sees."""
    answer = instance.run(
        "exec", "--attach", sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"
    )
    return json.loads(answer.stdout)


def _open_to_others(folder):
    """What other users of the machine can list or read below `folder`; they may pass through it."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o066:
        yield folder
    for entry in folder.iterdir() if mode & 0o011 else ():
        if entry.is_dir():
            yield from _open_to_others(entry)
        elif stat.S_IMODE(entry.stat().st_mode) & 0o066:
            yield entry


class TestUp:
    def test_starts_the_servers_says_where_and_stops_them(self, kept_instance, port_is_open):
        told = kept_instance.up(SERVERS)
        status = kept_instance.status()
        processes = {entry["name"]: entry for entry in status["processes"] if entry["kind"] == "service"}
        numbers = [port for entry in processes.values() for port in entry["ports"].values()]

        assert "postgres is ready" in told.stdout
        assert set(processes) == {"postgres", "redis", "triton"}
        for entry in processes.values():
            assert entry["state"] == "ready"
            assert entry["pid"] > 0
            assert entry["address"]
            assert entry["restarts"] == 0
        assert set(processes["triton"]["ports"]) == {"grpc", "http", "metrics"}
        assert all(port_is_open(number) for number in numbers)

        down = kept_instance.run("down")

        assert down.returncode == 0
        assert kept_instance.alive() == []
        assert not any(port_is_open(number) for number in numbers)
        assert kept_instance.status()["phase"] == "down"
        assert kept_instance.run("status").returncode == 3

    def test_a_second_up_says_so_and_changes_nothing(self, instance):
        instance.up("redis")
        before = instance.process("redis")

        again = instance.run("up", "--only", "redis")

        assert again.returncode == 0
        assert "already up" in again.stdout
        assert instance.process("redis") == before

    def test_keeps_its_ports_from_one_start_to_the_next(self, instance):
        instance.up("redis")
        first = instance.process("redis")["ports"]
        instance.run("down")
        instance.up("redis")

        assert instance.process("redis")["ports"] == first

    def test_takes_another_port_when_the_old_one_is_gone(self, instance):
        instance.up("redis")
        first = instance.process("redis")["ports"]["redis"]
        instance.run("down")
        with socket.create_server(("127.0.0.1", first)):
            instance.up("redis")

        assert instance.process("redis")["ports"]["redis"] != first

    def test_says_when_the_web_port_is_taken(self, instance):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            answer = instance.run("up", "--only", "web", "--port", str(port))

        assert answer.returncode == 1
        assert f"127.0.0.1:{port}" in answer.stderr
        assert "PORT=" in answer.stderr

    def test_two_instances_live_side_by_side(self, make_instance):
        one, other = make_instance("one"), make_instance("other")
        one.up("redis")
        other.up("redis")
        ports = {each.process("redis")["ports"]["redis"] for each in (one, other)}
        one.run("down")

        assert len(ports) == 2
        assert other.process("redis")["state"] == "ready"


class TestDeath:
    def test_a_killed_server_comes_back_with_its_data_and_is_counted(self, instance, until):
        instance.up("redis")
        first = instance.process("redis")
        with redis.Redis.from_url(variables(instance)["REDIS_URL"]) as client:
            client.set("kept", "yes")
            # What has left its buffer is the kernel's, and outlives the process.
            until(lambda: client.info("persistence")["aof_buffer_length"] == 0)

        os.kill(first["pid"], signal.SIGKILL)
        until(lambda: instance.process("redis")["restarts"] == 1 and instance.process("redis")["state"] == "ready")

        second = instance.process("redis")
        with redis.Redis.from_url(variables(instance)["REDIS_URL"]) as client:
            kept = client.get("kept")
        assert second["pid"] != first["pid"]
        assert second["ports"] == first["ports"]
        assert second["last_exit"] == "killed by SIGKILL"
        assert kept == b"yes"

    def test_a_killed_supervisor_leaves_nothing_and_a_new_one_finds_everything(
        self, kept_instance, until, port_is_open
    ):
        kept_instance.up(SERVERS)
        seen = variables(kept_instance)
        with psycopg.connect(seen["DATABASE_MIGRATION_URL"]) as connection:
            connection.execute("create table if not exists kept as select 42 as answer")
        status = kept_instance.status()
        numbers = [port for entry in status["processes"] for port in entry["ports"].values()]
        kept_instance.note()
        assert len(kept_instance.alive()) >= 4

        os.kill(status["supervisor_pid"], signal.SIGKILL)

        until(lambda: kept_instance.alive() == [], what="the end of every process")
        assert not any(port_is_open(number) for number in numbers)
        assert kept_instance.status()["phase"] == "down"
        kept_instance.up(SERVERS)
        with psycopg.connect(variables(kept_instance)["DATABASE_URL"]) as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)

    def test_starts_again_after_everything_was_killed_at_once(self, kept_instance, until):
        kept_instance.up(SERVERS)
        kept_instance.note()
        supervisor = kept_instance.state["supervisor_pid"]
        warden = [pid for pid in procfs.pids() if supervisor in procfs.ancestry(pid)]

        for pid in {supervisor, *warden, *kept_instance.alive()}:
            procfs.send(pid, signal.SIGKILL)
        until(lambda: kept_instance.alive() == [])
        assert (kept_instance.var_dir / "postgres" / "data" / "postmaster.pid").exists()

        kept_instance.up(SERVERS)
        assert kept_instance.process("postgres")["state"] == "ready"

    def test_does_not_touch_a_stranger_who_was_given_an_old_pid(self, instance):
        stranger = subprocess.Popen(["sleep", "600"])
        try:
            instance.var_dir.mkdir()
            forged = {
                "instance": "0123456789ab",
                "boot": procfs.boot_id(),
                "phase": "up",
                "supervisor_pid": stranger.pid,
                "supervisor_started": 1,
                "processes": [
                    {"name": "redis", "kind": "service", "state": "ready", "pid": stranger.pid, "started": 1}
                ],
            }
            (instance.var_dir / "state.json").write_text(json.dumps(forged))

            instance.up("redis")
            instance.run("down")

            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_ends_with_the_process_that_started_it(self, instance, until):
        shell = subprocess.Popen(["/bin/sh", "-c", '"$@" & wait', "sh", *instance.argv("up", "--only", "redis")])
        until(lambda: instance.state["phase"] == "up")
        instance.note()

        shell.kill()
        shell.wait()

        until(lambda: instance.alive() == [], what="the end of every process")

    def test_ctrl_c_stops_everything(self, instance, until):
        program = instance.start("up", "--only", "redis")
        until(lambda: instance.state["phase"] == "up")
        instance.note()

        program.send_signal(signal.SIGINT)

        assert program.wait(10) == 0
        assert instance.alive() == []


class TestExec:
    def test_runs_a_program_with_the_variables_and_stops_the_servers(self, instance):
        script = "import os, sys; print(os.environ['REDIS_URL'][:9]); sys.exit(5)"
        answer = instance.run("exec", "--scratch", "--only", "redis", sys.executable, "-c", script)

        assert answer.returncode == 5
        assert answer.stdout.strip() == "redis://:"
        assert instance.status()["phase"] == "down"
        assert instance.alive() == []

    def test_ends_what_the_program_has_left_behind(self, instance, until):
        answer = instance.run("exec", "--only", "redis", "sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!")
        left = int(answer.stdout)

        until(lambda: procfs.started_ticks(left) is None, within_s=2)

    def test_the_two_roles_may_do_what_they_are_for(self, kept_instance):
        kept_instance.up(SERVERS)
        seen = variables(kept_instance)
        with psycopg.connect(seen["DATABASE_MIGRATION_URL"], autocommit=True) as owner:
            owner.execute("create database test_of_owner")
            owner.execute("create table things (id int, place vector(2))")
            owner.execute("drop database test_of_owner")
        with psycopg.connect(seen["DATABASE_URL"], autocommit=True) as app:
            app.execute("insert into things values (1, '[1,2]')")
            assert app.execute("show data_checksums").fetchone() == ("on",)
            assert app.execute("show synchronous_commit").fetchone() == ("on",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("create table more (id int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("drop table things")


class TestSecrets:
    def test_no_secret_is_readable_by_others_or_shown(self, kept_instance):
        kept_instance.up(SERVERS)
        keys = load_or_make(kept_instance.var_dir / "keys.json")
        secrets = list(vars(keys).values())
        shown = kept_instance.run("status", "--json").stdout + kept_instance.run("status").stdout
        shown += kept_instance.run("logs", "-n", "1000").stdout
        shown += "".join(path.read_text() for path in (kept_instance.var_dir / "log").iterdir())
        for entry in kept_instance.status()["processes"]:
            if entry["pid"]:
                shown += Path(f"/proc/{entry['pid']}/cmdline").read_text()

        assert stat.S_IMODE((kept_instance.var_dir / "keys.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((kept_instance.var_dir / "redis" / "redis.conf").stat().st_mode) == 0o600
        assert not [secret for secret in secrets if secret in shown]

    def test_nothing_an_instance_keeps_can_be_read_by_others(self, kept_instance):
        kept_instance.up(SERVERS)

        assert list(_open_to_others(kept_instance.var_dir)) == []

    def test_they_are_made_once(self, tmp_path):
        first = load_or_make(tmp_path / "keys.json")

        assert vars(load_or_make(tmp_path / "keys.json")) == vars(first)
        assert len(set(vars(first).values())) == 5
        assert all(len(value) >= 50 for value in vars(first).values())
