"""The supervisor's rules, tried on scripts that die, linger and refuse on purpose."""

import http.client
import signal
import socket
import subprocess
import threading
import time

import pytest

from runtime import ports, procfs

pytestmark = pytest.mark.runtime


def read_until(program: "subprocess.Popen[str]", text: str) -> list[str]:
    lines = []
    for line in program.stdout:
        lines.append(line.rstrip())
        if text in line:
            return lines
    raise AssertionError(f"ended without saying {text!r}: {lines}")


def answer_of(port: int, *, seconds: float = 0.0) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", f"/?seconds={seconds}")
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()
    finally:
        connection.close()


class TestOrder:
    def test_starts_what_others_need_first_and_stops_it_last(self, stand_in, tmp_path):
        program = stand_in("chain")
        told = read_until(program, "up")

        program.send_signal(signal.SIGTERM)
        program.wait(10)

        assert [line.split()[0] for line in told] == ["database", "migration", "worker", "up"]
        assert (tmp_path / "ends").read_text().split() == ["worker", "database"]
        assert program.returncode == 0

    def test_ctrl_c_stops_in_order_too(self, stand_in, tmp_path):
        program = stand_in("chain")
        read_until(program, "up")

        program.send_signal(signal.SIGINT)

        assert program.wait(10) == 0
        assert (tmp_path / "ends").read_text().split() == ["worker", "database"]


class TestEnding:
    def test_kills_what_does_not_listen_and_what_it_has_left_behind(self, stand_in, tmp_path, until):
        program = stand_in("stubborn")
        read_until(program, "up")
        grandchild = int((tmp_path / "grandchild").read_text())
        assert procfs.started_ticks(grandchild)

        program.send_signal(signal.SIGTERM)

        assert program.wait(10) == 0
        until(lambda: procfs.started_ticks(grandchild) is None, within_s=2)

    def test_a_second_signal_does_not_wait(self, stand_in, tmp_path):
        program = stand_in("chain")
        read_until(program, "up")
        began = time.monotonic()

        program.send_signal(signal.SIGTERM)
        read_until(program, "stopping")
        program.send_signal(signal.SIGTERM)

        assert program.wait(10) == 0
        assert time.monotonic() - began < 2


class TestRestarts:
    def test_restarts_with_growing_pauses_and_counts(self, stand_in, tmp_path, until):
        program = stand_in("frail")
        told = read_until(program, "restart 3")

        until(lambda: len((tmp_path / "starts").read_text().split()) == 4)
        pauses = [line.rpartition(" in ")[2] for line in told if "restart" in line]
        assert pauses == ["0.2 s", "0.5 s", "1.0 s"]
        assert "exit 7" in told[-1]

    def test_gives_up_on_what_never_comes_up_and_shows_its_last_words(self, stand_in):
        program = stand_in("hopeless")
        told = program.communicate(timeout=20)[0]

        assert program.returncode == 1
        assert "hopeless cannot be brought up (exit 3)" in told
        assert "no such table" in told
        assert "healthy has stopped" in told

    def test_does_not_wait_forever_for_an_answer(self, stand_in):
        program = stand_in("silent")
        told = program.communicate(timeout=20)[0]

        assert program.returncode == 1
        assert "silent cannot be brought up (not ready within 0.2 s)" in told


class TestReload:
    def test_no_request_fails_while_the_web_server_is_replaced(self, stand_in, until):
        port = ports.choose(["web"], remembered={})["web"]
        program = stand_in("page", str(port))
        read_until(program, "up")
        answers: list[str] = []
        failures: list[Exception] = []
        stop = threading.Event()

        def ask(seconds: float) -> None:
            while not stop.is_set():
                try:
                    answers.append(answer_of(port, seconds=seconds))
                except Exception as fault:
                    failures.append(fault)

        first = answer_of(port)
        clients = [threading.Thread(target=ask, args=(seconds,)) for seconds in (0.0, 0.02, 0.5)]
        for client in clients:
            client.start()
        program.send_signal(signal.SIGHUP)
        until(lambda: len(set(answers)) == 2, what="answers of the new server")
        until(lambda: procfs.started_ticks(int(first)) is None, what="the old server's end")
        time.sleep(0.1)
        stop.set()
        for client in clients:
            client.join(15)

        assert failures == []
        assert len(answers) > 20
        assert answer_of(port) != first

    def test_every_request_on_its_way_is_answered_before_the_web_server_stops(self, stand_in):
        port = ports.choose(["web"], remembered={})["web"]
        program = stand_in("page", str(port))
        read_until(program, "up")
        answers: list[str] = []
        lines = []
        for seconds in (0.0, 0.3, 0.6, 0.9, 1.2) * 4:
            lines.append(line := socket.create_connection(("127.0.0.1", port), timeout=15))
            line.sendall(f"GET /?seconds={seconds} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

        program.send_signal(signal.SIGTERM)
        for line in lines:
            with line, line.makefile("rb") as heard:
                answers.append(heard.readline().decode().strip())

        assert set(answers) == {"HTTP/1.1 200 OK"}
        assert len(answers) == 20
        assert program.wait(15) == 0

    def test_code_that_cannot_answer_does_not_replace_code_that_can(self, stand_in, tmp_path, until):
        port = ports.choose(["web"], remembered={})["web"]
        program = stand_in("page", str(port))
        read_until(program, "up")
        first = answer_of(port)

        (tmp_path / "broken").touch()
        program.send_signal(signal.SIGHUP)
        until(lambda: "this code is not served" in (tmp_path / "web.log").read_text())
        (tmp_path / "broken").unlink()

        assert answer_of(port) == first
        program.send_signal(signal.SIGHUP)
        until(lambda: answer_of(port) != first, what="the next reload")

    def test_connections_wait_while_a_killed_web_server_is_restarted(self, stand_in):
        port = ports.choose(["web"], remembered={})["web"]
        program = stand_in("page", str(port))
        read_until(program, "up")
        first = answer_of(port)

        procfs.send(int(first), signal.SIGKILL)

        assert answer_of(port) != first
