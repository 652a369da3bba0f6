"""Parts are away or hang: every answer is honest, none is late, and all is well by itself afterwards."""

import contextlib
import json
import os
import signal
import time

import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.live_stack import eventually

pytestmark = [pytest.mark.stack]
LATEST_ANSWER_S = 6.0


def timed(session, address, **options):
    started_s = time.monotonic()
    answer = session.get(address, timeout=30, **options)
    return answer, time.monotonic() - started_s


def ready(stack):
    answer = requests.get(f"{stack.address}/readyz", timeout=10)
    return answer.status_code, answer.json()


def named(stack, component):
    """What readyz says of one component."""
    return ready(stack)[1]["components"][component]["state"]


def is_ready(stack):
    return ready(stack)[0] == 200


@contextlib.contextmanager
def frozen(stack, name):
    """A server whose processes stand still: its lines stay open, and nothing comes."""
    parent = psutil.Process(stack.process(name)["pid"])
    family = [parent, *parent.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)


class TestTheDatabase:
    def test_that_is_killed_is_said_to_be_away_and_used_again_when_it_is_back(self, live_stack):
        session = live_stack.session()
        assert session.get(f"{live_stack.api}/lots/", timeout=10).status_code == 200

        before = live_stack.kill("postgres")
        answers = [timed(session, f"{live_stack.api}/lots/") for _ in range(5)]

        assert 503 in {answer.status_code for answer, _ in answers}
        for answer, took_s in answers:
            assert answer.status_code in (200, 503), answer.text
            assert took_s < LATEST_ANSWER_S
            if answer.status_code == 503:
                assert answer.json()["code"] == "unavailable"
                assert int(answer.headers["Retry-After"]) > 0
        live_stack.wait_for_restart(before)
        eventually(
            lambda: session.get(f"{live_stack.api}/lots/", timeout=10).status_code == 200, within_s=30, what="the lots"
        )

    def test_that_hangs_keeps_nobody_waiting(self, live_stack):
        session = live_stack.session()
        pages = requests.Session()
        with frozen(live_stack, "postgres"):
            alive, alive_s = timed(pages, f"{live_stack.address}/healthz")
            answer, took_s = timed(session, f"{live_stack.api}/lots/")
            page, page_s = timed(pages, f"{live_stack.address}/", cookies={"sessionid": "x" * 32})
            status, seen = ready(live_stack)
            code = self.close_code_of_a_new_socket(live_stack, session)

        assert code == 1013
        assert (alive.status_code, answer.status_code, page.status_code, status) == (200, 503, 503, 503)
        assert max(alive_s, took_s, page_s) < LATEST_ANSWER_S
        assert int(answer.headers["Retry-After"]) > 0
        assert seen["state"] == "down"
        assert seen["components"]["postgres"]["state"] == "down"
        assert seen["components"]["redis"]["state"] == "ok"
        eventually(lambda: is_ready(live_stack), within_s=30, what="readyz")
        eventually(
            lambda: session.get(f"{live_stack.api}/lots/", timeout=10).status_code == 200, within_s=30, what="the lots"
        )

    @staticmethod
    def close_code_of_a_new_socket(stack, session):
        address = stack.address.replace("http", "ws") + "/ws/live/"
        headers = {"Authorization": session.headers["Authorization"]}
        with connect(address, additional_headers=headers, origin=None) as socket:
            try:
                # At once, or at the next look at the account when it was known from a moment ago.
                while True:
                    socket.recv(timeout=30)
            except ConnectionClosed as end:
                return end.rcvd.code


class TestRedis:
    def test_that_hangs_leaves_reads_as_fast_as_ever_and_pages_are_told(self, live_stack):
        session = live_stack.session()
        address = live_stack.address.replace("http", "ws") + "/ws/live/"
        with connect(
            address, additional_headers={"Authorization": session.headers["Authorization"]}, origin=None
        ) as socket:
            assert json.loads(socket.recv(timeout=10))["data"] == {"live": True}
            with frozen(live_stack, "redis"):
                answer, took_s = timed(session, f"{live_stack.api}/lots/")
                eventually(lambda: named(live_stack, "redis") == "down", within_s=5, what="readyz to name Redis")
                status = ready(live_stack)[0]
                told = self.heard(socket, "hub.down", within_s=20)

            assert answer.status_code == 200
            assert took_s < 2
            assert status == 200
            assert told
            assert self.heard(socket, "gap", within_s=30)

    @staticmethod
    def heard(socket, type, *, within_s):
        deadline_s = time.monotonic() + within_s
        with contextlib.suppress(TimeoutError, ConnectionClosed):
            while time.monotonic() < deadline_s:
                if json.loads(socket.recv(timeout=deadline_s - time.monotonic()))["type"] == type:
                    return True
        return False


class TestTriton:
    def test_that_hangs_is_named_and_does_not_stop_work_from_being_accepted(self, live_stack):
        session = live_stack.session()
        with frozen(live_stack, "triton"):
            eventually(
                lambda: ready(live_stack)[1]["components"]["triton"]["state"] == "down", within_s=5, what="readyz"
            )
            status, seen = ready(live_stack)
            system = session.get(f"{live_stack.api}/system/", timeout=10).json()

        assert (status, seen["state"]) == (200, "degraded")
        assert system["state"] == "degraded"
        assert "runs wait" in system["banner"]
        eventually(lambda: ready(live_stack)[1]["state"] == "ok", within_s=60, what="Triton")
