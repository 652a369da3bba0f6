"""What is said when no answer comes in time: never that nothing was done, when it may have been."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import ClassVar

import pytest
from prometheus_client import REGISTRY

from core import handler, problems
from core.admission import gate
from core.errors import MayBeDone, Overloaded, Unavailable


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(handler, "PATIENCE_S", 0.01)


@pytest.fixture(params=[True, False], ids=["a part is away", "it only takes long"])
def something_hangs(request, monkeypatch):
    async def answer():
        return request.param

    monkeypatch.setattr(handler, "_is_anything_away", answer)


@pytest.mark.usefixtures("_impatient", "something_hangs")
class TestInTime:
    async def test_a_change_that_goes_on_may_yet_be_done(self):
        with pytest.raises(MayBeDone, match="may have been carried out") as refusal:
            await handler._in_time(asyncio.Future(), answer_s=0.02, is_change=True)

        assert "Idempotency-Key" in refusal.value.detail
        assert refusal.value.retry_after_s > 0

    async def test_a_question_changes_nothing(self):
        with pytest.raises(Unavailable) as refusal:
            await handler._in_time(asyncio.Future(), answer_s=0.02, is_change=False)

        assert "carried out" not in refusal.value.detail

    async def test_what_comes_in_time_is_the_answer(self):
        done = asyncio.Future()
        done.set_result("answer")

        assert await handler._in_time(done, answer_s=1, is_change=True) == "answer"


class TestReadBody:
    @pytest.fixture(autouse=True)
    def hurried(self, monkeypatch):
        monkeypatch.setattr(handler, "READ_SILENCE_S", 0.2)
        monkeypatch.setattr(handler, "LEAST_BYTES_PER_S", 1000)

    @staticmethod
    def pieces(*, count, of_bytes, every_s):
        sent = iter(range(count))

        async def receive():
            await asyncio.sleep(every_s)
            return {"type": "http.request", "body": b"x" * of_bytes, "more_body": next(sent) < count - 1}

        return receive

    async def read(self, receive):
        return await handler._read_body({"headers": []}, receive, most_bytes=10 * 2**20)

    async def test_a_body_that_keeps_coming_is_read_however_long_it_takes(self):
        body = await self.read(self.pieces(count=10, of_bytes=100, every_s=0.05))

        assert len(body.read()) == 1000

    async def test_a_body_in_drops_is_not_waited_for(self):
        with pytest.raises(problems.Refusal) as refusal:
            await self.read(self.pieces(count=100, of_bytes=1, every_s=0.05))

        assert refusal.value.status == 408

    async def test_a_body_that_stops_is_not_waited_for(self):
        with pytest.raises(problems.Refusal) as refusal:
            await self.read(self.pieces(count=2, of_bytes=1000, every_s=0.5))

        assert refusal.value.status == 408

    async def test_a_disk_without_room_is_an_outage(self, monkeypatch):
        full = Path("/dev/full")
        monkeypatch.setattr(handler.tempfile, "SpooledTemporaryFile", lambda **_: full.open("wb"))

        with pytest.raises(Unavailable) as refusal:
            await self.read(self.pieces(count=2, of_bytes=3 * 2**20, every_s=0))

        assert refusal.value.extra["component"] == "storage"


async def ask(path, *, method="GET", **headers):
    """Status, headers and body of an answer to a request of which nothing but the head is sent."""
    sent, pieces = [], iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        return next(pieces, None) or await asyncio.Future()

    async def send(message):
        sent.append(message)

    given = {"host": "localhost", "accept": "text/html,*/*;q=0.8"} | headers
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "client": ("10.0.0.1", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    await handler.AdmittingHandler()(scope, receive, send)
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(message["body"] for message in sent[1:]).decode()


class TestSlowBodiesOfOthers:
    """At the same address, as many as it may have on their way."""

    @pytest.fixture
    async def held(self):
        with contextlib.ExitStack() as held:
            with contextlib.suppress(Overloaded):
                while True:
                    held.enter_context(gate("health").reading("10.0.0.1"))
            yield

    @pytest.mark.parametrize("headers", [{}, {"content_length": "0"}], ids=["no length", "length 0"])
    async def test_keep_nobody_out_who_sends_none(self, held, headers):
        status, _, _ = await ask("/healthz", **headers)

        assert status == 200

    @pytest.mark.parametrize(
        "header", [{"content_length": "1000"}, {"transfer_encoding": "chunked"}], ids=["a length", "in pieces"]
    )
    async def test_count_before_another(self, held, header):
        status, head, page = await ask("/healthz", method="POST", **header)

        assert (status, head["retry-after"]) == (503, "1")
        assert '<meta http-equiv="refresh" content="1">' in page, "it tries again by itself"


class TestRefusals:
    TOO_LARGE: ClassVar = {"method": "POST", "content_length": str(2**40)}

    async def test_are_a_page_for_people(self):
        status, head, page = await ask("/login/", x_request_id="asked-for-by-a-test", **self.TOO_LARGE)

        assert (status, head["content-type"]) == (413, "text/html; charset=utf-8")
        assert "The body is too large: this address takes 1 MiB at most." in page
        assert ">asked-for-by-a-test</code>" in page
        assert head["x-request-id"] == "asked-for-by-a-test"
        assert head["content-length"] == str(len(page.encode()))

    @pytest.mark.parametrize(
        ("path", "accept"), [("/api/v1/layers/", "text/html"), ("/login/", "*/*"), ("/login/", "application/json")]
    )
    async def test_are_a_document_for_programs(self, path, accept):
        status, head, document = await ask(path, accept=accept, **self.TOO_LARGE)

        assert (status, head["content-type"]) == (413, problems.CONTENT_TYPE)
        assert json.loads(document)["request_id"] == head["x-request-id"]
        assert '"code":"too_large"' in document

    async def test_never_show_the_id_of_another_request(self):
        _, first, _ = await ask("/login/", **self.TOO_LARGE)
        _, second, page = await ask("/login/", **self.TOO_LARGE)

        assert first["x-request-id"] not in page
        assert second["x-request-id"] in page

    async def test_of_what_is_no_request_are_answered_as_well(self, monkeypatch):
        monkeypatch.setattr(handler.AdmittingHandler, "create_request", lambda *_: (None, None))

        status, _, _ = await ask("/login/", **self.TOO_LARGE)

        assert status == 413

    @pytest.mark.parametrize("accept", ["text/html", "*/*"])
    async def test_have_the_headers_of_every_answer(self, accept):
        _, served, _ = await ask("/healthz")
        _, refused, _ = await ask("/login/", **self.TOO_LARGE | {"accept": accept})

        own = {"content-type", "content-length", "expires", "cache-control", "x-request-id"}
        common = {name: value for name, value in served.items() if name not in own}
        assert common == {name: value for name, value in refused.items() if name not in own}
        assert {"content-security-policy", "cross-origin-resource-policy", "x-frame-options"} <= set(common)
        assert refused["cache-control"] == "private, no-store"

    async def test_are_counted_by_lane_and_reason(self):
        sent = []

        async def send(message):
            sent.append(message)

        def counted():
            labels = {"lane": "login", "code": "too_large"}
            return REGISTRY.get_sample_value("waferdeck_refused_requests_total", labels) or 0

        before = counted()
        too_large = [(b"content-length", str(2**40).encode())]
        scope = {"type": "http", "method": "POST", "path": "/login/", "headers": too_large, "client": ("10.0.0.1", 1)}
        await handler.AdmittingHandler()(scope, None, send)

        assert sent[0]["status"] == 413
        assert counted() - before == 1
