"""What can be wrong with a request to inspect."""

from core.errors import Conflict, Invalid, NotFound, WaferdeckError


class UnusableImage(WaferdeckError):
    """The file is not an image we can show; nothing was stored."""

    code = "unusable_image"
    status = 422
    title = "This file cannot be inspected"


class TooLarge(WaferdeckError):
    code = "too_large"
    status = 413
    title = "The file is too large"


class UnknownRecipe(Invalid):
    code = "unknown_recipe"
    title = "There is no such recipe"


class UnknownRun(NotFound):
    code = "unknown_run"


class UnknownJob(NotFound):
    code = "unknown_job"


class ExternalIdTaken(Conflict):
    """The external_id names another image already."""

    code = "external_id_taken"


class StaleRecipe(Conflict):
    """Somebody added a version after the one that was looked at; nothing was changed."""

    code = "stale_recipe"
    title = "The recipe has changed meanwhile"


class HoldChanged(Conflict):
    """The wafer is on hold already, or on another hold than was looked at, or on none; `current` says which."""

    code = "hold_changed"
    title = "The wafer's hold has changed meanwhile"


class NotExplainable(Conflict):
    """The version that made a detection is not loaded, so nobody can ask it."""

    code = "not_explainable"
    title = "This cannot be explained now"


class RetryCannotHelp(Conflict):
    """What a run failed of is still so; nothing was changed."""

    code = "retry_cannot_help"
    title = "Trying again cannot help"


class LostLease(Exception):
    """Another worker holds this run now; whatever was computed is dropped."""
