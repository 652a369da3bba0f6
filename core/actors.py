"""Who does something, from where. Services take an actor; nothing in the house acts without one."""

from dataclasses import dataclass, field

from core.roles import Role


@dataclass(frozen=True)
class Source:
    """Where a request came from."""

    ip: str = ""
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Actor:
    """A person, a token or a service account, with what it may see.

    Attributes:
        user_id: primary key of the account, or None for a service account of the system itself.
        roles: names of the roles held.
        auth: how identity was proved: session, token, system.
        session: id of the session or token, never its secret.
        site_ids: sites whose objects are visible; every other object does not exist for this actor.
    """

    user_id: int | None
    username: str
    full_name: str = ""
    roles: frozenset[Role] = frozenset()
    auth: str = "system"
    session: str = ""
    site_ids: frozenset[int] = frozenset()
    is_system: bool = False
    source: Source = field(default_factory=Source)


def service_account(name: str) -> Actor:
    """The named account a worker acts as; it sees every site."""
    return Actor(user_id=None, username=f"service:{name}", full_name=f"Waferdeck {name}", is_system=True)


CONSOLE = service_account("console")
"""Whoever manages the house from its command line, where nobody has signed in."""
