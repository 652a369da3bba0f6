"""The seven roles, and what an account holds. A role is a Django group of the same name."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model

from core.briefly import Briefly


class Role(StrEnum):
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    LEAD = "lead"
    MODEL_ENGINEER = "model_engineer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


ALL_ROLES = frozenset(Role)


@dataclass(frozen=True)
class Grants:
    """What an account may do and see, apart from the account itself."""

    roles: frozenset[Role] = frozenset()
    site_ids: frozenset[int] = frozenset()


# A role or a site that is taken away is gone after this long at the latest.
_grants: Briefly[Grants] = Briefly(ttl_s=5.0, limit=4096)


def grants_of(user_id: int) -> Grants:
    """Roles and sites of an account: two small queries, remembered for five seconds."""
    return _grants.get(user_id, lambda: _read_grants(user_id))


def roles_of(request: Any) -> frozenset[Role]:
    """The signed-in user's roles; none for whoever is not signed in."""
    user_id = request.user.pk
    return grants_of(user_id).roles if user_id is not None else frozenset()


def forget_grants() -> None:
    """Read roles and sites afresh from now on; for whoever has just changed some."""
    _grants.clear()


def _read_grants(user_id: int) -> Grants:
    users = get_user_model()._default_manager.filter(pk=user_id)
    names = set(users.values_list("groups__name", flat=True))
    sites = users.values_list("sites", flat=True)
    return Grants(
        roles=frozenset(role for role in Role if role.value in names),
        site_ids=frozenset(pk for pk in sites if pk is not None),
    )
