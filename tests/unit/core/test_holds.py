"""A hold lasts as long as the work it stands for gets on, and no longer."""

import time
from itertools import count

import pytest
from django.db import OperationalError

from core.holds import renewed
from tests.live_stack import eventually

EVERY_S = 0.01
# Ten renewals could have come in it.
A_WHILE_S = 10 * EVERY_S


@pytest.fixture
def renewals():
    return []


class TestRenewed:
    def test_goes_on_for_as_long_as_the_work_does_and_ends_with_it(self, renewals):
        with renewed(lambda: renewals.append(1) or True, every_s=EVERY_S):
            eventually(lambda: len(renewals) > 3, within_s=5, every_s=EVERY_S)
        time.sleep(EVERY_S)
        at_the_end = len(renewals)

        time.sleep(A_WHILE_S)
        assert len(renewals) == at_the_end

    def test_ends_with_work_that_fails(self, renewals):
        with pytest.raises(ZeroDivisionError), renewed(lambda: renewals.append(1) or True, every_s=EVERY_S):
            raise ZeroDivisionError

        time.sleep(A_WHILE_S)
        assert len(renewals) <= 1

    def test_costs_nothing_where_the_work_is_over_before_the_first(self, renewals):
        with renewed(lambda: renewals.append(1) or True, every_s=60):
            pass

        assert renewals == []

    def test_of_what_is_lost_ends(self, renewals):
        with renewed(lambda: bool(renewals.append(1)), every_s=EVERY_S):
            eventually(lambda: renewals, within_s=5, every_s=EVERY_S)
            time.sleep(A_WHILE_S)

        assert len(renewals) == 1

    def test_outlives_one_that_failed(self, renewals):
        tries = count()

        def fails_twice():
            renewals.append(1)
            if next(tries) < 2:
                raise OperationalError("server closed the connection unexpectedly")
            return True

        with renewed(fails_twice, every_s=EVERY_S):
            eventually(lambda: len(renewals) > 3, within_s=5, every_s=EVERY_S)

    def test_of_work_that_hangs_ends(self, renewals):
        with renewed(lambda: renewals.append(1) or True, every_s=EVERY_S, stalls_after_s=5 * EVERY_S):
            time.sleep(A_WHILE_S)
            hung = len(renewals)
            time.sleep(A_WHILE_S)

        assert hung == len(renewals) <= 6

    def test_of_work_that_gets_on_goes_on(self, renewals):
        with renewed(lambda: renewals.append(1) or True, every_s=EVERY_S, stalls_after_s=20 * EVERY_S) as step:
            for _ in range(40):
                time.sleep(EVERY_S)
                step()
            before = len(renewals)
            eventually(lambda: len(renewals) > before, within_s=5, every_s=EVERY_S)
