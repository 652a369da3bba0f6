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


class NotValidated(Conflict):
    """No gate has passed this version; whoever means it all the same says so, and why."""

    code = "version_not_validated"
    title = "This version is not validated"


class StillServing(Conflict):
    """Images go to this version, or would if another one failed."""

    code = "version_serves"
    title = "This version is in use"


class StaleRoute(Conflict):
    """Somebody changed the route after it was looked at; nothing was changed."""

    code = "stale_route"
    title = "The route has changed meanwhile"


class StaleConfig(Conflict):
    """Somebody changed how the model is served after it was looked at; nothing was changed."""

    code = "stale_config"
    title = "The configuration has changed meanwhile"


class StaleModel(Conflict):
    """Somebody changed what is said of the model after it was looked at; nothing was changed."""

    code = "stale_model"
    title = "The model has changed meanwhile"


class NotLoaded(Conflict):
    """Triton does not hold the version."""

    code = "version_not_loaded"
    title = "This version is not loaded"


class VersionInUse(Conflict):
    """The version judges; `places` says where."""

    code = "version_in_use"
    title = "This version is in use"


class UnknownRoute(NotFound):
    """The model has no route of exactly this place."""

    code = "unknown_route"
    title = "There is no such route"


class NothingEarlier(Conflict):
    """Nothing to roll back to."""

    code = "nothing_earlier"
    title = "There is no earlier deployment"


class LastRoute(Conflict):
    """Without it, nobody would judge."""

    code = "last_route"
    title = "This route is needed"


class GoldenSetTaken(Conflict):
    """That name stands for other images. Golden sets never change."""

    code = "golden_set_taken"
    title = "This name stands for another golden set"


class GoldenSetOver(Conflict):
    """Nothing is measured by it any more."""

    code = "golden_set_retired"
    title = "This golden set is retired"


class StaleGates(Conflict):
    """Somebody changed the gates after they were looked at; nothing was changed."""

    code = "stale_gates"
    title = "The gates have changed meanwhile"


class NoReport(Conflict):
    """The validation has not come to an end that leaves a report."""

    code = "no_report"
    title = "There is no report yet"


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


class MlflowAway(Unavailable):
    """The MLflow server does not answer, or not as it should; trying again later makes sense."""

    code = "mlflow_unavailable"
    title = "MLflow cannot be reached just now"


class MlflowRefused(Conflict):
    """The MLflow server has not what was asked for, or does not want to."""

    code = "mlflow_refused"
    title = "MLflow refused this"
