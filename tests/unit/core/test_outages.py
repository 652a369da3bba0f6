"""Which failures are outages that pass, and which are faults of our own."""

import errno

import psycopg
import psycopg_pool
import pytest
import redis
from botocore.exceptions import EndpointConnectionError
from django.db import DataError, IntegrityError, InternalError, OperationalError

from core import outages
from core.outages import as_unavailable, insist


def caused_by(fault, cause):
    fault.__cause__ = cause
    return fault


class TestAsUnavailable:
    @pytest.mark.parametrize(
        ("fault", "component"),
        [
            (OperationalError("server closed the connection"), "postgres"),
            (caused_by(OperationalError(), psycopg.errors.LockNotAvailable()), "postgres"),
            (caused_by(OperationalError(), psycopg_pool.PoolTimeout()), "postgres"),
            (caused_by(InternalError(), psycopg.errors.IdleInTransactionSessionTimeout()), "postgres"),
            (psycopg.OperationalError(), "postgres"),
            (redis.ConnectionError(), "redis"),
            (redis.TimeoutError(), "redis"),
            (OSError(errno.ENOSPC, "No space left on device"), "storage"),
            (OSError(errno.EROFS, "Read-only file system"), "storage"),
            (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "storage"),
        ],
        ids=repr,
    )
    def test_an_outage_says_what_is_away_and_when_to_come_back(self, fault, component):
        outage = as_unavailable(fault)

        assert outage.status == 503
        assert outage.extra == {"component": component}
        assert outage.retry_after_s > 0

    @pytest.mark.parametrize(
        "fault",
        [
            ValueError(),
            KeyError("x"),
            DataError(),
            IntegrityError(),
            FileNotFoundError(errno.ENOENT, "gone"),
            redis.ResponseError(),
        ],
        ids=repr,
    )
    def test_anything_else_is_our_own(self, fault):
        assert as_unavailable(fault) is None

    def test_who_waits_for_a_lock_is_not_told_that_the_database_is_away(self):
        outage = as_unavailable(caused_by(OperationalError(), psycopg.errors.DeadlockDetected()))

        assert "does not answer" not in outage.detail


class TestInsist:
    @pytest.fixture
    def act(self, monkeypatch):
        """Fails with what it is given, one after the other, and then does it."""
        monkeypatch.setattr(outages, "_ASK_AGAIN_S", 0.01)

        def make(*faults):
            left = list(faults)

            def act():
                if left:
                    raise left.pop(0)

            act.left = left
            return act

        return make

    def test_goes_on_until_the_outage_is_over(self, act):
        insisting = act(OperationalError(), OperationalError())

        insist(insisting, for_s=5)

        assert insisting.left == []

    def test_gives_up_in_the_end(self, act):
        with pytest.raises(OperationalError):
            insist(act(*[OperationalError() for _ in range(100)]), for_s=0.05)

    def test_does_not_repeat_what_is_no_outage(self, act):
        refused = act(IntegrityError(), IntegrityError())

        with pytest.raises(IntegrityError):
            insist(refused, for_s=5)

        assert len(refused.left) == 1
