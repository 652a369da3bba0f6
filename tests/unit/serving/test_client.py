import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest

from serving.breaker import BreakerState
from serving.client import ClientLimits, TritonClient
from serving.errors import (
    BadAnswer,
    CircuitOpen,
    ModelFailed,
    ModelNotReady,
    Refused,
    TritonOverloaded,
    TritonTimeout,
    TritonUnavailable,
)
from serving.retry import RetryPolicy
from tests.live_stack import eventually
from tests.unit.serving.fake_triton import FakeTriton

MODEL = "visual_defects__1_0_0"
AWAY = (grpc.StatusCode.UNAVAILABLE, "Socket closed")


def tiles(*greys):
    return np.stack([np.full((1, 512, 512), grey, np.uint8) for grey in greys])


@pytest.fixture
def triton():
    server = FakeTriton()
    yield server
    server.stop()


@pytest.fixture
def client(triton):
    with TritonClient(grpc_url=triton.url, retry=RetryPolicy(base_s=0.001)) as made:
        yield made


class TestInfer:
    def test_answers_every_tile_in_order(self, client):
        answer = client.infer(model_name=MODEL, tiles=tiles(*range(0, 250, 10)), deadline_s=5)

        assert (answer.scores[:, 0] * 255).round().tolist() == list(range(0, 250, 10))

    def test_cuts_into_chunks_of_the_largest_batch(self, client, triton):
        answer = client.infer(model_name=MODEL, tiles=tiles(*range(19)), deadline_s=5)

        assert sorted(call.inputs[0].shape[0] for call in triton.calls) == [3, 8, 8]
        assert (answer.timings.calls, answer.timings.attempts) == (3, 1)

    def test_sends_chunks_side_by_side_up_to_its_limit(self, triton):
        # No call of three ends before the other two have come.
        together = threading.Barrier(3)

        def beside_two_others(*_):
            together.wait(5)

        triton.script = [beside_two_others] * 6
        with TritonClient(grpc_url=triton.url, limits=ClientLimits(max_batch=1, chunks_at_once=3)) as client:
            client.infer(model_name=MODEL, tiles=tiles(*range(6)), deadline_s=5)

        assert triton.most_at_once == 3

    def test_of_no_tiles_asks_nobody(self, client, triton):
        answer = client.infer(model_name=MODEL, tiles=np.zeros((0, 1, 512, 512), np.uint8), deadline_s=5)

        assert (len(answer), triton.calls) == (0, [])

    def test_tells_triton_how_long_the_request_may_wait(self, client, triton):
        client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=2)

        assert 1_500_000 < triton.calls[0].parameters["timeout"].int64_param <= 2_000_000

    def test_refuses_tiles_of_another_type(self, client):
        with pytest.raises(ValueError, match="uint8"):
            client.infer(model_name=MODEL, tiles=tiles(1).astype(np.float32), deadline_s=5)


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "detail", "kind"),
        [
            (grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size", TritonOverloaded),
            (grpc.StatusCode.RESOURCE_EXHAUSTED, "", TritonOverloaded),
            (grpc.StatusCode.UNAVAILABLE, "Request timeout expired", TritonTimeout),
            (grpc.StatusCode.NOT_FOUND, "Request for unknown model: 'x' is not found", ModelNotReady),
            (grpc.StatusCode.UNAVAILABLE, "Request for unknown model: 'x' has no available versions", ModelNotReady),
            (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses", TritonUnavailable),
            (grpc.StatusCode.INTERNAL, "Stub process is unhealthy", ModelFailed),
            (grpc.StatusCode.INVALID_ARGUMENT, "unexpected shape", Refused),
            (grpc.StatusCode.UNIMPLEMENTED, "", Refused),
        ],
    )
    def test_are_told_apart(self, triton, status, detail, kind):
        triton.script = [(status, detail)] * 4
        with TritonClient(grpc_url=triton.url, retry=RetryPolicy(tries=1)) as client, pytest.raises(kind) as raised:
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert (type(raised.value), raised.value.model_name) == (kind, MODEL)

    def test_nobody_listening_is_unavailable_fast(self, triton):
        triton.stop()
        with TritonClient(grpc_url=triton.url, retry=RetryPolicy(tries=1)) as client:
            started = time.monotonic()
            with pytest.raises(TritonUnavailable):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert time.monotonic() - started < 1


class TestBadAnswers:
    @pytest.mark.parametrize(
        ("case", "replaced"),
        [
            ("another model's answer", {"model_name": "somebody_else__1_0_0"}),
            ("a missing output", {"embedding": None}),
            ("another shape", {"boxes": np.zeros((1, 99, 4), np.float32)}),
            ("answers for more tiles than were sent", {"scores": np.zeros((2, 100), np.float32)}),
            ("double precision", {"scores": np.zeros((1, 100), np.float64)}),
            ("NaN", {"scores": np.full((1, 100), np.nan, np.float32)}),
            ("a score of two", {"scores": np.full((1, 100), 2, np.float32)}),
        ],
    )
    def test_are_refused_and_not_asked_for_again(self, client, triton, case, replaced):
        triton.script = [lambda server, _: server.answer(server.calls[-1], **replaced)]

        with pytest.raises(BadAnswer) as raised:
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert (raised.value.model_name, len(triton.calls)) == (MODEL, 1)

    def test_a_shortened_tensor_is_refused(self, client, triton):
        def shortened(server, _):
            response = server.answer(server.calls[-1])
            response.raw_output_contents[1] = response.raw_output_contents[1][:-4]
            return response

        triton.script = [shortened]
        with pytest.raises(BadAnswer, match="bytes"):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)


