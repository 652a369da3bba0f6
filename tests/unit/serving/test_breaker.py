import contextlib
import threading

import pytest

from serving.breaker import (
    Breaker,
    BreakerPolicy,
    Breakers,
    BreakerSnapshot,
    BreakerState,
    LocalStore,
    Report,
    StoreAway,
)
from serving.errors import CircuitOpen


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(policy=BreakerPolicy(), clock=clock)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.permit().failed("no answer")


def succeed(breaker, times=1):
    for _ in range(times):
        breaker.permit().succeeded()


class TestOpening:
    def test_four_failures_in_a_row_are_not_enough(self, breaker):
        fail(breaker, 4)

        assert breaker.snapshot().state is BreakerState.CLOSED

    def test_five_in_a_row_open_it(self, breaker):
        fail(breaker, 5)

        assert breaker.snapshot().state is BreakerState.OPEN

    def test_a_success_starts_the_row_again(self, breaker):
        fail(breaker, 4)
        succeed(breaker)
        fail(breaker, 4)

        assert breaker.snapshot().state is BreakerState.CLOSED

    def test_half_of_twenty_in_ten_seconds_open_it(self, breaker):
        for _ in range(10):
            succeed(breaker)
            fail(breaker)

        assert breaker.snapshot().state is BreakerState.OPEN

    def test_half_of_nineteen_do_not(self, breaker):
        for _ in range(9):
            succeed(breaker)
            fail(breaker)
        fail(breaker)

        assert breaker.snapshot().state is BreakerState.CLOSED

    def test_fewer_than_half_do_not(self, breaker):
        for _ in range(30):
            succeed(breaker, 2)
            fail(breaker)

        assert breaker.snapshot().state is BreakerState.CLOSED

    def test_failures_older_than_the_window_are_forgotten(self, breaker, clock):
        for _ in range(9):
            succeed(breaker)
            fail(breaker)
        clock.now += 10.1
        succeed(breaker)
        fail(breaker)

        assert breaker.snapshot().state is BreakerState.CLOSED

    def test_a_success_never_opens_it(self, breaker):
        for _ in range(9):
            fail(breaker)
            succeed(breaker)
        fail(breaker)

        succeed(breaker)

        assert breaker.snapshot().state is BreakerState.CLOSED


class TestWhileOpen:
    @pytest.fixture(autouse=True)
    def opened(self, breaker):
        fail(breaker, 5)

    def test_refuses_and_says_why_and_when(self, breaker, clock):
        clock.now += 1

        with pytest.raises(CircuitOpen, match="no answer") as refusal:
            breaker.permit(model_name="m")

        assert (refusal.value.model_name, refusal.value.retry_after_s) == ("m", 4.0)

    def test_lets_one_probe_through_after_five_seconds(self, breaker, clock):
        clock.now += 5

        assert breaker.permit().is_probe
        with pytest.raises(CircuitOpen):
            breaker.permit()

    def test_lets_only_one_of_many_threads_probe(self, breaker, clock):
        clock.now += 5
        barrier, granted = threading.Barrier(16), []

        def ask():
            barrier.wait()
            with contextlib.suppress(CircuitOpen):
                granted.append(breaker.permit().is_probe)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

        assert granted == [True]

    def test_a_probe_that_succeeds_closes_it(self, breaker, clock):
        clock.now += 5
        breaker.permit().succeeded()

        assert breaker.snapshot() == BreakerSnapshot(state=BreakerState.CLOSED, calls=1)

    def test_a_probe_that_fails_leaves_it_open_for_five_more_seconds(self, breaker, clock):
        clock.now += 5
        breaker.permit().failed("still away")
        clock.now += 4.9
        with pytest.raises(CircuitOpen):
            breaker.permit()

        clock.now += 0.2
        assert breaker.permit().is_probe

    def test_a_probe_that_never_reports_is_followed_by_another(self, breaker, clock):
        clock.now += 5
        breaker.permit()
        clock.now += 5

        assert breaker.permit().is_probe

    def test_a_call_begun_before_does_not_close_it(self, clock):
        breaker = Breaker(policy=BreakerPolicy(), clock=clock)
        early = breaker.permit()
        fail(breaker, 5)

        early.succeeded()

        assert breaker.snapshot().state is BreakerState.OPEN

    def test_one_failure_after_closing_does_not_open_it_again(self, breaker, clock):
        clock.now += 5
        breaker.permit().succeeded()

        fail(breaker, 4)

        assert breaker.snapshot().state is BreakerState.CLOSED


