"""What can go wrong between us and Triton, told apart by what the caller should do about it."""

from typing import ClassVar


class ServingError(Exception):
    """A call to Triton, or a change of its repository, did not succeed.

    Attributes:
        code: stable, machine-readable name.
        plain: for people who wait for a result; `detail` has the server's own words, for engineers.
        retryable: the same call may succeed later; False means it never will.
        retry_at_once: trying again within this very call makes sense (the client does so itself, within limits).
        outage: the fault lies with the server, not with this input: work should wait without using up a try.
        counts_as_failure: the circuit breaker counts it against the server.
        retry_after_s: when trying again makes sense, where that is known.
    """

    code: ClassVar[str] = "serving_error"
    plain: ClassVar[str] = "The model did not answer as it should."
    retryable: ClassVar[bool] = False
    retry_at_once: ClassVar[bool] = False
    outage: ClassVar[bool] = False
    counts_as_failure: ClassVar[bool] = False

    def __init__(self, detail: str, *, model_name: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.model_name = model_name
        self.retry_after_s = retry_after_s


class TritonUnavailable(ServingError):
    """Nobody answers at Triton's address, or the connection broke."""

    code = "triton_unavailable"
    plain = "Triton does not answer; it is tried again by itself."
    retryable = True
    retry_at_once = True
    outage = True
    counts_as_failure = True


class CircuitOpen(TritonUnavailable):
    """The breaker is open: the server was not asked. `retry_after_s` says when the next probe is due."""

    code = "triton_circuit_open"
    retry_at_once = False
    counts_as_failure = False


class TritonTimeout(ServingError):
    """The deadline passed first. Whatever was still running has been cancelled."""

    code = "triton_timeout"
    plain = "The model did not answer in time."
    retryable = True
    outage = True
    counts_as_failure = True


class TritonOverloaded(ServingError):
    """Triton's queue, or our own bulkhead in front of it, is full. The server is alive."""

    code = "triton_overloaded"
    plain = "Triton has more images than it can take; it is tried again by itself."
    retryable = True
    retry_at_once = True
    outage = True

    def __init__(self, detail: str, *, model_name: str = "", retry_after_s: float | None = 1.0) -> None:
        super().__init__(detail, model_name=model_name, retry_after_s=retry_after_s)


class ModelNotReady(ServingError):
    """The server runs but does not serve this model (yet, or any more)."""

    code = "model_not_ready"
    plain = "Triton does not serve the model yet; it is tried again by itself."
    retryable = True
    outage = True


class ModelFailed(ServingError):
    """The model or its backend broke while computing this answer."""

    code = "model_failed"
    plain = "The model broke while it judged this image."
    retryable = True
    retry_at_once = True
    counts_as_failure = True


class BadAnswer(ServingError):
    """The answer breaks the detector contract (shape, type, range, NaN); it must not be stored."""

    code = "bad_answer"
    plain = "The model's answer for this image could not be used."
    retryable = True


class Refused(ServingError):
    """Triton refused the call as wrong; sending it again cannot help."""

    code = "triton_refused"
    plain = "Triton refused to judge this image."


class LoadFailed(ServingError):
    """Triton could not load or unload the model; its own words are in `detail`."""

    code = "model_load_failed"


class BadArtefact(ServingError):
    """A model file, its description or its name breaks the rules; nothing was published."""

    code = "bad_artefact"


class VersionConflict(ServingError):
    """That name and version are published already with other content. Versions never change."""

    code = "version_conflict"


WORDS_OF_OUTAGES = frozenset(kind.plain for kind in (TritonUnavailable, TritonTimeout, TritonOverloaded, ModelNotReady))
"""What people are told of work that waits for Triton."""
