"""Known outages: which exceptions mean that a part we depend on is away."""

import errno

import psycopg
import psycopg_pool
import redis
from django.db import InterfaceError, OperationalError

from core.errors import Unavailable

_NO_CONNECTION = (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests)
# The database answers, but somebody else holds what is wanted, or the statement took too long.
_BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
_STORE_FAILS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN})


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
    if isinstance(fault, OperationalError | InterfaceError | psycopg.OperationalError):
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


def _is_of_the_store(fault: BaseException) -> bool:
    # By name: the client of object stores takes a second to import, and a folder needs none.
    is_of_an_object_store = type(fault).__module__.split(".")[0] == "botocore"
    return is_of_an_object_store or (isinstance(fault, OSError) and fault.errno in _STORE_FAILS)
