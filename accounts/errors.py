from core.errors import Conflict, NotFound, WaferdeckError


class WrongCredentials(WaferdeckError):
    code = "wrong_credentials"
    status = 401
    title = "Not signed in"


class KeyReused(WaferdeckError):
    """An Idempotency-Key came again with another request."""

    code = "idempotency_key_reused"
    status = 422
    title = "That Idempotency-Key belongs to another request"


class StillRunning(Conflict):
    code = "still_running"
    title = "The first request with this Idempotency-Key is still being carried out"


class UnknownSite(NotFound):
    code = "unknown_site"
    title = "There is no such site, or it is not yours"
