"""What is too much is refused at once, and everybody else is still served."""

import contextlib
import json
import re
import socket as sockets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.functional.test_live_inference import NOW, seed
from tests.live_stack import PASSWORD, eventually, wafer_png

PLACES = 4
"""At work at the same time: the default of PREDICT_CONCURRENCY."""

pytestmark = [pytest.mark.stack]


@pytest.fixture(scope="module")
def operator(live_stack):
    return live_stack.session("operator")


@pytest.fixture
def page_session(live_stack):
    """Somebody who signed in on the page: a cookie and no token."""
    session = requests.Session()
    session.get(f"{live_stack.address}/login/", timeout=30)
    form = {"username": "operator", "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(f"{live_stack.address}/login/", data=form, timeout=30).raise_for_status()
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    return session


def raw(stack, head, *, body=b"", pieces=0, within_s=10):
    """Bytes to the server and its answer."""
    place = urlsplit(stack.address)
    with sockets.create_connection((place.hostname, place.port), timeout=within_s) as line:
        line.sendall(head.encode() + body)
        for _ in range(pieces):
            try:
                line.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except OSError:
                break
        line.settimeout(within_s)
        return _whole_answer(line).decode("latin1")


def _whole_answer(line):
    """Head and body of one answer, which may come in several pieces."""
    answer = b""
    while piece := line.recv(65536):
        answer += piece
        head, ended, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if ended and (length is None or len(body) >= int(length[1])):
            break
    return answer


class TestBodies:
    def test_announced_as_larger_than_allowed_are_refused_before_they_are_read(self, live_stack, operator):
        head = (
            "POST /api/v1/inference/predict/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: {operator.headers['Authorization']}\r\n"
            "Content-Type: image/png\r\nContent-Length: 10000000000\r\n\r\n"
        )
        started_s = time.monotonic()

        answer = raw(live_stack, head)

        assert answer.startswith("HTTP/1.1 413")
        assert '"code":"too_large"' in answer
        assert time.monotonic() - started_s < 2

    def test_that_turn_out_larger_than_allowed_are_refused(self, live_stack, operator):
        head = (
            "POST /api/v1/layers/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: {operator.headers['Authorization']}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

        assert raw(live_stack, head, pieces=40).startswith("HTTP/1.1 413")

    @pytest.mark.parametrize(
        "head",
        [
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "GET /%00%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "GET /api/v1/lots/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token \xff\xfe\r\n\r\n",
            'GET /api/v1/lots/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid="abcdefgh\\000i"\r\n\r\n',
            "GET /api/v1/lots/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \xe9, ;;\r\n\r\n",
            "POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello",
            "NONSENSE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "x" * 70_000 + "\r\n\r\n",
        ],
        ids=lambda head: head[:60],
    )
    def test_requests_that_are_none_are_no_fault_of_ours(self, live_stack, head):
        answer = raw(live_stack, head)

        assert answer == "" or answer[9] in "34"


class TestFramesOfAStream:
    def test_that_are_too_large_end_it_and_say_so(self, live_stack, operator):
        address = live_stack.address.replace("http", "ws") + "/ws/stream/"
        headers = {"Authorization": operator.headers["Authorization"]}
        with (
            connect(address, additional_headers=headers, origin=None) as socket,
            pytest.raises(ConnectionClosed) as end,
        ):
            socket.send(b"x" * (8 * 2**20 + 1))
            while True:
                socket.recv(timeout=10)

        assert end.value.rcvd.code == 1009
        assert end.value.rcvd.reason == "frame exceeds limit of 8388608 bytes"


class TestStrangers:
    """Who has not signed in keeps nobody from working, however slowly he sends."""

    OFFERED = ("X-Nothing: 1", "Authorization: Token 0123456789abcdef", "Cookie: sessionid=abcdefgh", "Cookie: \xe9;=,")

    @pytest.mark.parametrize("kind", ["predict", "batch"])
    @pytest.mark.parametrize("offered", OFFERED)
    def test_get_no_seat_among_inspections(self, live_stack, kind, offered):
        head = (
            f"POST /api/v1/inference/{kind}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{offered}\r\n"
            "Content-Type: image/png\r\nContent-Length: 1000000\r\n\r\n"
        )

        answer = self.ask(live_stack, head)

        assert answer.startswith("HTTP/1.1 401"), "although not a byte of its body was sent"
        assert "www-authenticate: token" in answer.lower()

    def test_hold_a_share_of_the_sign_in_from_one_address(self, live_stack):
        head = "POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"
        held = [self.line_of(live_stack, head) for _ in range(16)]
        try:
            refused = eventually(lambda: self.answer_at_once(live_stack, head), within_s=20, what="a refusal")
            without_a_body = self.ask(live_stack, "GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            of_another = self.ask(live_stack, "GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", source="127.0.0.2")
        finally:
            for line in held:
                line.close()

        assert refused.startswith("HTTP/1.1 503")
        assert "this address" in refused
        assert without_a_body.startswith("HTTP/1.1 200"), "it is all here"
        assert of_another.startswith("HTTP/1.1 200")

    def test_the_session_of_a_page_is_a_member(self, live_stack, page_session):
        answer = page_session.post(f"{live_stack.api}/inference/batch/", json={"ids": []}, timeout=30)

        assert answer.status_code == 400, "it was let in, and read"

    def ask(self, stack, head, *, source="127.0.0.1"):
        with self.line_of(stack, head, source=source) as line:
            return _whole_answer(line).decode("latin1")

    def answer_at_once(self, stack, head):
        """What is answered before the body has come; nothing while the line is held like the others."""
        with self.line_of(stack, head) as line:
            line.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                return _whole_answer(line).decode("latin1")
        return ""

    @staticmethod
    def line_of(stack, head, *, source="127.0.0.1"):
        place = urlsplit(stack.address)
        line = sockets.create_connection((place.hostname, place.port), timeout=10, source_address=(source, 0))
        line.sendall(head.encode("latin1"))
        return line


class TestOverload:
    def test_is_told_at_once_and_leaves_room_for_health_and_login(self, live_stack, operator):
        count, statuses, waits_s = 300, [], []
        images = [wafer_png(seed(5000 + number), side_px=128) for number in range(count)]
        over = threading.Event()

        def upload(number):
            started_s = time.monotonic()
            answer = requests.post(
                f"{live_stack.api}/inference/predict/",
                params={"lot": f"LOAD-{NOW}"},
                data=images[number],
                headers={"Content-Type": "image/png", "Authorization": operator.headers["Authorization"]},
                timeout=60,
            )
            return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - started_s

        def watch():
            while not over.is_set():
                started_s = time.monotonic()
                statuses.append(requests.get(f"{live_stack.address}/healthz", timeout=30).status_code)
                waits_s.append(time.monotonic() - started_s)
                time.sleep(0.2)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with ThreadPoolExecutor(count) as threads:
                answers = list(threads.map(upload, range(count)))
        finally:
            over.set()
            watcher.join()

        by_status = {status: [answer for answer in answers if answer[0] == status] for status, _, _ in answers}
        assert set(by_status) <= {200, 202, 503}
        assert all(retry_after for _, retry_after, _ in by_status.get(503, []))
        # How many get their turn while they wait is a matter of speed; whoever has a place is answered in any case.
        assert sum(status != 503 for status, _, _ in answers) >= PLACES
        assert set(statuses) == {200}
        assert sorted(waits_s)[int(len(waits_s) * 0.9)] < 2
        eventually(
            lambda: requests.get(f"{live_stack.address}/readyz", timeout=5).status_code == 200,
            within_s=10,
            what="calm",
        )
        refused = [number for number, (status, _, _) in enumerate(answers) if status == 503]
        assert all(upload(number)[0] in (200, 202) for number in refused[:3]), "whoever comes again later gets in"


class TestReload:
    def test_closes_sockets_with_the_code_that_says_come_back(self, live_stack, operator):
        headers = {"Authorization": operator.headers["Authorization"]}
        address = live_stack.address.replace("http", "ws") + "/ws/live/"
        with connect(address, additional_headers=headers, origin=None) as socket:
            socket.recv(timeout=10)
            assert live_stack.run("reload").returncode == 0

            def end():
                try:
                    socket.recv(timeout=5)
                except TimeoutError:
                    return None
                except ConnectionClosed as closed:
                    return closed.rcvd.code if closed.rcvd else "torn"
                return None

            assert eventually(end, within_s=60, what="the end of the socket") == 1012
        eventually(
            lambda: requests.get(f"{live_stack.address}/readyz", timeout=5).status_code == 200,
            within_s=30,
            what="the new process",
        )


FLOOD = """
import json
from core import realtime
frame = realtime.encode(type="system.changed", seq=0, topics=["system"], at="", data={"filler": "x" * 20_000})
for _ in range(1500):
    realtime.publish(frame)
"""


class TestSlowReaders:
    def test_hold_little_memory_and_are_cut_off_while_others_hear_on(self, live_stack, operator):
        web = psutil.Process(live_stack.process("web")["pid"])
        address = live_stack.address.replace("http", "ws") + "/ws/live/"
        headers = {"Authorization": operator.headers["Authorization"]}
        lines = [self.line_that_nobody_reads(live_stack, headers) for _ in range(8)]
        try:
            memory_bytes = web.memory_info().rss
            ours = {line.getsockname()[1] for line in lines}
            with connect(address, additional_headers=headers, origin=None, max_size=2**21) as reader:
                live_stack.manage("shell", "-c", FLOOD)
                heard = {json.loads(reader.recv(timeout=10))["type"] for _ in range(50)}

            assert "system.changed" in heard
            assert web.memory_info().rss - memory_bytes < 64 * 2**20
            eventually(lambda: not ours & self.callers_of(web), within_s=60, what="the lines to be cut")
        finally:
            for line in lines:
                line.close()

    @staticmethod
    def callers_of(process):
        """The ports of whoever is connected to a process."""
        return {line.raddr.port for line in process.net_connections("tcp4") if line.raddr}

    @staticmethod
    def line_that_nobody_reads(stack, headers):
        place = urlsplit(stack.address)
        line = sockets.socket()
        line.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        line.connect((place.hostname, place.port))
        line.sendall(
            b"GET /ws/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            + f"Authorization: {headers['Authorization']}\r\n\r\n".encode()
        )
        line.settimeout(10)
        assert line.recv(12, sockets.MSG_WAITALL) == b"HTTP/1.1 101", "the line is open, and nothing more is read of it"
        return line
