"""The permission table applied to the API, after authentication by session or token."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core import policy
from core.roles import roles_of

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PolicyPermission(BasePermission):
    """Default deny: a URL and method without a row in `policy.csv` answers 403 to everybody."""

    message = "Your role does not allow this. An admin can grant it."

    def has_permission(self, request: Request, view: Any) -> bool:
        match = request.resolver_match
        rule = policy.find(kind="http", name=match.view_name if match else "", method=request.method or "GET")
        if rule is None:
            return False
        if rule.is_public:
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return self._scope_allows(request) and rule.admits(roles_of(request))

    @staticmethod
    def _scope_allows(request: Request) -> bool:
        scopes = getattr(request.auth, "scopes", None)
        if scopes is None:
            return True
        return ("read" if request.method in READ_METHODS else "write") in scopes
