"""How many seats of tasks are taken, counted from who holds them and who has decided."""

from collections.abc import Sequence
from uuid import UUID

from core.prepared import prepared

# Who holds a task or has decided it has a seat; late decisions take no more seats than there are.
_COUNT_SEATS = """
WITH counted AS (
    UPDATE review_task task SET seats_taken = LEAST(task.wants, (
        SELECT count(DISTINCT hold.reviewer_id) FROM review_hold hold
        WHERE hold.task_id = task.id AND hold.ending IN ('', 'decided')
    ))
    WHERE task.id = ANY(%s)
    RETURNING task.id, task.state = 'open' AND task.seats_taken < task.wants AS is_open
), places AS (
    SELECT entry.id, counted.is_open FROM review_queue_entry entry JOIN counted ON entry.task_id = counted.id
    WHERE entry.is_open <> counted.is_open
    ORDER BY entry.task_id, entry.queue_id
    FOR NO KEY UPDATE OF entry
)
UPDATE review_queue_entry entry SET is_open = places.is_open
FROM places WHERE entry.id = places.id
"""


def count_seats(keys: Sequence[UUID]) -> None:
    """Bring the seats of locked tasks, and their places in queues, to what holds and states say."""
    with prepared() as cursor:
        cursor.execute(_COUNT_SEATS, [list(keys)])
