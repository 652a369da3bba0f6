"""The permission table: which role may use which URL and socket. Default deny; the table is `policy.csv`."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.roles import ALL_ROLES, Role

TABLE = Path(__file__).with_name("policy.csv")


@dataclass(frozen=True)
class Rule:
    """Who may use one URL or socket with some methods."""

    kind: str
    name: str
    methods: frozenset[str]
    is_public: bool
    is_for_any_account: bool
    roles: frozenset[Role]

    def admits(self, roles: Iterable[str]) -> bool:
        """Whether somebody who is signed in and holds these roles may."""
        return self.is_public or self.is_for_any_account or not self.roles.isdisjoint(roles)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    with TABLE.open(newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return tuple(_rule(row) for row in csv.DictReader(lines))


def find(*, kind: str, name: str, method: str = "GET") -> Rule | None:
    """The rule for a URL name (or socket path) and method, or None: then nobody may."""
    index = _index()
    return index.get((kind, name, "GET" if method == "HEAD" else method))


def methods_of(*, kind: str, name: str) -> list[str]:
    """The methods somebody may use with a URL."""
    return sorted(method for of_kind, of_name, method in _index() if (of_kind, of_name) == (kind, name))


@lru_cache(maxsize=1)
def _index() -> dict[tuple[str, str, str], Rule]:
    return {(rule.kind, rule.name, method): rule for rule in rules() for method in rule.methods}


def _rule(row: dict[str, str]) -> Rule:
    roles = row["roles"].split()
    return Rule(
        kind=row["kind"],
        name=row["name"],
        methods=frozenset(row["methods"].split()),
        is_public=roles == ["public"],
        is_for_any_account=roles == ["any"],
        roles=ALL_ROLES if roles in (["all"], ["any"], ["public"]) else frozenset(Role(role) for role in roles),
    )
