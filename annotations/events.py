"""Names of what open pages hear about."""

TASK_DECIDED = "task.decided"
QUEUE_CHANGED = "queue.changed"
DATASET_CHANGED = "dataset.changed"
TRAINING_CHANGED = "training.changed"
THREAD_CHANGED = "thread.changed"
BOOK_CHANGED = "book.changed"


def review_topic(site_id: int) -> str:
    return f"review:{site_id}"
