"""The seven roles. A role is a Django group of the same name."""

from enum import StrEnum
from typing import Any


class Role(StrEnum):
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    LEAD = "lead"
    MODEL_ENGINEER = "model_engineer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


ALL_ROLES = frozenset(Role)


def roles_of(request: Any) -> frozenset[Role]:
    """The signed-in user's roles, read once a request."""
    cached = getattr(request, "_waferdeck_roles", None)
    if cached is None:
        names = set(request.user.groups.values_list("name", flat=True))
        cached = frozenset(role for role in Role if role.value in names)
        request._waferdeck_roles = cached
    return cached