class TestRetries:
    def test_repeats_what_may_be_repeated(self, client, triton):
        triton.script = [AWAY, AWAY]

        answer = client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert (answer.timings.attempts, answer.timings.calls) == (3, 3)

    def test_tells_of_each_repeat_and_why(self, triton):
        triton.script = [AWAY, AWAY]
        told = []
        retry = RetryPolicy(base_s=0.001)
        with TritonClient(grpc_url=triton.url, retry=retry, on_retry=lambda fault: told.append(fault.code)) as client:
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert told == ["triton_unavailable"] * 2

    def test_repeats_only_the_chunk_that_failed(self, triton):
        triton.script = [None, AWAY]
        limits = ClientLimits(max_batch=1, chunks_at_once=1)
        with TritonClient(grpc_url=triton.url, retry=RetryPolicy(base_s=0.001), limits=limits) as client:
            answer = client.infer(model_name=MODEL, tiles=tiles(10, 20, 30), deadline_s=5)

        assert (answer.scores[:, 0] * 255).round().tolist() == [10, 20, 30]
        assert len(triton.calls) == 4

    def test_gives_up_after_four_tries(self, client, triton):
        triton.script = [AWAY] * 9

        with pytest.raises(TritonUnavailable):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert len(triton.calls) == 4

    def test_does_not_repeat_a_refusal(self, client, triton):
        triton.script = [(grpc.StatusCode.INVALID_ARGUMENT, "no")]

        with pytest.raises(Refused):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        assert len(triton.calls) == 1


class TestDeadline:
    def test_ends_a_call_that_hangs_and_cancels_it(self, client, triton):
        def hang(server, context):
            context.add_callback(server.cancelled.set)
            server.cancelled.wait(5)

        triton.script = [hang]
        started = time.monotonic()
        with pytest.raises(TritonTimeout):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=0.2)

        assert time.monotonic() - started < 0.5
        assert triton.cancelled.wait(2)

    def test_covers_all_tries_together(self, triton):
        triton.script = [lambda *_: time.sleep(0.08) or AWAY] * 9
        with TritonClient(grpc_url=triton.url, retry=RetryPolicy(base_s=0.05)) as client:
            started = time.monotonic()
            with pytest.raises((TritonTimeout, TritonUnavailable)):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=0.2)

        assert time.monotonic() - started < 0.4

    @pytest.mark.parametrize("is_first", [True, False])
    def test_cancels_the_other_chunks_when_one_fails(self, triton, is_first):
        is_hanging = threading.Event()

        def hang(server, context):
            context.add_callback(server.cancelled.set)
            is_hanging.set()
            server.cancelled.wait(5)

        def refuse(server, context):
            is_hanging.wait(5)
            return grpc.StatusCode.INVALID_ARGUMENT, "no"

        triton.script = [refuse, hang] if is_first else [hang, refuse]
        with TritonClient(grpc_url=triton.url, limits=ClientLimits(max_batch=1)) as client, pytest.raises(Refused):
            client.infer(model_name=MODEL, tiles=tiles(1, 2), deadline_s=5)

        assert triton.cancelled.wait(2)

    def test_is_not_started_without_time(self, client, triton):
        with pytest.raises(TritonTimeout, match="no time left"):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=0.001)

        assert triton.calls == []