class SharedStore:
    """A store two breakers share, that counts visits and can go away."""

    def __init__(self, clock):
        self.store = LocalStore(policy=BreakerPolicy(), clock=clock)
        self.visits = 0
        self.away = False

    def exchange(self, report: Report) -> BreakerSnapshot:
        self.visits += 1
        if self.away:
            raise StoreAway("gone")
        return self.store.exchange(report)


class TestShared:
    @pytest.fixture
    def store(self, clock):
        return SharedStore(clock)

    @pytest.fixture
    def pair(self, clock, store):
        return [Breaker(policy=BreakerPolicy(), clock=clock, shared=store) for _ in range(2)]

    def test_failures_of_two_processes_add_up(self, pair):
        fail(pair[0], 3)
        fail(pair[1], 2)

        assert pair[0].snapshot().state is BreakerState.OPEN

    def test_the_other_process_refuses_within_its_refresh(self, pair, clock):
        succeed(pair[1])
        fail(pair[0], 5)
        clock.now += 0.3

        with pytest.raises(CircuitOpen):
            pair[1].permit()

    def test_only_one_process_probes(self, pair, clock):
        fail(pair[0], 5)
        clock.now += 5

        assert pair[1].permit().is_probe
        with pytest.raises(CircuitOpen):
            pair[0].permit()

    def test_the_other_process_goes_on_once_a_probe_closed_it(self, pair, clock):
        fail(pair[0], 5)
        clock.now += 5
        pair[1].permit().succeeded()
        clock.now += 0.3

        assert pair[0].permit().is_probe is False

    def test_speaks_to_the_store_seldom_while_all_is_well(self, pair, clock, store):
        for _ in range(100):
            succeed(pair[0])
            clock.now += 0.01

        assert store.visits <= 5

    def test_held_back_successes_arrive(self, pair, clock):
        succeed(pair[0], 50)
        clock.now += 0.3
        succeed(pair[0])

        assert pair[0].snapshot().calls == 51

    def test_does_not_ask_the_store_while_open(self, pair, clock, store):
        fail(pair[0], 5)
        visits = store.visits
        for _ in range(50):
            with pytest.raises(CircuitOpen):
                pair[0].permit()

        assert store.visits == visits

    def test_goes_on_alone_with_the_last_known_state_when_the_store_is_away(self, pair, clock, store):
        fail(pair[0], 5)
        store.away = True
        clock.now += 1

        alone = pair[0].snapshot()

        assert (alone.state, alone.shared, alone.reason) == (BreakerState.OPEN, False, "no answer")
        assert alone.probe_in_s == pytest.approx(4.0)

    def test_opens_alone(self, pair, store):
        store.away = True
        fail(pair[0], 5)

        assert pair[0].snapshot().state is BreakerState.OPEN

    def test_asks_for_an_absent_store_every_five_seconds_only(self, pair, clock, store):
        store.away = True
        for _ in range(40):
            succeed(pair[0])
            clock.now += 0.25

        assert store.visits <= 3

    def test_returns_to_the_store(self, pair, clock, store):
        store.away = True
        fail(pair[0])
        store.away = False
        clock.now += 5.1

        assert pair[0].snapshot().shared is True


class TestBreakers:
    def test_keeps_one_per_model(self, clock):
        breakers = Breakers(server="t", clock=clock)

        assert breakers.of("a") is breakers.of("a")
        assert breakers.of("a") is not breakers.of("b")

    def test_names_shared_state_after_server_and_model(self, clock):
        keys = []
        breakers = Breakers(server="t:1", clock=clock, shared=lambda key, policy: keys.append(key))
        breakers.of("a")

        assert keys == ["t:1:a"]
