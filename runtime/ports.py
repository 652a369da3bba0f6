"""Ports of one instance: chosen once, remembered, free for sure when chosen."""

import random
import socket
from collections.abc import Iterable, Mapping

LOOPBACK = "127.0.0.1"
# Below Linux's ephemeral range, so that nobody's outgoing connection takes one between two starts.
CHOICE = range(20000, 32000)


class PortTaken(Exception):
    """Somebody else listens on a port that was asked for."""


def listener(*, host: str, port: int, backlog: int = 2048) -> socket.socket:
    """A listening socket.

    Raises:
        PortTaken: the address is in use or not ours to use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(backlog)
    except OSError as fault:
        opened.close()
        raise PortTaken(f"cannot listen on {host}:{port} ({fault.strerror})") from fault
    return opened


def is_free(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on `port` now."""
    try:
        listener(host=host, port=port, backlog=1).close()
    except PortTaken:
        return False
    return True


def choose(names: Iterable[str], *, remembered: Mapping[str, int]) -> dict[str, int]:
    """A free port for every name: the remembered one, unless somebody has taken it meanwhile."""
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        while not port or port in chosen.values() or not is_free(port):
            port = random.choice(CHOICE)
        chosen[name] = port
    return chosen