class TestBulkhead:
    def test_turns_away_what_finds_no_place_in_time(self, triton):
        release = threading.Event()
        triton.script = [lambda *_: release.wait(5) and None]
        limits = ClientLimits(calls_at_once=1, admission_s=0.05)
        with TritonClient(grpc_url=triton.url, limits=limits) as client:
            first = threading.Thread(
                target=client.infer, kwargs={"model_name": MODEL, "tiles": tiles(1), "deadline_s": 5}
            )
            first.start()
            eventually(lambda: triton.calls, within_s=5, every_s=0.005, what="the first call")
            with pytest.raises(TritonOverloaded, match="too many images"):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)
            release.set()
            first.join()


class TestBreakerInFront:
    def test_opens_after_five_failing_tries_and_then_asks_nobody(self, client, triton):
        triton.script = [AWAY] * 20
        with pytest.raises(TritonUnavailable):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)
        with pytest.raises(TritonUnavailable):
            client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)
        asked, spent_s = len(triton.calls), []

        for _ in range(5):
            started_s = time.monotonic()
            with pytest.raises(CircuitOpen):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)
            spent_s.append(time.monotonic() - started_s)

        assert min(spent_s) < 0.1, "a busy machine holds up one of them, not all"
        assert len(triton.calls) == asked == 5

    def test_is_per_model(self, client, triton):
        triton.script = [AWAY] * 5
        for _ in range(2):
            with pytest.raises(TritonUnavailable):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

        client.infer(model_name="thermal__1_0_0", tiles=tiles(1), deadline_s=5)

    @pytest.mark.parametrize(
        "step",
        [
            (grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size"),
            (grpc.StatusCode.NOT_FOUND, "unknown model"),
            (grpc.StatusCode.INVALID_ARGUMENT, "no"),
        ],
    )
    def test_is_not_opened_by_a_server_that_answers(self, triton, step):
        triton.script = [step] * 12
        with TritonClient(grpc_url=triton.url, retry=RetryPolicy(tries=1)) as client:
            for _ in range(12):
                with pytest.raises((TritonOverloaded, ModelNotReady, Refused)):
                    client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)

            assert client.breaker_snapshot(model_name=MODEL).state is BreakerState.CLOSED


class TestProbe:
    @pytest.fixture
    def jump(self):
        return {"s": 0.0}

    @pytest.fixture
    def opened(self, triton, jump):
        triton.script = [AWAY] * 5
        client = TritonClient(
            grpc_url=triton.url, retry=RetryPolicy(tries=1), clock=lambda: time.monotonic() + jump["s"]
        )
        for _ in range(5):
            with pytest.raises(TritonUnavailable):
                client.infer(model_name=MODEL, tiles=tiles(1), deadline_s=5)
        yield client
        client.close()

    def test_closes_the_breaker_once_the_model_is_ready(self, opened, jump):
        jump["s"] = 5.1

        assert opened.probe(model_name=MODEL).state is BreakerState.CLOSED

    def test_waits_its_turn(self, opened):
        assert opened.probe(model_name=MODEL).state is BreakerState.OPEN

    def test_leaves_it_open_while_the_model_is_not_ready(self, opened, triton, jump):
        jump["s"], triton.ready = 5.1, False

        assert opened.probe(model_name=MODEL).state is BreakerState.OPEN

    def test_leaves_it_open_while_the_server_is_away(self, opened, triton, jump):
        jump["s"] = 5.1
        triton.stop()

        assert opened.probe(model_name=MODEL).state is BreakerState.OPEN


FORK_THEN_INFER = """
import os, sys
import numpy as np
from serving.client import TritonClient

client = TritonClient(grpc_url=sys.argv[1])
child = os.fork()
if child == 0:
    answer = client.infer(model_name="m__1_0_0", tiles=np.full((1, 1, 512, 512), 51, np.uint8), deadline_s=5)
    os._exit(42 if abs(answer.scores[0, 0] - 0.2) < 1e-6 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class TestFork:
    def test_a_client_made_before_the_fork_works_in_the_child(self, triton):
        forked = subprocess.run([sys.executable, "-c", FORK_THEN_INFER, triton.url], timeout=60)

        assert forked.returncode == 42
