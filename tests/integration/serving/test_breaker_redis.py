"""The shared breaker against a real Redis that is stopped, frozen and killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis

from serving.breaker import Breaker, BreakerPolicy, Breakers, BreakerState, Report, StoreAway
from serving.breaker_redis import shared_through
from serving.errors import CircuitOpen
from tests.live_stack import eventually

REDIS_SERVER = Path(sys.prefix) / "bin" / "redis-server"
QUICK = BreakerPolicy(probe_every_s=0.3, window_s=2)


class PrivateRedis:
    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        self.process = subprocess.Popen(
            [REDIS_SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder],
            stdout=subprocess.DEVNULL,
        )
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.RedisError:
                time.sleep(0.02)
        client.close()

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not REDIS_SERVER.exists():
        pytest.skip("no redis-server in this environment: install requirements-local.txt")
    server = PrivateRedis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def make(server, request):
    """Breakers of one name, each as if in a process of its own."""
    return lambda policy=QUICK: Breaker(
        policy=policy,
        clock=time.monotonic,
        refresh_s=0.05,
        shared_again_after_s=0.3,
        shared=shared_through(server.url)(f"test:{request.node.nodeid}", policy),
    )


def fail(breaker, times):
    for _ in range(times):
        breaker.permit().failed("no answer")


class TestShared:
    def test_five_failures_in_a_row_of_two_processes_open_it_for_both(self, make):
        here, there = make(), make()
        fail(here, 3)
        fail(there, 2)

        assert (here.snapshot().state, there.snapshot().state) == (BreakerState.OPEN, BreakerState.OPEN)
        assert here.snapshot().reason == "no answer"

    def test_a_success_elsewhere_breaks_the_row(self, make):
        here, there = make(), make()
        fail(here, 4)
        there.snapshot()
        there.permit().succeeded()
        fail(here, 4)

        assert here.snapshot().state is BreakerState.CLOSED

    def test_half_of_twenty_open_it(self, make):
        breaker = make()
        for _ in range(10):
            breaker.permit().succeeded()
            breaker.permit().failed("no answer")

        assert breaker.snapshot().state is BreakerState.OPEN

    def test_forgets_what_is_older_than_the_window(self, make):
        breaker = make()
        for _ in range(9):
            breaker.permit().succeeded()
            breaker.permit().failed("no answer")
        time.sleep(QUICK.window_s + 0.1)
        breaker.permit().succeeded()
        breaker.permit().failed("no answer")

        snapshot = breaker.snapshot()

        assert (snapshot.state, snapshot.calls) == (BreakerState.CLOSED, 2)

    def test_one_of_many_probes_and_closes_it_for_all(self, make):
        breakers = [make() for _ in range(8)]
        fail(breakers[0], 5)
        time.sleep(QUICK.probe_every_s + 0.1)
        permits, barrier = [], threading.Barrier(8)

        def ask(breaker):
            barrier.wait()
            with contextlib.suppress(CircuitOpen):
                permits.append(breaker.permit())

        threads = [threading.Thread(target=ask, args=(breaker,)) for breaker in breakers]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert [permit.is_probe for permit in permits] == [True]

        permits[0].succeeded()

        assert {breaker.snapshot().state for breaker in breakers} == {BreakerState.CLOSED}

    def test_a_failed_probe_is_followed_by_the_next_one_an_interval_later(self, make):
        breaker = make()
        fail(breaker, 5)
        time.sleep(QUICK.probe_every_s + 0.05)
        breaker.permit().failed("still away")
        with pytest.raises(CircuitOpen):
            breaker.permit()
        time.sleep(QUICK.probe_every_s + 0.05)

        assert breaker.permit().is_probe

    def test_a_clock_set_back_an_hour_does_not_keep_it_open(self, make, server, request):
        breaker = make()
        fail(breaker, 5)
        key = f"serving:breaker:test:{request.node.nodeid}"
        redis.Redis(port=server.port).hset(
            key, mapping={"probe_at": time.time() + 3600, "opened_at": time.time() + 3600}
        )
        time.sleep(QUICK.probe_every_s + 0.05)

        assert breaker.permit().is_probe

    def test_costs_little_while_all_is_well(self, make):
        breaker = make()
        started = time.process_time()
        for _ in range(2000):
            breaker.permit().succeeded()

        assert (time.process_time() - started) / 2000 < 0.000_2


class TestRedisAway:
    @pytest.fixture
    def frozen(self, server):
        os.kill(server.process.pid, signal.SIGSTOP)
        yield
        os.kill(server.process.pid, signal.SIGCONT)

    def test_a_frozen_redis_costs_less_than_a_tenth_of_a_second(self, make, frozen):
        spent_s = []
        for _ in range(5):
            started_s = time.monotonic()
            make().permit().succeeded()
            spent_s.append(time.monotonic() - started_s)

        assert min(spent_s) < 0.1, "a busy machine holds up one of them, not all"

    def test_breaks_the_circuit_without_redis(self, make, frozen):
        breaker = make()
        fail(breaker, 5)

        assert (breaker.snapshot().state, breaker.snapshot().shared) == (BreakerState.OPEN, False)

    def test_shares_again_after_a_restart(self, make, server):
        breaker = make()
        breaker.permit().succeeded()
        server.stop()

        def goes_on_alone():
            breaker.permit().succeeded()
            return not breaker.snapshot().shared

        eventually(goes_on_alone, within_s=5, what="a breaker of its own")
        server.start()

        eventually(lambda: breaker.snapshot().shared, within_s=5, what="the shared breaker")

    def test_says_so(self, server):
        store = shared_through("redis://127.0.0.1:1/0")("x", QUICK)

        with pytest.raises(StoreAway):
            store.exchange(Report())


class TestBreakers:
    def test_share_by_server_and_model(self, server):
        one, other = (Breakers(server="t:1", clock=time.monotonic, shared=shared_through(server.url)) for _ in range(2))
        fail(one.of("m"), 5)

        assert other.of("m").snapshot().state is BreakerState.OPEN
        assert other.of("n").snapshot().state is BreakerState.CLOSED
