"""Wake-up calls for the workers. The work itself is a row; a lost call is found by the sweeper."""

import structlog
from django.db import transaction

# A wake-up call nobody has heard in this time is made again by the sweeper; old ones must not pile up.
CALL_EXPIRES_S = 60
logger = structlog.get_logger(__name__)


def enqueue_on_commit(task_name: str, **arguments: object) -> None:
    """Send a task by name after the running transaction commits. A broker that is away is not an error here."""
    transaction.on_commit(lambda: enqueue(task_name, **arguments))


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
