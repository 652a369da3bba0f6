"""Waiting until transactions wait for each other, in place of guessing how long that takes."""

from django.db import connection

from tests.live_stack import eventually


def until_others_wait(count: int = 1) -> None:
    """Return once as many other transactions wait for a lock; the test fails when they do not."""

    def are_waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
        return bool(waiting >= count)

    eventually(are_waiting, within_s=10, every_s=0.02, what=f"{count} to wait for a lock")
