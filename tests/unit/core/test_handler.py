"""What is said when no answer comes in time: never that nothing was done, when it may have been."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from core import handler, problems
from core.admission import gate
from core.errors import MayBeDone, Overloaded, Unavailable


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(handler, "PATIENCE_S", 0.01)


@pytest.fixture(params=[True, False], ids=["a part is away", "it only takes long"])
def something_hangs(request, monkeypatch):
    async def answer():
        return request.param

    monkeypatch.setattr(handler, "_is_anything_away", answer)


@pytest.mark.usefixtures("something_hangs")
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


class TestSlowBodiesOfOthers:
    """At the same address, as many as it may have on their way."""

    @pytest.fixture(autouse=True)
    def impatient(self):
        """Nothing hangs here, and the first request loads all addresses."""

    @pytest.fixture
    async def held(self):
        with contextlib.ExitStack() as held:
            with contextlib.suppress(Overloaded):
                while True:
                    held.enter_context(gate("health").reading("10.0.0.1"))
            yield

    @staticmethod
    async def status_of(method, *headers):
        sent, pieces = [], iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive():
            return next(pieces, None) or await asyncio.Future()

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": "/healthz", "query_string": b"",
            "headers": [(b"host", b"localhost"), *headers], "client": ("10.0.0.1", 1),
        }  # fmt: skip
        await handler.AdmittingHandler()(scope, receive, send)
        return sent[0]["status"]

    @pytest.mark.parametrize("headers", [[], [(b"content-length", b"0")]], ids=["no length", "length 0"])
    async def test_keep_nobody_out_who_sends_none(self, held, headers):
        assert await self.status_of("GET", *headers) == 200

    @pytest.mark.parametrize(
        "header", [(b"content-length", b"1000"), (b"transfer-encoding", b"chunked")], ids=["a length", "in pieces"]
    )
    async def test_count_before_another(self, held, header):
        assert await self.status_of("POST", header) == 503


class TestRefusals:
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
