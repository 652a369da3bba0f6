"""What can be wrong with registering, deploying or routing a model."""

from core.errors import Conflict, Invalid, NotFound, Unavailable


class UnknownVersion(NotFound):
    code = "unknown_model_version"
    title = "There is no such model version"


class ArtefactRefused(Invalid):
    """The files do not keep the contract; nothing was registered. `refusals` names rules and places, where known."""

    code = "artefact_refused"
    title = "This model cannot be registered"


class ExaminerUnavailable(Unavailable):
    """The process that examines model files does not start; nothing is known of the file."""

    code = "model_examiner_unavailable"
    title = "Model files cannot be examined just now"


class VersionTaken(Conflict):
    """That name and version exist with other content. Versions never change."""

    code = "version_taken"
    title = "This version exists with other content"


class VersionUnusable(Conflict):
    """The version was rejected or archived."""

    code = "version_unusable"
    title = "This version cannot be deployed"


class StaleRoute(Conflict):
    """Somebody changed the route after it was looked at; nothing was changed."""

    code = "stale_route"
    title = "The route has changed meanwhile"


class NoRoute(Unavailable):
    """No version of the model is deployed; work waits until one is."""

    code = "no_model_deployed"
    title = "No model is deployed"


class WorkFailed(Exception):
    """Work came to nothing for a reason that trying again does not mend.

    Attributes:
        code: stable name of the reason.
        detail: what it was, for a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class WorkMustWait(Exception):
    """Something that work needs is away; it goes back to the queue and says for what it waits."""

    def __init__(self, waiting_for: str, *, wait_s: float = 5.0) -> None:
        super().__init__(waiting_for)
        self.waiting_for = waiting_for
        self.wait_s = wait_s


class LostWork(Exception):
    """Somebody else holds this work now; what was computed is dropped."""


class WorkCancelled(Exception):
    """Somebody asked for an end of it; whoever is at it stops here."""
