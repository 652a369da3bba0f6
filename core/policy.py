"""The permission table: which role may use which URL and socket. Default deny; the table is `policy.csv`."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.roles import ALL_ROLES, Role

TABLE = Path(__file__).with_name("policy.csv")
SAFE_AS_GET = {"HEAD": "GET", "OPTIONS": "GET"}


@dataclass(frozen=True)
class Rule:
    """Who may use one URL or socket with some methods."""

    kind: str
    name: str
    methods: frozenset[str]
    is_public: bool
    roles: frozenset[Role]

    def admits(self, roles: Iterable[str]) -> bool:
        return self.is_public or not self.roles.isdisjoint(roles)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    with TABLE.open(newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return tuple(_rule(row) for row in csv.DictReader(lines))


def find(*, kind: str, name: str, method: str = "GET") -> Rule | None:
    """The rule for a URL name (or socket path) and method, or None: then nobody may."""
    return _index().get((kind, name, SAFE_AS_GET.get(method, method))) or _index().get(
        (kind, name.split(":")[0] + ":*", "*")
    )


@lru_cache(maxsize=1)
def _index() -> dict[tuple[str, str, str], Rule]:
    return {(rule.kind, rule.name, method): rule for rule in rules() for method in rule.methods}


def _rule(row: dict[str, str]) -> Rule:
    roles = row["roles"].split()
    everybody = roles in (["any"], ["public"])
    return Rule(
        kind=row["kind"],
        name=row["name"],
        methods=frozenset(row["methods"].split()),
        is_public=roles == ["public"],
        roles=ALL_ROLES if everybody else frozenset(Role(role) for role in roles),
    )
