"""The web server before anybody knows who asks: heads of requests end, in size and in time."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time

import pytest
import uvicorn

from runtime.programs import web


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setattr(web, "HEAD_S", 0.6)
    config = uvicorn.Config(application, http=web.BoundedHeadProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),))
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join(timeout=10)


def answer(line):
    """What comes until the server closes."""
    line.settimeout(5)
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            heard += piece
    return heard


class TestHeads:
    @pytest.mark.parametrize("head", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "], ids=ascii)
    def test_that_do_not_end_are_given_up(self, address, head):
        with socket.create_connection(address) as line:
            line.sendall(head)

            assert answer(line) == b""

    def test_that_come_in_drops_are_given_up_too(self, address):
        started_s = time.monotonic()
        with socket.create_connection(address) as line, contextlib.suppress(OSError):
            line.sendall(b"GET / HTTP/1.1\r\n")
            while time.monotonic() - started_s < 5:
                line.sendall(b"X-A: b\r\n")
                time.sleep(0.1)

        assert time.monotonic() - started_s < 3

    @pytest.mark.parametrize("piece", [b"X-A: " + b"a" * 1000 + b"\r\n", b"a" * 1000], ids=["many", "one"])
    def test_without_measure_are_cut_off(self, address, piece):
        sent = 0
        with socket.create_connection(address) as line, contextlib.suppress(OSError):
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
            while sent < 50 * 2**20:
                line.sendall(piece)
                sent += len(piece)

        assert sent < 50 * 2**20

    def test_one_after_the_other_are_answered_on_one_line(self, address):
        with contextlib.closing(http.client.HTTPConnection(*address, timeout=5)) as line:
            line.connect()
            line.auto_open = 0
            answers = []
            for _ in range(3):
                line.request("POST", "/", body=b"x" * 200_000)
                answers.append(line.getresponse().read())
                # Longer than a head may take: what is between two requests is no part of any.
                time.sleep(web.HEAD_S + 0.2)

        assert answers == [b"ok"] * 3

    def test_that_come_together_are_all_answered(self, address):
        with socket.create_connection(address) as line:
            line.sendall(
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )

            assert answer(line).count(b"HTTP/1.1 200") == 3
