"""Addresses of things by their key, for lists of hundreds: Django's `reverse` looks each of them up from the start."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

_NOBODY = UUID(int=0)


def address_of(name: str, key: UUID | str) -> str:
    """The address of a URL name whose only argument is a UUID."""
    before, after = _around_the_key(name, get_script_prefix())
    return f"{before}{key}{after}"


@lru_cache(maxsize=64)
def _around_the_key(name: str, script_prefix: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[_NOBODY]).partition(str(_NOBODY))
    return before, after
