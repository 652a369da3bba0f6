import pytest

from serving.deadline import Deadline
from serving.errors import (
    BadAnswer,
    CircuitOpen,
    ModelNotReady,
    Refused,
    TritonOverloaded,
    TritonTimeout,
    TritonUnavailable,
)
from serving.retry import Retrier, RetryPolicy

FAR = Deadline(expires_at_s=100.0, clock=lambda: 0.0)
AWAY = TritonUnavailable("away")


def retrier(*, draw=1.0, **policy):
    return Retrier(policy=RetryPolicy(**policy), draw=lambda: draw)


class TestRetrier:
    def test_doubles_the_ceiling_of_the_wait_up_to_its_cap(self):
        decider = retrier(tries=9, base_s=0.1, cap_s=0.5, reserve=9)

        waits = [decider.wait_s(tries_made=tries, fault=AWAY, deadline=FAR) for tries in (1, 2, 3, 4, 5)]

        assert waits == [0.1, 0.2, 0.4, 0.5, 0.5]

    def test_draws_the_whole_wait_at_random(self):
        assert retrier(draw=0.0).wait_s(tries_made=1, fault=AWAY, deadline=FAR) == 0.0

    def test_stops_after_the_last_try(self):
        assert retrier(tries=4).wait_s(tries_made=4, fault=AWAY, deadline=FAR) is None

    def test_does_not_wait_past_the_deadline(self):
        soon = Deadline(expires_at_s=0.01, clock=lambda: 0.0)

        assert retrier(base_s=0.1).wait_s(tries_made=1, fault=AWAY, deadline=soon) is None

    @pytest.mark.parametrize(
        "fault", [Refused("no"), BadAnswer("NaN"), ModelNotReady("no"), TritonTimeout("late"), CircuitOpen("open")]
    )
    def test_never_repeats(self, fault):
        assert retrier().wait_s(tries_made=1, fault=fault, deadline=FAR) is None

    @pytest.mark.parametrize("fault", [AWAY, TritonOverloaded("full")])
    def test_repeats(self, fault):
        assert retrier().wait_s(tries_made=1, fault=fault, deadline=FAR) is not None

    def test_adds_a_tenth_to_the_load_in_the_long_run(self):
        decider, repeats = retrier(reserve=0), 0

        for _ in range(1000):
            decider.starting()
            repeats += decider.wait_s(tries_made=1, fault=AWAY, deadline=FAR) is not None

        assert repeats == pytest.approx(100, abs=1)

    def test_does_not_save_up_quiet_hours(self):
        decider = retrier(reserve=3)
        for _ in range(10_000):
            decider.starting()

        repeats = sum(decider.wait_s(tries_made=1, fault=AWAY, deadline=FAR) is not None for _ in range(100))

        assert repeats == 10


class TestDeadline:
    def test_counts_down(self):
        assert Deadline(expires_at_s=5.0, clock=lambda: 3.5).remaining_s() == 1.5

    def test_is_never_negative(self):
        assert Deadline(expires_at_s=5.0, clock=lambda: 9.0).remaining_s() == 0.0

    def test_refuses_to_start_what_cannot_finish(self):
        with pytest.raises(TritonTimeout, match="no time left to ask"):
            Deadline(expires_at_s=5.0, clock=lambda: 4.999).require(at_least_s=0.01, doing="to ask")
