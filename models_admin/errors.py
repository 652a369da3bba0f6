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
