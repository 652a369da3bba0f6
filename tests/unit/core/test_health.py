"""What is said of a Triton that does not answer as it should."""

import contextlib
import http.server
import socket
import threading
import time

import pytest

from core import health
from serving import over_http

NOBODY = "127.0.0.1:9"


@pytest.fixture
def http_triton():
    """The address of a server that answers like Triton's HTTP end."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/v2/health/live" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def dripping(head):
    """The address of a server that says `head` at once, and then a letter every 50 ms while somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            line, _ = server.accept()
            with line, contextlib.suppress(OSError):
                line.sendall(head)
                for _ in range(200):
                    line.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.fixture
def ask(settings):
    def ask(*, http_url):
        settings.TRITON_GRPC_URL, settings.TRITON_HTTP_URL = NOBODY, http_url
        health._triton.cache_clear()
        with pytest.raises(health.Fault) as fault:
            health._ask_triton()
        return str(fault.value)

    yield ask
    health._triton.cache_clear()


class TestTritonsState:
    def test_tells_a_server_whose_grpc_is_away_from_one_that_is_gone(self, ask, http_triton):
        assert ask(http_url=http_triton) == "It answers over HTTP, but takes no work over gRPC; runs wait."
        assert ask(http_url=f"http://{NOBODY}") == "It does not answer; runs wait."


class TestLiveOverHttp:
    def test_is_what_the_servers_own_page_says(self, http_triton):
        assert over_http.is_live(http_triton, deadline_s=1)
        assert over_http.is_live(f"{http_triton}/", deadline_s=1)
        assert not over_http.is_live(f"{http_triton}/elsewhere", deadline_s=1)

    @pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"], ids=["head", "body"])
    def test_waits_no_longer_for_many_pieces_than_for_one(self, head):
        with dripping(head) as url:
            started_s = time.monotonic()

            assert not over_http.is_live(url, deadline_s=0.4)

        assert time.monotonic() - started_s < 2

    @pytest.mark.parametrize("url", ["", "file:///etc", "http://", "http://here:there", f"http://{NOBODY}"])
    def test_is_no_where_nobody_answers(self, url):
        assert not over_http.is_live(url, deadline_s=0.5)
