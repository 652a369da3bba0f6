"""Known outages: which exceptions mean that a part we depend on is away."""

import psycopg
import psycopg_pool
import redis
from django.db import InterfaceError, OperationalError

from core.errors import Unavailable

_NO_CONNECTION = (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests)


def as_unavailable(fault: BaseException) -> Unavailable | None:
    """The 503 that a dependency's failure becomes, or None when it is a fault of our own."""
    if isinstance(fault, _NO_CONNECTION) or isinstance(fault.__cause__, _NO_CONNECTION):
        return Unavailable(
            "The database has no free connection. Try again shortly.", retry_after_s=2, component="postgres"
        )
    if isinstance(fault, OperationalError | InterfaceError | psycopg.OperationalError):
        return Unavailable(
            "The database does not answer. Nothing was changed; try again shortly.", component="postgres"
        )
    if isinstance(fault, redis.ConnectionError | redis.TimeoutError):
        return Unavailable("Redis does not answer. Nothing was changed; try again shortly.", component="redis")
    return None
