import http.server
import socket
import threading
import time

import pytest

from serving import health
from serving.control import TritonControl
from serving.errors import BadAnswer, TritonUnavailable
from serving.metrics import GpuFigures, ModelFigures, ServerFigures, fetch_figures, parse_figures

PAGE = """\
# HELP nv_gpu_utilization GPU utilization rate [0.0 - 1.0)
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-1"} 0.75
nv_gpu_memory_used_bytes{gpu_uuid="GPU-1"} 1024
nv_gpu_memory_total_bytes{gpu_uuid="GPU-1"} 4096
nv_gpu_utilization{gpu_uuid="GPU-0"} NaN
# TYPE nv_inference_pending_request_count gauge
nv_inference_pending_request_count{model="m__1_0_0",version="1"} 3
# TYPE nv_inference_request_failure counter
nv_inference_request_failure{model="m__1_0_0",reason="REJECTED",version="1"} 7
nv_inference_request_failure{model="m__1_0_0",reason="BACKEND",version="1"} 9
nv_cpu_utilization 0.5
nv_cpu_memory_used_bytes 100
nv_cpu_memory_total_bytes 1000
nv_something_else 1
"""


class TestParseFigures:
    def test_picks_what_the_health_page_shows(self):
        assert parse_figures(PAGE) == ServerFigures(
            gpus=(GpuFigures("GPU-1", utilisation=0.75, memory_used_bytes=1024, memory_total_bytes=4096),),
            models=(ModelFigures("m__1_0_0", pending_requests=3, rejected_requests=7),),
            cpu_utilisation=0.5,
            memory_used_bytes=100,
            memory_total_bytes=1000,
        )

    def test_of_an_empty_page_is_empty(self):
        assert parse_figures("") == ServerFigures()

    @pytest.mark.parametrize("text", ['nv_cpu_utilization{a="b} 1', "nv_cpu_utilization one", "<html>"])
    def test_refuses_what_is_no_metrics_page(self, text):
        with pytest.raises(BadAnswer):
            parse_figures(text)


class TestFetchFigures:
    @pytest.fixture
    def page(self):
        """An address whose answer a test sets."""

        class Handler(http.server.BaseHTTPRequestHandler):
            body, wait_s = b"", 0.0

            def do_GET(self):
                time.sleep(self.wait_s)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(self.body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Handler.url = f"http://127.0.0.1:{server.server_port}/metrics"
        yield Handler
        server.shutdown()
        server.server_close()

    def test_reads_the_page(self, page):
        page.body = PAGE.encode()

        assert fetch_figures(page.url, deadline_s=2).cpu_utilisation == 0.5

    def test_does_not_wait_longer_than_it_may(self, page):
        page.wait_s = 1.0
        started = time.monotonic()

        with pytest.raises(TritonUnavailable):
            fetch_figures(page.url, deadline_s=0.1)

        assert time.monotonic() - started < 0.5

    def test_does_not_read_without_end(self, page, monkeypatch):
        monkeypatch.setattr("serving.metrics._MAX_BYTES", 10)
        page.body = PAGE.encode()

        with pytest.raises(BadAnswer, match="larger"):
            fetch_figures(page.url, deadline_s=2)

    @pytest.mark.parametrize("answer", [b"garbage", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
    def test_takes_no_garbage_for_an_answer(self, answer):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=_answer_once, args=(listening, answer), daemon=True).start()

            with pytest.raises(BadAnswer, match="in HTTP"):
                fetch_figures(f"http://127.0.0.1:{listening.getsockname()[1]}/metrics", deadline_s=2)

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/metrics", ""])
    def test_refuses_other_addresses(self, url):
        with pytest.raises(TritonUnavailable):
            fetch_figures(url, deadline_s=0.5)


def _answer_once(listening, answer):
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(answer)


class TestSnapshot:
    def test_of_nobody_says_so_and_lists_what_should_be_there(self):
        seen = health.snapshot(TritonControl(grpc_url="127.0.0.1:1"), watched_models=["m__1_0_0"])

        assert (seen.live, seen.ready, seen.fault) == (False, False, "Triton does not answer")
        assert [(model.name, model.ready) for model in seen.models] == [("m__1_0_0", False)]
