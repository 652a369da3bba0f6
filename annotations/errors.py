"""What can be wrong with a review."""

from core.errors import Conflict


class StaleTask(Conflict):
    """Somebody else decided after this reviewer looked; nothing was changed."""

    code = "stale_task"
    title = "Somebody else has decided meanwhile"


class NotHeld(Conflict):
    """The task is in somebody else's hands."""

    code = "not_held"
    title = "This is in somebody else's hands now"


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    title = "There is nothing of yours to take back"


class TaskLocked(Conflict):
    """It is validated or accepted; a lead can open it again, with a reason."""

    code = "task_locked"
    title = "This is decided for good"


class StaleQueue(Conflict):
    """Somebody changed the queue after it was looked at; nothing was changed."""

    code = "stale_queue"
    title = "The queue has changed meanwhile"


class SequenceReused(Conflict):
    """A number of this client stands for another edit already."""

    code = "seq_reused"
