"""What can be wrong with a review."""

from core.errors import Conflict, Invalid


class StaleTask(Conflict):
    """Somebody else decided after this reviewer looked; nothing was changed."""

    code = "stale_task"
    title = "Somebody else has decided meanwhile"


class NotHeld(Conflict):
    """The task is in somebody else's hands."""

    code = "not_held"
    title = "This is in somebody else's hands now"


class AlreadyTheirs(Conflict):
    """Who is to have the task has it, has decided it or did not want it."""

    code = "already_theirs"
    title = "They have had this already"


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    title = "There is nothing of yours to take back"


class TaskLocked(Conflict):
    """It is validated or accepted; a lead can open it again, with a reason."""

    code = "task_locked"
    title = "This is decided for good"


class NotGold(Conflict):
    """Nobody knows the answer of it for sure."""

    code = "not_gold"
    title = "This cannot be asked with a known answer"


class StaleQueue(Conflict):
    """Somebody changed the queue after it was looked at; nothing was changed."""

    code = "stale_queue"
    title = "The queue has changed meanwhile"


class NotReady(Conflict):
    """It is still being built; `progress` says how far it is."""

    code = "not_ready"
    title = "This is still being built"


class BuildFailed(Conflict):
    """It could not be built; `detail` says why."""

    code = "build_failed"
    title = "This could not be built"


class CodeTaken(Conflict):
    """Another data set of the site has this code, and says something else."""

    code = "code_taken"
    title = "Another data set has this code"


class NothingFound(Conflict):
    """No region stands out where somebody scribbled."""

    code = "nothing_found"
    title = "Nothing was found there"


class SequenceReused(Conflict):
    """A number of this client stands for another edit already."""

    code = "seq_reused"


class NothingToAppeal(Conflict):
    """Nothing that counts here was held against a word of the one who contests it."""

    code = "nothing_to_appeal"
    title = "There is nothing to contest"


class AlreadyAppealed(Conflict):
    code = "already_appealed"
    title = "This is contested already"


class TooMuchToPreview(Conflict):
    """What a choice holds cannot be counted while somebody waits; it can be frozen all the same."""

    code = "too_much_to_preview"
    title = "This is too much to count ahead"


class StaleRule(Conflict):
    """Somebody changed the rule after it was looked at; nothing was changed."""

    code = "stale_rule"
    title = "The rule has changed meanwhile"


class SuggestionOver(Conflict):
    """What was suggested is taken or dismissed already."""

    code = "suggestion_over"
    title = "This suggestion is over"


class MentionRefused(Invalid):
    """A comment names somebody who cannot see the image; `names` says whom. Nothing was said."""

    code = "mention_refused"
    title = "Somebody who is named cannot see this"


class NotYours(Conflict):
    """Only who said it takes a comment back."""

    code = "not_yours"
    title = "Somebody else said this"


class TooLate(Conflict):
    """A comment stands: it was said too long ago to be taken back."""

    code = "too_late"
    title = "This comment stands"


class ThreadFull(Conflict):
    """A thread has as many entries as anybody reads; another one has room."""

    code = "thread_full"
    title = "This thread is full"


class IdTaken(Conflict):
    """Something else has this id already."""

    code = "id_taken"
    title = "This id stands for something else"


class StillBlind(Conflict):
    """Others are still asked about it, apart from one another; it is not shown around before they have spoken."""

    code = "still_blind"
    title = "Others are still asked about this"


class BookFull(Conflict):
    code = "book_full"
    title = "The page of this class is full"


class StalePage(Conflict):
    """Somebody changed the page after it was looked at; `current` has it. Nothing was changed."""

    code = "stale_page"
    title = "The page has changed meanwhile"
