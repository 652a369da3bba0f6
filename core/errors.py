"""Errors that a person or a program outside may see. Each has a code, a status and a way forward."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

MOST_TOLD = 3
"""So many fields are named in `detail`; `fields` has all of them."""


class WaferdeckError(Exception):
    """What went wrong, in words the reader can act on.

    Attributes:
        code: stable, machine-readable name.
        status: HTTP status it answers with.
        retry_after_s: when trying again makes sense, or None.
        extra: further members of the problem document.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, detail: str, *, retry_after_s: int | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.extra = extra


class NotFound(WaferdeckError):
    code = "not_found"
    status = 404
    title = "Not found"


class NotSignedIn(WaferdeckError):
    code = "not_authenticated"
    status = 401
    title = "Not signed in"


class Forbidden(WaferdeckError):
    code = "forbidden"
    status = 403
    title = "Not allowed"


class Invalid(WaferdeckError):
    """A value cannot be used; `fields` names each with its reason."""

    code = "invalid"
    status = 400
    title = "Some values cannot be used"

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Of fields with their reasons, as REST framework has them: its detail says what is wrong with each."""
        told = [f"{path}: {reason}" if path else reason for path, reason in _reasons(fields)]
        rest = [f"And {len(told) - MOST_TOLD} more, in `fields`."] if len(told) > MOST_TOLD else []
        return cls(" ".join(told[:MOST_TOLD] + rest), fields=fields)


def _reasons(fault: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Of every place that has reasons its path, as "images.0.lot", and them in one text."""
    if isinstance(fault, Mapping):
        for name, inner in fault.items():
            yield from _reasons(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(fault, Sequence) and not isinstance(fault, str):
        texts = [str(inner) for inner in fault if not isinstance(inner, Mapping)]
        if texts:
            yield path, " ".join(texts)
        for at, inner in enumerate(fault):
            if isinstance(inner, Mapping):
                yield from _reasons(inner, f"{path}.{at}")
    else:
        yield path, str(fault)


class Conflict(WaferdeckError):
    code = "conflict"
    status = 409
    title = "Somebody or something else came first"


class Unavailable(WaferdeckError):
    """A part that is needed is away; trying again later is right."""

    code = "unavailable"
    status = 503
    title = "Not available right now"

    def __init__(self, detail: str, *, retry_after_s: int | None = 5, **extra: Any) -> None:
        super().__init__(detail, retry_after_s=retry_after_s, **extra)


class MayBeDone(Unavailable):
    """It broke off where nobody can say whether the change was committed."""

    def __init__(self, why: str = "", *, retry_after_s: int = 5, **extra: Any) -> None:
        advice = "This may have been carried out all the same: look for it, or send it again with its Idempotency-Key."
        super().__init__(f"{why} {advice}".strip(), retry_after_s=retry_after_s, **extra)


class Overloaded(Unavailable):
    code = "overloaded"
    title = "Too much work at once"


class TooManyTries(WaferdeckError):
    code = "too_many_tries"
    status = 429
    title = "Too many tries"


class TooMuch(WaferdeckError):
    """More than one account or address may have in so short a time; nothing was done."""

    code = "too_much"
    status = 429
    title = "Too much in a short time"


class IllegalTransition(Conflict):
    """A state machine was asked for a step its table does not have."""

    code = "illegal_transition"
    title = "Not possible in this state"
