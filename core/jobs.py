"""Wake-up calls for the workers. The work itself is a row; a lost call is found by the sweeper."""

from dataclasses import dataclass

import structlog
from django.db import connection, transaction

# A wake-up call nobody has heard in this time is made again by the sweeper; old ones must not pile up.
CALL_EXPIRES_S = 60
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Call:
    task_name: str
    arguments: tuple[tuple[str, object], ...]

    def __call__(self) -> None:
        enqueue(self.task_name, **dict(self.arguments))


def enqueue_on_commit(task_name: str, **arguments: object) -> None:
    """Send a task by name after the running transaction commits; the same call once, however often it is asked for.

    A broker that is away is not an error here.
    """
    call = _Call(task_name, tuple(sorted(arguments.items())))
    # What a savepoint that was rolled back had asked for is not in this list any more.
    if not any(entry[1] == call for entry in connection.run_on_commit):
        transaction.on_commit(call)


def enqueue(task_name: str, **arguments: object) -> bool:
    """Send a task by name now.

    Returns:
        Whether the broker took it. False is no fault: the row stays queued and the sweeper calls again.
    """
    from celery import current_app

    try:
        current_app.send_task(task_name, kwargs=arguments, retry=False, expires=CALL_EXPIRES_S)
    except Exception as fault:
        logger.warning("enqueue_failed", task=task_name, error=type(fault).__name__)
        return False
    return True
