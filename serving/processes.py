"""The processes of a Triton server on this machine: their memory and processor time. Elsewhere nothing is known."""

from dataclasses import dataclass

import psutil

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class ProcessFigures:
    """Of the server and of the processes its models compute in, together.

    Attributes:
        memory_bytes: what would be free without them; what they share with each other is counted once.
        cpu_s: processor time since they began.
    """

    processes: int
    memory_bytes: int
    cpu_s: float


def figures_of(grpc_url: str) -> ProcessFigures | None:
    """What the server behind an address takes, or None: it is on another machine, gone, or somebody else's."""
    host, _, port = grpc_url.rpartition(":")
    if host not in _LOOPBACK or not port.isdigit():
        return None
    try:
        server = _listening_on(int(port))
        family = [server, *server.children(recursive=True)] if server else []
        return _sum_of(family) if family else None
    except (psutil.Error, OSError):
        return None


def _listening_on(port: int) -> psutil.Process | None:
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    return None


def _sum_of(family: list[psutil.Process]) -> ProcessFigures:
    memory_bytes, cpu_s, counted = 0, 0.0, 0
    for process in family:
        try:
            memory_bytes += process.memory_full_info().pss
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        cpu_s += times.user + times.system
        counted += 1
    return ProcessFigures(processes=counted, memory_bytes=memory_bytes, cpu_s=round(cpu_s, 2))
