"""Known outages: which exceptions mean that a part we depend on is away."""

import errno
import time
from collections.abc import Callable

import psycopg
import psycopg_pool
import redis
from django.db import InterfaceError, OperationalError, close_old_connections

from core.errors import Unavailable

_NO_CONNECTION = (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests)
# The database answers, but somebody else holds what is wanted, or the statement took too long.
_BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
# This process stood still in the middle of a transaction, and the server hung up.
_HUNG_UP = (psycopg.errors.IdleInTransactionSessionTimeout,)
_STORE_FAILS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN})
_ASK_AGAIN_S = 0.5


def as_unavailable(fault: BaseException) -> Unavailable | None:
    """The 503 that a dependency's failure becomes, or None when it is a fault of our own."""
    if isinstance(fault, _NO_CONNECTION) or isinstance(fault.__cause__, _NO_CONNECTION):
        return Unavailable(
            "The database has no free connection. Try again shortly.", retry_after_s=2, component="postgres"
        )
    if isinstance(fault, _BUSY) or isinstance(fault.__cause__, _BUSY):
        return Unavailable(
            "Others are changing the same things. Nothing was changed; try again.",
            retry_after_s=1,
            component="postgres",
        )
    if isinstance(fault, (OperationalError, InterfaceError, psycopg.OperationalError, *_HUNG_UP)) or isinstance(
        fault.__cause__, _HUNG_UP
    ):
        # A connection that is lost while it commits does not say whether it has.
        return Unavailable(
            "The database does not answer. Try again shortly; what was not acknowledged may be stored or not.",
            component="postgres",
        )
    if isinstance(fault, redis.ConnectionError | redis.TimeoutError):
        return Unavailable("Redis does not answer. Try again shortly.", component="redis")
    if _is_of_the_store(fault):
        return Unavailable("Images cannot be stored or read right now. Try again shortly.", component="storage")
    return None


def insist(act: Callable[[], None], *, for_s: float) -> None:
    """Carry something out in spite of an outage: again and again, until it is done or `for_s` are over.

    Args:
        act: outside any transaction, and harmless when it is done twice.

    Raises:
        The last outage; and at once whatever is none.
    """
    until_s = time.monotonic() + for_s
    while True:
        try:
            return act()
        except Exception as fault:
            if as_unavailable(fault) is None or time.monotonic() > until_s:
                raise
        time.sleep(_ASK_AGAIN_S)
        # One that broke stays broken.
        close_old_connections()


def _is_of_the_store(fault: BaseException) -> bool:
    # By name: the client of object stores takes a second to import, and a folder needs none.
    is_of_an_object_store = type(fault).__module__.split(".")[0] == "botocore"
    return is_of_an_object_store or (isinstance(fault, OSError) and fault.errno in _STORE_FAILS)
