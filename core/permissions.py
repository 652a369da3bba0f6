"""The permission table applied: to the API after its own authentication, to pages by the middleware."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core import policy
from core.errors import Forbidden
from core.roles import roles_of

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PolicyPermission(BasePermission):
    """Default deny: a URL and method without a row in `policy.csv` is refused to everybody.

    A view may name `methods_of_every_scope`, for which the scopes of a token are not looked at.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        match, method = request.resolver_match, request.method or "GET"
        rule = policy.find(kind="http", name=match.view_name if match else "", method=method)
        if rule is not None and rule.is_public:
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if rule is None:
            if method == "OPTIONS" or not hasattr(view, method.lower()):
                raise MethodNotAllowed(method)
            raise refused(request, "Nobody may use this address with this method.")
        if not _scope_allows(request) and method not in getattr(view, "methods_of_every_scope", ()):
            raise refused(request, "The scopes of this token do not allow this.")
        if not rule.admits(roles_of(request)):
            raise refused(request, needs(rule))
        return True


def may_get(request: Any, name: str) -> bool:
    """Whether the signed-in person may read an address, for pages that show what it says."""
    return _may(request, name, "GET")


def may_post(request: Any, name: str) -> bool:
    """Whether the signed-in person may POST to an address, for pages that offer it."""
    return _may(request, name, "POST")


def may_put(request: Any, name: str) -> bool:
    """Whether the signed-in person may PUT to an address, for pages that offer it."""
    return _may(request, name, "PUT")


def _may(request: Any, name: str, method: str) -> bool:
    rule = policy.find(kind="http", name=name, method=method)
    return rule is not None and rule.admits(roles_of(request))


def refused(request: Any, detail: str) -> Forbidden:
    """The refusal to raise or answer, after it has been put into the trail."""
    record_refusal(request, detail)
    return Forbidden(detail)


def record_refusal(request: Any, reason: str) -> None:
    """Put into the trail that a request was refused; of a stranger's nothing is kept."""
    record: Callable[..., None] = import_string(settings.RECORD_REFUSAL)
    record(
        request=getattr(request, "_request", request),
        user=request.user,
        token=getattr(request, "auth", None),
        reason=reason,
    )


def needs(rule: policy.Rule) -> str:
    """What a person without the right role is told."""
    wanted = ", ".join(sorted(rule.roles)) or "nobody"
    return f"Your role does not allow this. It needs: {wanted}. An admin can grant it."


def _scope_allows(request: Request) -> bool:
    scopes = getattr(request.auth, "scopes", None)
    if scopes is None:
        return True
    return ("read" if request.method in READ_METHODS else "write") in scopes
